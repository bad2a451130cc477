"""Make one record of two copies of it: two languages, or one object met twice in a feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

from .text import join_text

T = TypeVar("T")


@cache
def names(cls: type) -> tuple[str, ...]:
    """Give the field names of a record class."""
    return tuple(field.name for field in fields(cls))


def merge(first: T, second: T) -> T:
    """Fill what `first` lacks from `second`: languages of a text, empty values, parts it does not have."""
    if first is second or first == second:
        return first
    changes = {}
    for name in names(type(first)):
        ours, theirs = getattr(first, name), getattr(second, name)
        if ours is theirs:
            continue
        if isinstance(ours, Mapping):
            joined: Any = join_text(ours, theirs)
        elif isinstance(ours, tuple):
            joined = _merge_parts(ours, theirs)
        else:
            joined = theirs if ours in ("", None) else ours
        if joined is not ours:
            changes[name] = joined
    return replace(first, **changes) if changes else first  # type: ignore[type-var]


def _merge_parts(ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
    if not theirs or ours == theirs:
        return ours
    if not ours:
        return theirs
    if not is_dataclass(ours[0]):
        return tuple(dict.fromkeys((*ours, *theirs)))
    found = dict(zip(part_keys(theirs), theirs, strict=True))
    merged = [
        merge(part, found.pop(key)) if key in found else part for key, part in zip(part_keys(ours), ours, strict=True)
    ]
    return (*merged, *found.values())


def part_keys(parts: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Name each part of a record by its upstream id, else by what it says without words, and its rank."""
    counts: Counter[tuple[Any, ...]] = Counter()
    keys = []
    for part in parts:
        values = [getattr(part, name) for name in names(type(part))]
        plain = tuple(value for value in values if not isinstance(value, (Mapping, tuple)))
        key = (part.id,) if getattr(part, "id", "") else plain
        counts[key] += 1
        keys.append((*key, counts[key]))
    return keys
