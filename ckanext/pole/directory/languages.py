"""Join the two language feeds of one directory by id: what either feed hides stays hidden in both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .merging import merge
from .sensitive import Raw, Rejected, unseal

Item = Raw[Any] | Rejected


def merge_languages(french: Iterable[Item], english: Iterable[Item]) -> Iterator[Item]:
    """Yield each record once, with both languages where both feeds have it.

    French leads: what is not text (telephone, hours) comes from the French
    copy, and from the English one where the French has none. A record of one
    feed only is kept with one language.

    Args:
        french: sealed records read with language "fr".
        english: sealed records read with language "en".
    """
    waiting: dict[tuple[str, str], list[Raw[Any]]] = {}
    for item in english:
        if isinstance(item, Rejected):
            yield item
        else:
            waiting.setdefault((item.kind, item.source_id), []).append(item)
    for item in french:
        if isinstance(item, Rejected):
            yield item
            continue
        raw = item
        for other in waiting.pop((item.kind, item.source_id), ()):
            raw = _join(raw, other)
        yield raw
    for left in waiting.values():
        yield from left


def _join(first: Raw[Any], second: Raw[Any]) -> Raw[Any]:
    record, flags = unseal(first)
    other, other_flags = unseal(second)
    return Raw(merge(record, other), flags | other_flags)
