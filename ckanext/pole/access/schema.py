"""What the actions take, and how it is checked; errors come in the page's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, FlattenDataDict, FlattenErrorDict, FlattenKey, Schema

from ckanext.pole.access import periods, states
from ckanext.pole.bilingual import values, vocabularies

#: Longest texts, in characters.
TITLE, LINE, LONG, TERMS = 500, 300, 5_000, 100_000
#: Most days that one may ask for: ten years.
DAYS = 3_660
ROWS = 1_000


def policy_create() -> Schema:
    """A new policy."""
    return {
        "owner_org": [_required, _text(LINE)],
        "title_translated": [_bilingual(TITLE, required=True)],
        "terms_translated": [_bilingual(TERMS, required=True)],
        "purpose_translated": [_optional({}), _bilingual(LONG)],
        "use_codes": [_optional([]), _use_codes],
        **_nothing_else(),
    }


def policy_update() -> Schema:
    """What of a policy may change; what is left out stays."""
    left_out = tk.get_validator("ignore_missing")
    return {
        **one(),
        "title_translated": [left_out, _bilingual(TITLE, required=True)],
        "terms_translated": [left_out, _bilingual(TERMS, required=True)],
        "purpose_translated": [left_out, _bilingual(LONG)],
        "use_codes": [left_out, _use_codes],
        **_nothing_else(),
    }


def policy_show() -> Schema:
    """A policy, and maybe one version of its terms."""
    return {**one(), "terms_version": [_left_out, _count(1, 1_000_000)]}


def policy_list() -> Schema:
    """Which policies."""
    state = [_optional("active"), _one_of("", "active", "retired")]
    return {"owner_org": [_optional(""), _text(LINE)], "state": state, **_page()}


def agreement_create() -> Schema:
    """A new agreement."""
    return {"policy_id": [_required, _text(LINE)], "org_id": [_required, _text(LINE)], **_agreement_dates(_required)}


def agreement_update() -> Schema:
    """What of a draft may change."""
    return {**one(), **_agreement_dates(_left_out)}


def agreement_renew() -> Schema:
    """A renewal."""
    return {**one(), **_agreement_dates(_required)}


def agreement_sign() -> Schema:
    """A signature: of which text, read in which language."""
    return {**one(), "terms_sha256": [_optional(""), _text(64)], "lang": [_optional("fr"), _language]}


def agreement_list() -> Schema:
    """Which agreements."""
    return {
        "policy_id": [_optional(""), _text(LINE)],
        "org_id": [_optional(""), _text(LINE)],
        "owner_org": [_optional(""), _text(LINE)],
        "status": [_optional(""), _one_of("", *states.AGREEMENT_STATUS)],
        "expiring_days": [_left_out, _count(0, DAYS)],
        **_page(),
    }


def request_create() -> Schema:
    """A new request, for a policy or for a dataset's."""
    return {
        "policy_id": [_optional(""), _text(LINE)],
        "dataset_id": [_optional(""), _text(LINE)],
        "org_id": [_optional(""), _text(LINE)],
        "for_organization": [_optional(False), tk.get_validator("boolean_validator")],
        **_request_content(_required, _optional("")),
    }


def request_answer() -> Schema:
    """An answer to the custodian's questions; what was asked for may change with it."""
    left_out = tk.get_validator("ignore_missing")
    return {**one(), "answer": [_required, _text(LONG)], **_request_content(left_out, left_out)}


def request_return() -> Schema:
    """Questions to the person."""
    return {**one(), "question": [_required, _text(LONG)]}


def request_approve() -> Schema:
    """A yes, with its end."""
    return {**one(), "grant_until": [_required, _end], "reason": [_optional(""), _text(LONG)]}


def request_list() -> Schema:
    """Which requests."""
    filters = ("policy_id", "owner_org", "user_id", "org_id")
    return {
        **{name: [_optional(""), _text(LINE)] for name in filters},
        "state": [_optional(""), _one_of("", *states.REQUEST_STATES)],
        **_page(),
    }


def with_reason() -> Schema:
    """A decision that has to say why."""
    return {**one(), "reason": [_required, _text(LONG)]}


def terms_accept() -> Schema:
    """Which text a person accepts, and in which language it was read."""
    return {
        "policy_id": [_required, _text(LINE)],
        "terms_sha256": [_required, _text(64)],
        "lang": [_optional("fr"), _language],
    }


def policy_named() -> Schema:
    """One policy, by `policy_id`."""
    return {"policy_id": [_required, _text(LINE)]}


def person_suspend() -> Schema:
    """Whom a custodian closes its data to, and why."""
    return {**person_resume(), "reason": [_required, _text(LONG)]}


def person_resume() -> Schema:
    """A person, and a custodian or one of its policies."""
    return {
        "user_id": [_required, _text(LINE)],
        "owner_org": [_optional(""), _text(LINE)],
        "policy_id": [_optional(""), _text(LINE)],
    }


def person_suspended_list() -> Schema:
    """Whose suspensions: a custodian's, the portal's, or one's own."""
    return {"owner_org": [_optional(""), _text(LINE)], "user_id": [_optional(""), _one_of("", "me")]}


def one() -> Schema:
    """A thing, by its id."""
    return {"id": [_required, _text(LINE)]}


def _nothing_else() -> Schema:
    return {"__extras": [tk.get_validator("ignore")]}


def _page() -> Schema:
    return {"limit": [_optional(100), _count(0, ROWS)], "offset": [_optional(0), _count(0, 10_000_000)]}


def _agreement_dates(until: Any) -> Schema:
    return {
        "valid_from": [_left_out, _beginning],
        "valid_until": [until, _end],
        "document_ref": [tk.get_validator("ignore_missing"), _text(LINE)],
    }


def _request_content(asked: Any, maybe: Any) -> Schema:
    return {
        "purpose": [asked, _text(LONG)],
        "use_code": [asked, _use_code],
        "people": [maybe, _text(LONG)],
        "duration_days": [_left_out, _count(1, DAYS)],
    }


def _optional(default: Any) -> Callable[..., Any]:
    validator: Any = tk.get_validator("default")
    return validator(default)


def _one_of(*known: str) -> Callable[[Any], str]:
    def validate(value: Any) -> str:
        if value not in known:
            raise tk.Invalid(tk._("Choose one of: {choices}").format(choices=", ".join(filter(None, known))))
        return value

    return validate


def _left_out(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
    """An empty value is none at all; CKAN's `ignore_empty` takes a zero for empty too."""
    if data.get(key) in (None, "", tk.missing):
        data.pop(key, None)
        raise tk.StopOnError


def _required(value: Any) -> Any:
    if value is tk.missing or value is None or (isinstance(value, str) and not value.strip()):
        raise tk.Invalid(tk._("Fill in this field"))
    return value


def _text(limit: int) -> Callable[[Any], str]:
    def validate(value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise tk.Invalid(tk._("Write a text"))
        text = values.clean(value)
        if len(text) > limit:
            raise tk.Invalid(tk._("This text is too long: {limit} characters at most").format(limit=limit))
        return text

    return validate


def _bilingual(limit: int, required: bool = False) -> Callable[[Any], dict[str, str]]:
    def validate(value: Any) -> dict[str, str]:
        try:
            text = values.parse(None if value is tk.missing else value)
        except values.NotBilingual:
            raise tk.Invalid(tk._("Give a text in French, in English or both")) from None
        if any(len(part) > limit for part in text.values()):
            raise tk.Invalid(tk._("This text is too long: {limit} characters at most").format(limit=limit))
        if required and not text.get("fr"):
            raise tk.Invalid(tk._("The French text is missing"))
        return text

    return validate


def _count(low: int, high: int) -> Callable[[Any], int]:
    def validate(value: Any) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise tk.Invalid(tk._("Write a whole number")) from None
        if not low <= number <= high:
            raise tk.Invalid(tk._("Write a number between {low} and {high}").format(low=low, high=high))
        return number

    return validate


def _moment(read: Callable[[str], datetime], value: Any) -> datetime:
    try:
        return read(value.isoformat() if isinstance(value, datetime) else value)
    except periods.NotAMoment:
        raise tk.Invalid(tk._("Write the date as year-month-day, for example 2026-04-30")) from None


def _beginning(value: Any) -> datetime:
    return _moment(periods.beginning, value)


def _end(value: Any) -> datetime:
    return _moment(periods.end, value)


def _language(value: Any) -> str:
    if value not in values.LANGUAGES:
        raise tk.Invalid(tk._("Choose French (fr) or English (en)"))
    return value


def _use_codes(value: Any) -> list[str]:
    codes = [value] if isinstance(value, str) and value else value or []
    known = vocabularies.load("intended_uses")
    if not isinstance(codes, list | tuple) or not all(isinstance(code, str) and code in known for code in codes):
        raise tk.Invalid(tk._("Choose uses from the list"))
    return list(dict.fromkeys(codes))


def _use_code(value: Any) -> str:
    known = vocabularies.load("intended_uses")
    if not isinstance(value, str) or value not in known or known[value].extra.get("group") != "purpose":
        raise tk.Invalid(tk._("Choose the use from the list"))
    return value
