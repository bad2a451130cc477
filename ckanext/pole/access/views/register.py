"""What everyone may know: policies, agreements between organisations, what the codes of use mean. No personal data."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import Response, jsonify

from ckanext.pole.access import odrl, pages
from ckanext.pole.access.views.common import call, in_words, page_number, public, slice_of
from ckanext.pole.bilingual import vocabularies

#: What an outsider may see of a policy: a page of JSON-LD lists no more datasets than this.
DATASETS = 100


@in_words
def register() -> str:
    """Who shares with whom, for which purpose, until when."""
    view = "policies" if tk.request.args.get("view") == "policies" else "agreements"
    number = page_number()
    if view == "policies":
        rows, more = slice_of("pole_policy_list", number, public, state="active")
    else:
        rows, more = slice_of("pole_agreement_list", number, public)
    return tk.render("pole/access/register.html", {"view": view, "rows": rows, "number": number, "more": more})


def uses() -> str:
    """What each code of use means; ODRL documents point here."""
    groups: dict[str, list[Any]] = {"purpose": [], "condition": [], "prohibition": []}
    for term in vocabularies.load("intended_uses").terms.values():
        groups[term.extra["group"]].append(term)
    return tk.render("pole/access/uses.html", {"groups": groups})


@in_words
def policy(id: str) -> str:
    """A policy: what it allows, to whom, under which terms, on which datasets."""
    found = call("pole_policy_show", id=id)
    shared, _ = slice_of("pole_agreement_list", 1, public, policy_id=found["id"])
    extra = {
        "policy": found, "datasets": _datasets(found["id"]), "agreements": shared,
        "can": pages.role_in(found["owner_org"]) == "admin",
    }  # fmt: skip
    return tk.render("pole/access/policy.html", extra)


@in_words
def policy_odrl(id: str) -> Response:
    """The policy as an ODRL Offer."""
    found = call("pole_policy_show", id=id)
    return _linked_data(odrl.offer(found, pages.addresses(), _addresses_of(found["id"])))


@in_words
def agreement_odrl(id: str) -> Response:
    """The agreement as an ODRL Agreement."""
    found = call("pole_agreement_show", id=id)
    return _linked_data(odrl.agreement(found, pages.addresses(), _addresses_of(found["policy_id"])))


def _datasets(policy_id: str) -> list[dict[str, Any]]:
    """The datasets under a policy that the reader may know of."""
    search = {"fq": f'access_policy:"{policy_id}"', "rows": DATASETS, "include_private": bool(tk.g.user)}
    return call("package_search", **search)["results"]


def _addresses_of(policy_id: str) -> list[str]:
    """The addresses of its public datasets, the same for every reader: such a document may be kept by a cache."""
    search = {"fq": f'access_policy:"{policy_id}"', "rows": DATASETS, "fl": "name"}
    found = public("package_search", **search)["results"]
    return [tk.h.url_for("dataset.read", id=one["name"], qualified=True, locale="default") for one in found]


def _linked_data(document: dict[str, Any]) -> Response:
    response = jsonify(document)
    response.mimetype = "application/ld+json"
    return response


ROUTES = [
    ("/", "register", register, ["GET"]),
    ("/uses", "uses", uses, ["GET"]),
    ("/policy/<id>", "policy", policy, ["GET"]),
    ("/policy/<id>/odrl.jsonld", "policy_odrl", policy_odrl, ["GET"]),
    ("/agreement/<id>/odrl.jsonld", "agreement_odrl", agreement_odrl, ["GET"]),
]
