"""Lists that come in pages, and lists that come as one large document."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ckanext.pole.harvest.adapters import json_stream
from ckanext.pole.harvest.records import Page
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.contents import JSON
from ckanext.pole.http.problems import BadBody

#: Records of a whole document that are handed on at once.
BATCH = 100


def counted(read: Callable[[int], tuple[Sequence[Any], int]], begin: str = "") -> Iterator[Page]:
    """Ask page after page until the number of records announced at first is reached.

    A source whose number grows while it is read cannot keep us for ever: the base sees that it moved, and the next
    run reads the rest.

    Args:
        read: gives the records from an offset on (0 is the first), and how many there are in all.
        begin: the offset that a reading which was cut goes on with.
    """
    start, end = int(begin or 0), None
    while end is None or start < end:
        records, total = read(start)
        end = total if end is None else end
        yield Page(records, total, after=str(start + len(records)))
        if not records:
            # Fewer records than announced: the base sees that the run was not whole.
            return
        start += len(records)


def document(http: GuardedClient, address: str, key: str = "", **params: Any) -> Iterator[Page]:
    """Read a catalogue that comes as one JSON document, at constant memory.

    Args:
        http: the guarded client.
        address: of the document.
        key: under which its list is, if it is an object.
        params: of the query.

    Raises:
        HttpProblem: it cannot be fetched, or is not the JSON it should be.
    """
    with tempfile.TemporaryDirectory(prefix="pole-harvest-") as folder:
        path = Path(folder) / "document.json"
        http.download(address, path, params=params or None, accept=JSON)
        try:
            with path.open(encoding="utf-8-sig") as stream:
                found = json_stream.records(stream, key)
                while batch := list(islice(found, BATCH)):
                    yield Page(batch)
        except UnicodeDecodeError as error:
            raise BadBody("bad_charset", address) from error
        except json_stream.NotTheDocument as error:
            raise BadBody("bad_json", address, detail=str(error)) from error


def listed(answer: Any, key: str, total: str, address: str) -> tuple[list[Any], int]:
    """The records and their number in a page.

    Args:
        answer: the page, parsed.
        key: of the records.
        total: of their number.
        address: for the message.

    Raises:
        HttpProblem: the page is an error in disguise, or something else altogether.
    """
    found = answer if isinstance(answer, dict) else {}
    records, number = found.get(key), found.get(total)
    if isinstance(records, list) and isinstance(number, int) and not isinstance(number, bool) and number >= 0:
        return records, number
    raise BadBody("unexpected", address, detail=str(said(found))[:300])


def said(answer: dict[str, Any]) -> str:
    """What a source that answers an error with status 200 says: ArcGIS, Opendatasoft and Socrata each in their way."""
    error = answer.get("error")
    if isinstance(error, dict):
        return str(error.get("message") or error.get("code") or error)
    if isinstance(error, str):
        return error
    return str(answer.get("message") or answer.get("code") or answer.get("error_code") or "")
