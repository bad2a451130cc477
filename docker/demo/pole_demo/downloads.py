"""Files as a portal serves them: type, length, ETag, Last-Modified, one range."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timezone
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

from pole_demo.reply import Reply, Request

TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".geojson": "application/geo+json",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def content_type(name: str) -> str:
    """Give the media type of a file name."""
    return TYPES.get(Path(name).suffix.lower(), "application/octet-stream")


def download(request: Request, path: Path, modified: str, name: str | None = None) -> Reply:
    """Answer a request for a file.

    Args:
        request: the request, for its conditional and range headers.
        path: the file.
        modified: ISO time said in Last-Modified. It comes from the content and
            not from the disk, where a fresh clone has the time of the clone.
        name: file name shown to the reader; the path's by default.

    Returns:
        200 with the file, 206 with a part of it, 304 or 416.
    """
    content = path.read_bytes()
    moment = datetime.fromisoformat(modified).replace(tzinfo=timezone.utc, microsecond=0)
    headers = {
        "ETag": f'"{_digest(str(path), path.stat().st_mtime_ns)}"',
        "Last-Modified": format_datetime(moment, usegmt=True),
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="{name or path.name}"',
    }
    if _fresh(request, headers["ETag"], moment):
        return Reply(304, body=b"", content_type=content_type(path.name), headers=headers)
    kind = content_type(path.name)
    wanted = _RANGE.match(request.headers.get("range", ""))
    if not wanted:
        return Reply(200, body=content, content_type=kind, headers=headers)
    span = _span(wanted.group(1), wanted.group(2), len(content))
    if span is None:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return Reply(416, body=b"", content_type=kind, headers=headers)
    start, end = span
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return Reply(206, body=content[start : end + 1], content_type=kind, headers=headers)


def _fresh(request: Request, etag: str, modified: datetime) -> bool:
    """Tell whether the caller's copy is still good (RFC 9110: If-None-Match first)."""
    if "if-none-match" in request.headers:
        tags = [tag.strip() for tag in request.headers["if-none-match"].split(",")]
        return "*" in tags or etag in tags
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return modified <= since.replace(tzinfo=since.tzinfo or timezone.utc)


def _span(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Give the first and last byte of a range, or None when it holds nothing."""
    if first == "":
        if last in ("", "0"):
            return None
        return max(0, size - int(last)), size - 1
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    return (start, end) if start <= end else None


@lru_cache(maxsize=512)
def _digest(path: str, _changed: int) -> str:
    """Hash a file; the time of its last change is part of the cache's key."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:32]
