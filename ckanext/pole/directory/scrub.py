"""Rewrite one record without private values: texts masked, links that tell removed, private lines left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar

from .emails import EMAIL, is_named, mask_personal
from .private_values import PrivateValues
from .records import NO_TEXT, Accessibility, Address, Location, Phone, ServiceArea

T = TypeVar("T")

# Strings in which a private value may stand. A link that holds one is removed, another string is masked.
_LINKS = frozenset({"url", "website", "uri", "email", "extent"})
_WORDS = frozenset(
    {"address_1", "address_2", "city", "region", "legal_status", "taxonomy", "extension", "amount", "code"}
)


@cache
def _plan(cls: type) -> tuple[tuple[str, str], ...]:
    """Say what to do with each field of a class: text, link, words, parts, or nothing."""
    plan = []
    for field in fields(cls):
        declared = str(field.type)
        if declared == "Text":
            plan.append((field.name, "text"))
        elif field.name in _LINKS:
            plan.append((field.name, "link"))
        elif field.name in _WORDS:
            plan.append((field.name, "words"))
        elif declared.startswith("tuple[") and declared != "tuple[str, ...]":
            plan.append((field.name, "parts"))
    return tuple(plan)


class Scrubber:
    """Masks by the private values of one reading.

    Args:
        values: the private values.
        kept_emails: e-mail addresses (lower case) that the source publishes for organisations and services.
        removed: counts what is removed, by rule.
    """

    def __init__(self, values: PrivateValues, kept_emails: frozenset[str], removed: Counter[str]) -> None:
        self._values = values
        self._kept = kept_emails
        self._removed = removed
        self.masked_emails = 0

    def scrub(self, record: T, names: tuple[str, ...], any_street: bool = False) -> T:
        """Mask a record and its parts.

        Args:
            record: a record or a part of one.
            names: names of its organisation and service, to tell a person's e-mail address from theirs.
            any_street: its place is secret: mask every street address in its texts.

        Returns:
            The record itself if there was nothing to mask.
        """
        changes: dict[str, Any] = {}
        for name, what in _plan(type(record)):
            value = getattr(record, name)
            if not value:
                continue
            if what == "text":
                new = self._text(value, names, any_street)
            elif what == "parts":
                new = self._parts(value, names, any_street)
            elif name == "email" and any(is_named(found) for found in EMAIL.findall(value)):
                self._removed["email_person"] += 1
                new = ""
            else:
                new = self._values.mask(value)
                if new is not value and what == "link":
                    self._removed["link"] += 1
                    new = ""
            if new is not value:
                changes[name] = new
        return replace(record, **changes) if changes else record  # type: ignore[type-var]

    def _text(self, text: Mapping[str, str], names: tuple[str, ...], any_street: bool) -> Mapping[str, str]:
        masked = mask_personal(text, self._kept, names)
        if masked is not text:
            self.masked_emails += 1
        return self._values.mask_text(masked, any_street=any_street)

    def _parts(self, parts: tuple[Any, ...], names: tuple[str, ...], any_street: bool) -> tuple[Any, ...]:
        kept, same = [], True
        for part in parts:
            if isinstance(part, Phone) and self._values.has_phone(part):
                self._removed["phone_shared"] += 1
                same = False
                continue
            if isinstance(part, Address) and self._values.has_address(part):
                self._removed["address_shared"] += 1
                same = False
                continue
            new = self.scrub(part, names, any_street)
            if any_street and isinstance(new, ServiceArea) and new.extent:
                new = replace(new, extent="", extent_type="")
            same = same and new is part
            kept.append(new)
        return parts if same else tuple(kept)


def without_place(location: Location, *, keep_postal: bool, keep_words: bool) -> Location:
    """Take from a location all that tells where it is.

    Args:
        location: the location.
        keep_postal: keep its postal addresses (flagged public by the source).
        keep_words: keep its name and description (it is no secret place, it only shares the address of one).
    """
    postal = tuple(address for address in location.addresses if keep_postal and address.address_type == "postal")
    bare = replace(location, latitude=None, longitude=None, addresses=postal, transportation=NO_TEXT, url="")
    if keep_words:
        return bare
    accessible = tuple(Accessibility(part.description) for part in location.accessibility if part.description)
    return replace(bare, name=NO_TEXT, alternate_name=NO_TEXT, description=NO_TEXT, accessibility=accessible)
