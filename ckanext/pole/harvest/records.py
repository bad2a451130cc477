"""What an adapter hands over: pages of raw records, and each record in our own form."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ckanext.pole.translations import in_both

#: Namespace of the ids that we derive from a source's own; never changes.
NAMESPACE = uuid.UUID("6f0b6e0e-5d3c-5b52-9d0b-6a1f6d6f6c65")
#: What a portal touches without changing anything: never part of the comparison (HARVEST.md A: 169 of 397 at once).
VOLATILE = frozenset(
    {"metadata_modified", "last_modified", "metadata_created", "created", "revision_id", "hash", "size"}
)


class BadRecord(ValueError):
    """A record cannot be used; it is set aside with the reason, and the run goes on.

    Args:
        reason: an English sentence marked with `N_`; the error says it in French, then in English, since an operator
            of either language reads it later.
        detail: what is the same in both, put behind them.
        facts: put into the sentences.
    """

    def __init__(self, reason: str, detail: str = "", **facts: Any) -> None:
        said = in_both(reason, **facts)
        super().__init__(f"{said} ({detail})" if detail else said)


@dataclass(frozen=True)
class Page:
    """A page of a source's list.

    Attributes:
        records: the raw records, as the source gave them.
        expected_total: how many records the source says it has in all; None if it does not say.
        after: where the page after this one begins, in the adapter's own words: a run that is cut goes on there; ""
            where a reading cannot begin in the middle.
    """

    records: Sequence[Any]
    expected_total: int | None = None
    after: str = ""


@dataclass
class Record:
    """One dataset of a source, in the form of our schema.

    Attributes:
        guid: the source's own stable id; never its name, which may change.
        dataset: a dict for `package_create` without id and owner; resources
            carry the source's id under `upstream_id`.
        files: tables that come with the record and are loaded with it, for
            harvesters that make them (path by resource `upstream_id`).
        cross_key: names the same dataset at whichever source it is met; the base
            takes the landing page where an adapter gives nothing.
    """

    guid: str
    dataset: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)
    cross_key: str = ""


def canonical(value: Any) -> Any:
    """The value without what changes by itself, in an order that does not depend on the source's mood."""
    if isinstance(value, dict):
        kept = {key: canonical(item) for key, item in sorted(value.items()) if key not in VOLATILE}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, str):
        return " ".join(value.split())
    return value


def digest(record: Record) -> str:
    """sha256 of the record's canonical form, hexadecimal: the same while nothing that matters changed."""
    text = json.dumps(canonical(record.dataset), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def raw_digest(raw: Any, salt: str) -> str:
    """sha256 of a raw record without what changes by itself; empty if it is not made of JSON's types.

    Args:
        raw: the record as its source gave it.
        salt: what else the mapped record depends on: the source's settings, the version of the mapping.
    """
    try:
        text = json.dumps(_settled(raw), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError):
        return ""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def _settled(value: Any) -> Any:
    """The value without what changes by itself; called for what holds other values only, since most hold none."""
    if isinstance(value, dict):
        return {
            key: _settled(item) if isinstance(item, (dict, list)) else item
            for key, item in value.items()
            if key not in VOLATILE
        }
    if isinstance(value, list):
        return [_settled(item) if isinstance(item, (dict, list)) else item for item in value]
    return value


def cross_key(record: Record) -> str:
    """What names the record at any source: its own key, else its landing page without what varies in an address."""
    if record.cross_key:
        return record.cross_key
    parts = urlsplit(str(record.dataset.get("url") or "").strip())
    if not parts.netloc or not parts.path.strip("/"):
        # A portal's front page names no dataset.
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def dataset_id(source_id: str, guid: str) -> str:
    """The dataset's id: the same at each harvest, whatever its name becomes."""
    return str(uuid.uuid5(NAMESPACE, f"{source_id}\n{guid}"))


def resource_id(package_id: str, upstream_id: str) -> str:
    """A resource's id: the same at each harvest, so that its DataStore table and its links live on."""
    return str(uuid.uuid5(NAMESPACE, f"{package_id}\n{upstream_id}"))
