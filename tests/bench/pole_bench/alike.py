"""Whether two datasets are the same, key by key."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

#: What differs between two datasets that were written one after the other.
OWN = frozenset({"id", "name", "package_id", "metadata_created", "metadata_modified", "created"})


def without(value: Any, keys: Container[str] = OWN) -> Any:
    """A value without what stands under some keys, at whatever depth."""
    if isinstance(value, dict):
        return {key: without(item, keys) for key, item in value.items() if key not in keys}
    if isinstance(value, list):
        return [without(item, keys) for item in value]
    return value


def different(one: Any, other: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """The paths at which two values differ, each with both."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(one.keys() | other.keys())
        return [line for key in keys for line in different(one.get(key, "-"), other.get(key, "-"), f"{path}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [line for at in range(len(one)) for line in different(one[at], other[at], f"{path}/{at}")]
    return [] if one == other else [(path, one, other)]
