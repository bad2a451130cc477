"""Policies and agreements in ODRL 2.2 (W3C, https://www.w3.org/TR/odrl-model/), as JSON-LD. Pure.

A custodian's policy is an ODRL Offer, a signed agreement an ODRL Agreement. The codes of `intended_uses` become
constraints on the purpose, duties and prohibitions; a code that ODRL has a word for takes it, the others are actions of
our own, each described on the page that its address leads to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.pole.bilingual import vocabularies

ODRL = "http://www.w3.org/ns/odrl/2/"
#: The context that the ODRL Information Model publishes, and the words that we add to it.
CONTEXT: list[Any] = [
    "http://www.w3.org/ns/odrl.jsonld",
    {
        "dct": "http://purl.org/dc/terms/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "dpv": "https://w3id.org/dpv#",
    },
]
#: No purpose is excluded: a constraint would say less than its absence.
ANY_USE = "any-use"


@dataclass(frozen=True)
class Addresses:
    """Where things are on the portal; without a final slash.

    Attributes:
        site: the portal.
        uses: the page that explains the codes of uses.
    """

    site: str
    uses: str

    def policy(self, policy_id: str) -> str:
        """A policy's own address: its identity."""
        return f"{self.site}/access/policy/{policy_id}"

    def agreement(self, agreement_id: str) -> str:
        """An agreement's own address: its identity."""
        return f"{self.site}/access/agreement/{agreement_id}"

    def organization(self, name: str) -> str:
        """The page of an organisation."""
        return f"{self.site}/organization/{name}"

    def use(self, code: str) -> str:
        """The words of a code of use."""
        return f"{self.uses}#{code}"


def offer(policy: Mapping[str, Any], at: Addresses, datasets: Iterable[str] = ()) -> dict[str, Any]:
    """A policy as an ODRL Offer.

    Args:
        policy: as `pole_policy_show` gives it.
        at: where things are.
        datasets: addresses of the datasets under it that everyone may know of.
    """
    found = {
        "@context": CONTEXT,
        "@type": "Offer",
        "uid": at.policy(policy["id"]),
        "dct:title": _texts(policy.get("title_translated")),
        "dct:description": _texts(policy.get("purpose_translated")),
        "dct:modified": policy.get("modified"),
        "dct:hasVersion": str(policy.get("terms_version") or ""),
        "dct:identifier": f"sha256:{policy['terms_sha256']}" if policy.get("terms_sha256") else "",
        "assigner": _party(policy.get("custodian"), at),
        **_rules(policy.get("use_codes"), at, _target(policy["id"], list(datasets), at), []),
    }
    return {key: value for key, value in found.items() if value}


def agreement(signed: Mapping[str, Any], at: Addresses, datasets: Iterable[str] = ()) -> dict[str, Any]:
    """An agreement between a custodian and a partner as an ODRL Agreement.

    Names organisations, never the person who signed.

    Args:
        signed: as `pole_agreement_show` gives it.
        at: where things are.
        datasets: addresses of the datasets under its policy that everyone may know of.
    """
    policy = signed.get("policy") or {}
    dates = [
        _when(operator, signed[field])
        for operator, field in (("gteq", "valid_from"), ("lt", "valid_until"))
        if signed.get(field)
    ]
    found = {
        "@context": CONTEXT,
        "@type": "Agreement",
        "uid": at.agreement(signed["id"]),
        "dct:title": _texts(policy.get("title_translated")),
        "dct:source": {"@id": at.policy(signed["policy_id"])},
        "dct:hasVersion": str(signed.get("terms_version") or ""),
        "dct:identifier": f"sha256:{signed['terms_sha256']}" if signed.get("terms_sha256") else "",
        "dct:dateAccepted": signed.get("signed_at"),
        "assigner": _party(signed.get("custodian"), at),
        "assignee": _party(signed.get("partner"), at),
        **_rules(policy.get("use_codes"), at, _target(signed["policy_id"], list(datasets), at), dates),
    }
    return {key: value for key, value in found.items() if value}


def _rules(codes: Iterable[str] | None, at: Addresses, target: Any, dates: list[dict[str, Any]]) -> dict[str, Any]:
    terms = vocabularies.load("intended_uses").terms
    uses = [(code, terms.get(code)) for code in codes or ()]
    purposes = [(code, term) for code, term in uses if term and term.extra["group"] == "purpose"]
    constraints = list(dates)
    if purposes and all(code != ANY_USE for code, _ in purposes):
        constraints.append(
            {
                "leftOperand": "purpose",
                "operator": "isAnyOf",
                "rightOperand": [{"@id": term.same_as or at.use(code)} for code, term in purposes],
            }
        )
    permission: dict[str, Any] = {"target": target, "action": "use"}
    if constraints:
        permission["constraint"] = constraints
    # A code that is no longer in the vocabulary was agreed upon all the same: it stays a duty.
    duties = [_action(code, term, at) for code, term in uses if not term or term.extra["group"] == "condition"]
    if duties:
        permission["duty"] = [{"action": action} for action in duties]
    rules: dict[str, Any] = {"permission": [permission]}
    forbidden = [_action(code, term, at) for code, term in uses if term and term.extra["group"] == "prohibition"]
    if forbidden:
        rules["prohibition"] = [{"target": target, "action": action} for action in forbidden]
    return rules


def _action(code: str, term: vocabularies.Term | None, at: Addresses) -> Any:
    """ODRL's own word where there is one; else an action of ours, with its name and what it comes near to."""
    if term is None:
        return {"@id": at.use(code)}
    for uri in (term.same_as, term.broad_match):
        if uri and uri.startswith(ODRL):
            return uri.removeprefix(ODRL)
    action = {
        "@id": at.use(code),
        "skos:prefLabel": _texts({lang: term.label[lang] for lang in vocabularies.LANGUAGES}),
    }
    return {**action, "skos:closeMatch": {"@id": term.same_as}} if term.same_as else action


def _when(operator: str, instant: str) -> dict[str, Any]:
    return {
        "leftOperand": "dateTime",
        "operator": operator,
        "rightOperand": {"@value": instant, "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
    }


def _target(policy_id: str, datasets: list[str], at: Addresses) -> Any:
    """The datasets; without one that everyone may know of, the collection of all those under the policy."""
    return datasets or [{"@type": "AssetCollection", "uid": f"{at.policy(policy_id)}#datasets"}]


def _party(organisation: Mapping[str, Any] | None, at: Addresses) -> dict[str, Any] | None:
    if not organisation:
        return None
    title = organisation.get("title_translated")
    named = _texts(title) or [{"@value": organisation.get("title") or organisation["name"]}]
    return {"@type": "Party", "uid": at.organization(organisation["name"]), "dct:title": named}


def _texts(value: Any) -> list[dict[str, str]]:
    """A bilingual text with its languages; a machine's text keeps its BCP 47-T code."""
    if not isinstance(value, Mapping):
        return []
    return [{"@value": text, "@language": lang} for lang, text in value.items() if text]
