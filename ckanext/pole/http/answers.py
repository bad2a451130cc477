"""What a call gives back: an answer in memory, a stream, or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from urllib3.response import BaseHTTPResponse

from ckanext.pole.http.bodies import read_chunks
from ckanext.pole.http.budget import Budget
from ckanext.pole.http.contents import media_type, read_json, read_text


@dataclass(frozen=True)
class Answer:
    """A whole answer, in memory.

    Attributes:
        url: the last address, after redirects, with its query (mask it before showing).
        status: 2xx; 304 if the request was conditional; or one that the caller allowed.
        headers: names compare without case.
        body: unpacked bytes.
    """

    url: str = field(repr=False)  # may hold a key, and a repr ends in a log
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """Media type, lower-case, without parameters; empty when absent."""
        return media_type(self.headers.get("Content-Type") or "")[0]

    def text(self) -> str:
        """The body as text (`BadBody` if it is in none of the plausible encodings)."""
        return read_text(self.body, media_type(self.headers.get("Content-Type") or "")[1], self.url)

    def json(self) -> Any:
        """The body as JSON (`BadBody` if it is not)."""
        return read_json(self.body, media_type(self.headers.get("Content-Type") or "")[1], self.url)


@dataclass(frozen=True)
class Download:
    """A file that was written whole.

    Attributes:
        path: where it is.
        size: bytes.
        sha256: of its content, in hexadecimal.
        content_type: media type, lower-case, without parameters; empty when absent.
        url: the last address, after redirects.
        headers: names compare without case.
    """

    path: Path
    size: int
    sha256: str
    content_type: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class Stream:
    """An answer whose body is still on its way. Iterate once; leaving the `with` block frees the connection.

    Attributes:
        url: the last address, after redirects.
        status: as in `Answer`, also 206 when a range was asked for.
        headers: names compare without case.
        response: urllib3's, for this slice only.
        limit: most bytes that iteration gives before it raises `TooLarge`.
    """

    def __init__(self, response: BaseHTTPResponse, url: str, limit: int, budget: Budget) -> None:
        self.response = response
        self._budget = budget
        self._done = False
        self.url = url
        self.limit = limit
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    @property
    def content_type(self) -> str:
        """Media type, lower-case, without parameters; empty when absent."""
        return media_type(self.headers.get("Content-Type") or "")[0]

    @property
    def length(self) -> int | None:
        """Bytes to come as announced, or None (unknown, or packed on the way)."""
        text = self.headers.get("Content-Length") or ""
        packed = (self.headers.get("Content-Encoding") or "identity").lower() != "identity"
        return int(text[:20]) if text.isascii() and text.isdigit() and not packed else None

    def __iter__(self) -> Iterator[bytes]:
        for chunk in read_chunks(self.response, self._budget.url, self.limit):
            self._budget.remaining()
            yield chunk
        self._done = True

    def close(self) -> None:
        """Give the connection back if it is clean, else drop it: a rest is never read for politeness."""
        if self._done:
            self.response.release_conn()
        else:
            self.response.close()
