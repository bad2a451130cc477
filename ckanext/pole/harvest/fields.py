"""A dataset field by field: what changed, and whose each field is.

A field is named by a path: `license_id`, `title_translated.fr`, `resources/<id>/url`. For each path that a harvest
wrote, a short hash of what then stood there is remembered. A field that no longer matches its hash was changed here
by a person: from then on it is theirs, and a harvest leaves it alone (HARVEST.md E, rule 8).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ckanext.pole.harvest.records import canonical

#: What a harvest never writes on a dataset that exists: it belongs to the people who look after it here.
CURATED = frozenset({"name", "access_tier", "access_policy", "available_from", "private"})
#: What every dataset has whoever wrote it, and no diff speaks of.
OWN = frozenset({"id", "owner_org", "state", "type", "resources"})
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_HASH_LENGTH = 10

Hashes = dict[str, str]


@dataclass
class Merged:
    """A dataset as the harvest would leave it.

    Attributes:
        dataset: what to store.
        kept: paths that stay as people here left them, though the source says otherwise.
    """

    dataset: dict[str, Any]
    kept: list[str] = field(default_factory=list)


def flat(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """A dataset's fields by path; empty ones are left out."""
    found = dict(_flat(dataset, OWN))
    for resource in dataset.get("resources") or []:
        for path, value in _flat(resource, frozenset({"id", "package_id", "position", "upstream_id", "state"})):
            found[f"resources/{resource.get('id')}/{path}"] = value
    return found


def hashes(dataset: Mapping[str, Any], paths: Iterable[str]) -> Hashes:
    """Remember what stands in a dataset, at the paths that a harvest wrote."""
    values = flat(dataset)
    return {path: _hash(values.get(path)) for path in paths}


def difference(before: Mapping[str, Any], after: Mapping[str, Any], paths: Iterable[str]) -> dict[str, list[Any]]:
    """The paths whose value changed, each with its old and its new value."""
    old, new = flat(before), flat(after)
    return {
        path: [old.get(path), new.get(path)]
        for path in sorted(set(paths))
        if canonical(old.get(path)) != canonical(new.get(path))
    }


def merge(existing: Mapping[str, Any], incoming: Mapping[str, Any], last: Mapping[str, str]) -> Merged:
    """Bring a dataset up to date without touching what people here made theirs.

    Args:
        existing: the dataset as it stands.
        incoming: the record; its resources carry the ids that they have or get here.
        last: hashes of what the harvest wrote last, by path; empty if that is not known: then all of it is ours.
    """
    merged = Merged(dict(existing))
    merged.kept += _merge_fields(merged.dataset, (existing, incoming), last, "", CURATED | OWN)
    stand = {resource["id"]: resource for resource in existing.get("resources") or []}
    resources = []
    for resource in incoming.get("resources") or []:
        known = stand.pop(resource["id"], None)
        if known is None:
            resources.append(dict(resource))
            continue
        result = dict(known)
        prefix = f"resources/{resource['id']}/"
        merged.kept += _merge_fields(result, (known, resource), last, prefix, frozenset({"id", "access_tier"}))
        resources.append(result)
    ours = {path.split("/")[1] for path in last if path.startswith("resources/")}
    # A resource that a person added stays; one that the source had and has no more goes.
    resources += [resource for id_, resource in stand.items() if last and id_ not in ours]
    merged.dataset["resources"] = resources
    return merged


def match_resources(existing: Iterable[Mapping[str, Any]], incoming: list[dict[str, Any]]) -> None:
    """Give incoming resources the ids of those that stand at the same address, so that their tables live on.

    The id derived from the source's own comes first; where the source changed that, the address tells (rule 7).
    """
    wanted = {resource["id"] for resource in incoming}
    free = {resource["url"]: resource["id"] for resource in existing if resource["id"] not in wanted}
    known = {resource["id"] for resource in existing}
    for resource in incoming:
        if resource["id"] not in known and resource.get("url") and resource["url"] in free:
            resource["id"] = free.pop(resource["url"])


def _merge_fields(
    target: dict[str, Any],
    pair: tuple[Mapping[str, Any], Mapping[str, Any]],
    last: Mapping[str, str],
    prefix: str,
    never: frozenset[str],
) -> list[str]:
    """Put into `target` what of the incoming one of a pair may be put there; gives the paths left alone."""
    kept: list[str] = []
    old, new = (dict(_flat(values, never)) for values in pair)
    mine = {path.removeprefix(prefix) for path in last if path.startswith(prefix) and "/" not in path[len(prefix) :]}
    for path in sorted(set(new) | mine):
        if path.split(".")[0] in never:
            continue
        stands, says = old.get(path), new.get(path)
        remembered = last.get(prefix + path)
        touched = remembered != _hash(stands) if remembered is not None else bool(last) and stands not in _EMPTY
        if touched:
            if canonical(stands) != canonical(says):
                kept.append(prefix + path)
            continue
        _put(target, path, says)
    return kept


def _put(target: dict[str, Any], path: str, value: Any) -> None:
    name, _, lang = path.partition(".")
    if not lang:
        if value in _EMPTY:
            target.pop(name, None)
        else:
            target[name] = value
        return
    texts = dict(target.get(name) or {})
    if value in _EMPTY:
        texts.pop(lang, None)
    else:
        texts[lang] = value
    target[name] = texts


def _flat(values: Mapping[str, Any], without: frozenset[str]) -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if name in without or value in _EMPTY:
            continue
        if isinstance(value, Mapping) and (name.endswith("_translated") or name == "keywords"):
            yield from ((f"{name}.{lang}", text) for lang, text in value.items() if text not in _EMPTY)
        else:
            yield name, value


def _hash(value: Any) -> str:
    if value in _EMPTY:
        return ""
    text = json.dumps(canonical(value), ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
