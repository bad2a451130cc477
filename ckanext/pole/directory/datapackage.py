"""Write the HSDS 3.1 data package: a zip of CSV tables and `datapackage.json`, the same bytes for the same content.

HSDS has one language a package. The first language stands at the root; the
other, where the directory has any of it, is a whole package of its own in a
folder named after it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from ckanext.pole.spreadsheets import guarded

from .files import TableFile
from .hsds_rows import Rows
from .hsds_schema import TABLES
from .identifiers import Ids
from .records import LANGUAGES
from .redacted import Redacted, checked

# The first moment that a zip can tell: an archive must not change because time passes.
_TIME = (1980, 1, 1, 0, 0, 0)
_GUARDED = "string"


def write_datapackage(
    redacted: Redacted, ids: Ids, path: Path, *, title: str, language: str = "fr"
) -> tuple[TableFile, Counter[str]]:
    """Write the package.

    Args:
        redacted: the directory.
        ids: makes the ids of parts.
        path: where to write the zip.
        title: title of the directory, for `datapackage.json`.
        language: language of the root.

    Returns:
        The file, and how many rows of each table were left out for want of a value that HSDS requires.
    """
    incomplete: Counter[str] = Counter()
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for code in _languages(checked(redacted), language):
            folder = "" if code == language else f"{code}/"
            rows = Rows(redacted, ids, code)
            count += _write_language(archive, folder, rows, title, code)
            if not folder:
                incomplete = rows.incomplete
    return TableFile("datapackage", "zip", path, count, _sha256(path)), incomplete


def _languages(redacted: Redacted, first: str) -> list[str]:
    directory = redacted.directory
    named = (*directory.organizations, *directory.services)
    used = {code for record in named for text in (record.name, record.description) for code in text}
    return [first, *(code for code in LANGUAGES if code != first and code in used and first in used)]


def _write_language(archive: zipfile.ZipFile, folder: str, rows: Rows, title: str, language: str) -> int:
    resources: list[dict[str, Any]] = []
    total = 0
    for table in TABLES:
        words = io.StringIO()
        writer = csv.writer(words, lineterminator="\n")
        columns = table.columns
        writer.writerow(columns)
        guards = [field["type"] == _GUARDED and "format" not in field for field in table.fields]
        count = 0
        for row in rows.of(table.name):
            values = [row.get(column) for column in columns]
            writer.writerow([guarded(value) if guard else value for value, guard in zip(values, guards, strict=True)])
            count += 1
        if not count:
            continue
        total += count
        _add(archive, f"{folder}{table.path}", words.getvalue())
        resources.append(
            {
                "name": table.name,
                "path": table.path,
                "title": table.title[language],
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": table.schema(),
            }
        )
    present = {resource["name"] for resource in resources}
    for resource in resources:
        _without_absent(resource["schema"], present)
    description = {
        "profile": "tabular-data-package",
        "name": "hsds-directory",
        "title": title,
        "version": "3.1",
        "language": language,
        "homepage": "https://docs.openreferral.org/",
        "resources": resources,
    }
    _add(archive, f"{folder}datapackage.json", json.dumps(description, ensure_ascii=False, indent=1) + "\n")
    return total


def _without_absent(schema: dict[str, Any], present: set[str]) -> None:
    """Drop the references to tables that have no row and so no file."""
    kept = [key for key in schema.get("foreignKeys", ()) if key["reference"]["resource"] in present]
    if kept:
        schema["foreignKeys"] = kept
    else:
        schema.pop("foreignKeys", None)


def _add(archive: zipfile.ZipFile, name: str, words: str) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o644 << 16
    archive.writestr(info, words.encode("utf-8"))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
