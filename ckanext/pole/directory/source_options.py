"""The settings of a directory's source, checked when they are saved, in the person's language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.pole.directory import feeds

#: Setting → the type it must have. The rest of a source's settings belong to every harvest.
KNOWN: Mapping[str, type] = {
    "format": str,
    "api_key_env": str,
    "dataset": str,
    "search": dict,
    "inactive_prefixes": list,
    "unflagged_is_public": bool,
    "summary_tier": str,
    "access_policy": str,
}
#: A source may name a variable made for sources and no other: else whoever edits a source could have the portal send
#: its own secrets to an address of their choice.
KEY_PREFIX = "POLE_SECRET_"
_KEY_NAME = re.compile(rf"{KEY_PREFIX}[A-Z0-9_]{{1,60}}")
_LOOKS_SECRET = re.compile(r"(^|_)(api_?key|key|token|secret|password|passwd|authorization)$", re.IGNORECASE)
_MAX_PREFIX = 20


def split(config: str | None) -> tuple[dict[str, Any], str | None]:
    """Part a directory's own settings from those of every harvest.

    Args:
        config: JSON from the form, or nothing.

    Returns:
        Our settings, and the JSON of the rest, which the base checks. What is not a JSON object is all rest.
    """
    try:
        values = json.loads(config or "{}")
    except ValueError:
        return {}, config
    if not isinstance(values, dict):
        return {}, config
    ours = {key: values.pop(key) for key in list(values) if key in KNOWN or _LOOKS_SECRET.search(key)}
    return ours, json.dumps(values, ensure_ascii=False)


def check(ours: Mapping[str, Any], rest: Mapping[str, Any]) -> None:
    """Check a directory's own settings.

    Args:
        ours: as `split` gave them.
        rest: the other settings, already checked by the base.

    Raises:
        ValueError: in the person's language, what is wrong.
    """
    for key, value in ours.items():
        if key not in KNOWN:
            raise ValueError(
                tk._(
                    "A secret never stands in the settings: put it in an environment variable whose name begins with "
                    "{prefix}, and write that name in api_key_env"
                ).format(prefix=KEY_PREFIX)
            )
        if not isinstance(value, KNOWN[key]):
            raise ValueError(tk._("The setting {key} has a value of the wrong type").format(key=key))
    _check_format(ours, rest)
    name = ours.get("api_key_env", "")
    if name and not _KEY_NAME.fullmatch(name):
        raise ValueError(
            tk._("api_key_env takes the name of an environment variable that begins with {prefix}, in capitals").format(
                prefix=KEY_PREFIX
            )
        )
    tier = rest.get("access_tier") or "open"
    if tier != "open" and not ours.get("access_policy"):
        # The DataStore writes on the resources by itself, and a closed resource without a policy is refused.
        raise ValueError(tk._("A directory that is not open needs access_policy: the policy under which it is shared"))
    for prefix in ours.get("inactive_prefixes", ()):
        if not isinstance(prefix, str) or not 1 <= len(prefix.strip()) <= _MAX_PREFIX:
            raise ValueError(tk._("inactive_prefixes takes a list of short words"))
    if ours.get("summary_tier", "open") not in ("open", "registered", "agreement", "confidential"):
        raise ValueError(tk._("Unknown access tier: {code}").format(code=ours["summary_tier"]))


def _check_format(ours: Mapping[str, Any], rest: Mapping[str, Any]) -> None:
    kind = ours.get("format") or feeds.HSDS
    if kind not in feeds.FORMATS:
        raise ValueError(
            tk._("Unknown format {format}; known ones are: {known}").format(format=kind, known=", ".join(feeds.FORMATS))
        )
    if kind == feeds.SEARCH and not (ours.get("api_key_env") and ours.get("dataset")):
        raise ValueError(tk._("The search API of a 211 centre needs the settings dataset and api_key_env"))
    if kind != feeds.SEARCH and (alone := sorted(ours.keys() & {"dataset", "search", "unflagged_is_public"})):
        raise ValueError(
            tk._("The setting {key} belongs to the format {format} only").format(key=alone[0], format=feeds.SEARCH)
        )
    for value in (ours.get("search") or {}).values():
        if not isinstance(value, str | int | float):
            raise ValueError(tk._("The setting {key} has a value of the wrong type").format(key="search"))
    languages = [*(rest.get("feeds") or {}), *(rest.get("languages") or [])]
    if any(lang not in ("fr", "en") for lang in languages):
        raise ValueError(tk._("The language must be fr or en"))
    if kind == feeds.AIRS and rest.get("languages"):
        raise ValueError(tk._("AIRS files have an address each: name them in feeds, by language"))
