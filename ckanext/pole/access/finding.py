"""Data that I can open: what the index keeps of a dataset's access, and the filter a person's key ring makes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ckanext.pole.access.periods import ZONE, NotAMoment, beginning
from ckanext.pole.access.standing import Standing, locks

#: `pole_access:mine` in a filter stands for "data that I can open"; the field's other values are tiers.
_MINE = re.compile(r"""([+-]?)\bpole_access:(?:"mine"|\(\s*"?mine"?\s*\)|mine\b)""")
#: An embargo whose day cannot be read never ends.
_NEVER = "9999-12-31"


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """Add a dataset's tiers, keys and embargo to CKAN's index document.

    Args:
        document: the flat dict that `before_dataset_index` receives; it is changed.

    Returns:
        The same dict.
    """
    try:
        dataset: Mapping[str, Any] = json.loads(document.get("validated_data_dict") or "{}")
    except (TypeError, ValueError):
        dataset = {}
    if dataset.get("type", "dataset") != "dataset":
        return document
    document["pole_access"], document["pole_key"] = locks(dataset)
    embargo = str(dataset.get("available_from") or "")
    if embargo:
        document["pole_embargo"] = _day(embargo)
    return document


def ask(params: dict[str, Any], person: Standing, now: datetime) -> dict[str, Any]:
    """Put the person's key ring in the place of `pole_access:mine`.

    Args:
        params: of `package_search`; changed.
        person: who asks.
        now: the moment.
    """
    for name in ("fq", "fq_list"):
        given = params.get(name)
        if isinstance(given, str):
            params[name] = _filled(given, person, now)
        elif isinstance(given, list):
            params[name] = [_filled(part, person, now) if isinstance(part, str) else part for part in given]
    return params


def wants_own(params: Mapping[str, Any]) -> bool:
    """Whether a search asks for data that the person can open."""
    return "pole_access" in f"{params.get('fq')} {params.get('fq_list')}"


def _filled(given: str, person: Standing, now: datetime) -> str:
    return _MINE.sub(lambda match: (match[1] or "+") + own(person, now), given)


def own(person: Standing, now: datetime) -> str:
    """The clause that finds what a person can open, in Lucene's syntax."""
    if person.sysadmin:
        return "(*:*)"
    ring = person.keys(now)
    custodian = [key for key in ring if key.startswith("custodian-")]
    others = [key for key in ring if not key.startswith("custodian-")]
    today = now.astimezone(ZONE).date().isoformat()
    # A string field: days in ISO form sort as they follow each other.
    clause = f"(+{_any(others)} -pole_embargo:{{{today} TO *])"
    return f"({_any(custodian)} OR {clause})" if custodian else clause


def _any(keys: Iterable[str]) -> str:
    return f"pole_key:({' OR '.join(json.dumps(key) for key in keys)})"


def _day(text: str) -> str:
    try:
        return beginning(text).astimezone(ZONE).date().isoformat()
    except NotAMoment:
        return _NEVER
