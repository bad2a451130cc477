"""A source's settings, and the client that reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.pole import settings
from ckanext.pole.bilingual import vocabularies
from ckanext.pole.harvest.adapters import options as adapter_options
from ckanext.pole.harvest.source import SECRET_PREFIX, Source
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.limits import Limits, user_agent
from ckanext.pole.http.problems import HttpProblem

#: Setting → the types it may have. Anything else is a typing mistake that should not wait for the first run.
KNOWN: Mapping[str, type | tuple[type, ...]] = {
    "language": str,
    "fq": str,
    "page_size": int,
    "themes": dict,
    "places": list,
    "load_data": bool,
    "skip_name_prefixes": list,
    "languages": list,
    "feeds": dict,
    "title_translated": dict,
    "notes_translated": dict,
    "access_tier": str,
    "license_id": str,
    "name": str,
    # Who owns a dataset that two sources have: the lower number.
    "priority": int,
    # The name of an environment variable that holds the source's key.
    "api_key_env": str,
    # A directory that really became much smaller: the operator says so once.
    "accept_fewer": bool,
    **adapter_options.KNOWN,
}
MAX_PAGE = 1000
SECRET_NAME = re.compile(re.escape(SECRET_PREFIX) + r"[A-Z0-9_]{1,60}")


def normalised(config: str | None) -> str:
    """Check a source's settings.

    Args:
        config: JSON from the form, or nothing.

    Returns:
        The settings as JSON, keys sorted.

    Raises:
        ValueError: in the person's language, what is wrong.
    """
    if not config:
        return "{}"
    try:
        values = json.loads(config)
    except ValueError as error:
        raise ValueError(tk._("The settings are not valid JSON: {error}").format(error=error)) from None
    if not isinstance(values, dict):
        raise ValueError(tk._("The settings must be a JSON object"))
    for key, value in values.items():
        _check(key, value)
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def client(source: Source) -> GuardedClient:
    """The guarded client for one run of a source."""
    return GuardedClient(
        Limits(
            user_agent=user_agent(settings.harvest_contact() or settings.site_url()),
            allow_private=tuple(settings.http_allow_private()),
            **settings.http_limits(),
        )
    )


def message(problem: HttpProblem) -> str:
    """What a report says of a problem: both languages, since an operator of either reads it later."""
    return f"{problem.message['fr']} · {problem.message['en']} ({problem.url})"


def _check(key: str, value: Any) -> None:
    kind = KNOWN.get(key)
    if kind is None:
        raise ValueError(
            tk._("Unknown setting {key}; known ones are: {known}").format(key=key, known=", ".join(sorted(KNOWN)))
        )
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(tk._("The setting {key} has a value of the wrong type").format(key=key))
    if key == "language" and str(value) not in ("fr", "en"):
        raise ValueError(tk._("The language must be fr or en"))
    if key == "page_size" and not 1 <= int(value) <= MAX_PAGE:
        raise ValueError(tk._("A page holds 1 to {limit} records").format(limit=MAX_PAGE))
    if key == "api_key_env" and not SECRET_NAME.fullmatch(str(value)):
        raise ValueError(
            tk._("Give the name of an environment variable that begins with {prefix}, never the key itself").format(
                prefix=SECRET_PREFIX
            )
        )
    if key == "themes":
        unknown = sorted({str(code) for code in list(value.values())} - set(vocabularies.load("themes").terms))
        if unknown:
            raise ValueError(tk._("Unknown theme: {codes}").format(codes=", ".join(unknown)))
    if key == "access_tier" and value not in vocabularies.load("tiers"):
        raise ValueError(tk._("Unknown access tier: {code}").format(code=value))
    adapter_options.check(key, value)
