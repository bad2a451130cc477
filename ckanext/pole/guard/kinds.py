"""Whether a file is what its name says, by its first bytes as libmagic reads them. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

HEAD = 4096
"""Bytes of a file that are looked at; every signature lies in them."""

PROGRAMS = frozenset({
    "application/x-dosexec", "application/vnd.microsoft.portable-executable", "application/x-msdownload",
    "application/x-executable", "application/x-pie-executable", "application/x-sharedlib", "application/x-mach-binary",
    "application/x-msi", "application/x-ms-shortcut",
})  # fmt: skip
"""What a computer runs when somebody opens it."""
MARKUP = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml"})
"""What a browser runs."""
_MARKUP_NAMES = frozenset({"html", "htm", "xhtml", "svg", "xml", "rdf", "kml", "gml", "atom", "rss"})
_TEXT_NAMES = frozenset({"csv", "tsv", "txt", "json", "geojson", "jsonl", "ndjson", "md", "ttl", "yaml", "yml"})
_BINARY_NAMES = frozenset({
    "pdf", "zip", "gz", "7z", "png", "jpg", "jpeg", "gif", "webp", "tif", "tiff", "xlsx", "ods", "docx", "odt",
    "parquet", "gpkg",
})  # fmt: skip
"""What always begins with a signature that is no text's."""
_BINARY = ("image/", "audio/", "video/", "font/")
_BINARY_KINDS = frozenset({
    "application/pdf", "application/zip", "application/gzip", "application/x-7z-compressed", "application/x-rar",
    "application/vnd.ms-excel", "application/msword", "application/vnd.sqlite3", "application/x-sqlite3",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.text",
})  # fmt: skip

PICTURE_HEAD = 1024 * 1024
"""Bytes of a picture that are looked at: a photograph's size stands behind what the camera wrote of it."""
POINTS = 40_000_000
"""Points of a picture at most: a few thousand bytes may say more than a reader's browser has memory for."""


def points(told: str) -> int | None:
    """How many points a picture has.

    Args:
        told: what libmagic says of it in words, as `PNG image data, 640 x 480, 8-bit/color RGB`.

    Returns:
        Width times height; None: it does not say.
    """
    jpeg = told.startswith("JPEG")
    found = re.search(r"precision \d+, (\d+)x(\d+)", told) if jpeg else re.search(r"\b(\d+) ?x ?(\d+)\b", told)
    return int(found[1]) * int(found[2]) if found else None


def lie(name: str, head: bytes, found: str) -> str:
    """What a file is, if it is not what its name says and that may harm whoever opens it.

    A table whose cells hold markup is a table: only a file that begins with a tag is a page.

    Args:
        name: of the file.
        head: its first bytes.
        found: the kind that libmagic gives them.

    Returns:
        The kind it really is; empty when nothing is wrong.
    """
    said = PurePosixPath(name).suffix.lstrip(".").lower()
    if found in PROGRAMS or head.startswith(b"\x7fELF"):
        return "application/x-executable" if found not in PROGRAMS else found
    if found in MARKUP and said not in _MARKUP_NAMES:
        begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
        return found if begins or said in _BINARY_NAMES else ""
    binary = found.startswith(_BINARY) or found in _BINARY_KINDS
    if binary and found not in MARKUP and said in _TEXT_NAMES:
        return found
    return ""
