"""What a harvest would do, without doing any of it: the first records, mapped beside the raw ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ckanext.pole.bilingual.helpers import pole_lang
from ckanext.pole.harvest import objects, options
from ckanext.pole.harvest.records import BadRecord, dataset_id, digest, raw_digest
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.problems import HttpProblem

#: Records that a preview shows.
FIRST = 20


def preview(harvester: Any, source: Source, limit: int = FIRST) -> dict[str, Any]:
    """Read the first records of a source; nothing is written.

    Args:
        harvester: the adapter.
        source: saved or not.
        limit: how many records.

    Returns:
        `records`: guid, action (`new`, `changed`, `same`, `left_out` or `bad`), title, raw record (None where it must
        not be shown), mapped dataset and problem of each; `expected`: what the source announces; `problem`: why it
        could not be read, or "".
    """
    source = replace(source, rehearsal=True)
    found: list[dict[str, Any]] = []
    expected = None
    problem = ""
    try:
        with options.client(source) as http:
            for page in harvester.pages(http, source):
                expected = page.expected_total if page.expected_total is not None else expected
                found += [_entry(harvester, source, raw) for raw in page.records[: limit - len(found)]]
                if len(found) >= limit:
                    break
    except HttpProblem as error:
        problem = f"{error.message[pole_lang()]} ({error.url})"
    except BadRecord as error:
        problem = str(error)
    known = objects.known_records(source.id, [entry["guid"] for entry in found if entry["guid"]]) if source.id else {}
    for entry in found:
        stored, seen = known.get(entry["guid"]), entry.pop("digest", "")
        if entry["action"] == "new" and stored is not None:
            entry["action"] = "same" if stored[0].digest == seen else "changed"
    return {"records": found, "expected": expected, "problem": problem}


def _entry(harvester: Any, source: Source, raw: Any) -> dict[str, Any]:
    shows = not harvester.raw_is_private and bool(raw_digest(raw, ""))
    entry: dict[str, Any] = {
        "guid": "", "action": "new", "title": "", "raw": raw if shows else None, "mapped": None, "problem": ""
    }  # fmt: skip
    try:
        entry["guid"] = harvester.identity(raw)
        if not harvester.wanted(raw, source):
            return {**entry, "action": "left_out"}
        record = harvester.normalise(raw, source)
    except Exception as error:
        said = str(error) if isinstance(error, BadRecord) else type(error).__name__
        return {**entry, "action": "bad", "problem": said}
    title = record.dataset.get("title_translated") or {}
    return {
        **entry,
        "id": dataset_id(source.id, record.guid),
        "title": title.get("fr") or title.get("en") or "",
        "mapped": record.dataset,
        "digest": digest(record),
    }
