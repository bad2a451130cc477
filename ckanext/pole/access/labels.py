"""The metadata door: who sees that a hidden dataset exists (ACCESS.md C, lock 3, and D).

A confidential dataset is private to CKAN, and carries its policy's label. A person gets the labels of organisations
and of policies that a live grant opens; both come from the one statement that `facts.standing` makes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.lib.plugins import DefaultPermissionLabels

from ckanext.pole.access import facts
from ckanext.pole.access.decision import CONFIDENTIAL
from ckanext.pole.access.model import now

#: What every active dataset carries that CKAN calls public, and no other dataset.
PUBLIC = "public"


@dataclass
class _Search:
    """A search that runs; whether nothing but public datasets can answer it."""

    public: bool = False


#: The search that asks for labels, if one does.
_SEARCH: ContextVar[_Search | None] = ContextVar("pole_search", default=None)
#: Letters of a short label, and how many labels go in one: Solr copies the whole of it for each.
_LETTERS, _PACK = 10, 50


@contextmanager
def searching() -> Iterator[None]:
    """While a search runs, labels are short and packed.

    CKAN puts each label into the question, and reads through the whole of it letter by letter, several times; Solr
    makes a clause of each: five milliseconds for 500 organisations by CKAN's labels of 43 letters. Activities keep the
    labels that a dataset had once, so that for those they are as CKAN writes them.
    """
    token = _SEARCH.set(_Search())
    try:
        yield
    finally:
        _SEARCH.reset(token)


def reads(params: Mapping[str, Any]) -> None:
    """Note what a search is about: one of public datasets need not know what else its reader may see.

    CKAN itself filters a search by `capacity:public` and `state:active` unless it asks for private datasets or drafts
    (`ckan/logic/action/get.py`, `package_search`), and gives whatever is both the label `public` alone
    (`DefaultPermissionLabels`): no label of the reader's could find more.

    Args:
        params: of `package_search`, as `before_dataset_search` leaves them. A hook after ours that makes the question
            wider finds public datasets only.
    """
    search = _SEARCH.get()
    if search is not None:
        wider = any(_said(params.get(name)) for name in ("include_private", "include_drafts", "include_deleted"))
        search.public = not wider and "+state" not in str(params.get("fq") or "")


def _said(value: Any) -> bool:
    try:
        return tk.asbool(value)
    except ValueError:  # CKAN will refuse it
        return True


class PolicyLabels(DefaultPermissionLabels):
    """CKAN's labels, found in one statement, and ours."""

    def get_dataset_labels(self, dataset_obj: model.Package) -> list[str]:
        """What opens a dataset's page."""
        labels = super().get_dataset_labels(dataset_obj)
        if dataset_obj.owner_org and f"member-{dataset_obj.owner_org}" in labels:
            labels.append(short(dataset_obj.owner_org))
        extras = dataset_obj.extras or {}
        policy_id = str(extras.get("access_policy") or "")
        hidden = dataset_obj.private and extras.get("access_tier") == CONFIDENTIAL
        if hidden and policy_id and dataset_obj.state == model.State.ACTIVE:
            labels.append(f"policy-{policy_id}")
        return labels

    def get_user_dataset_labels(self, user_obj: Any) -> list[str]:
        """What a person may open."""
        search = _SEARCH.get()
        if search is not None and search.public:
            return [PUBLIC]
        person = facts.standing(user_obj)
        if not person.user_id:
            return [PUBLIC]
        if person.sysadmin:
            # CKAN asks this of sysadmins for the lists that it does not simply leave whole.
            return super().get_user_dataset_labels(user_obj)
        members = _whole(person.member_of) if search is None else packed(person.member_of)
        labels = [PUBLIC, f"creator-{person.user_id}", *members]
        labels += [f"policy-{policy_id}" for policy_id in person.open_policies(now())]
        if authz.check_config_permission("allow_dataset_collaborators"):
            labels += [f"collaborator-{dataset_id}" for dataset_id in _collaborates_on(person.user_id)]
        return labels


@lru_cache(maxsize=64)
def _whole(organisations: frozenset[str]) -> tuple[str, ...]:
    """CKAN's labels; a dataset's page asks for them half a dozen times."""
    return tuple(f"member-{organisation}" for organisation in sorted(organisations))


@lru_cache(maxsize=100_000)
def short(organisation_id: str) -> str:
    """A label of ten letters, which no two organisations share: 60 bits of BLAKE2b, of 10,000 one in 10¹⁰."""
    return base64.urlsafe_b64encode(blake2b(organisation_id.encode(), digest_size=8).digest()).decode()[:_LETTERS]


@lru_cache(maxsize=64)
def packed(organisations: frozenset[str]) -> tuple[str, ...]:
    """Short labels, many in one, which Solr takes apart again.

    The type of `permission_labels` in our schema (`pole_labels` in config/solr/fields.xml) reads a dot and so many
    times ten letters as any of these; to CKAN's own schema it is a label that no dataset has. No other label begins
    with a dot.

    Args:
        organisations: their ids.

    Returns:
        Always the same for the same ones, by which Solr knows the filter again.
    """
    ordered = sorted(map(short, organisations))
    return tuple("." + "".join(ordered[at : at + _PACK]) for at in range(0, len(ordered), _PACK))


def _collaborates_on(user_id: str) -> list[str]:
    found = model.Session.query(model.PackageMember.package_id).filter(model.PackageMember.user_id == user_id)
    return [package_id for (package_id,) in found]
