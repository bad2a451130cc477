"""Reading a body: never more than the cap, as sent or unpacked, and never a damaged one taken for whole."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

from urllib3 import exceptions as urllib3_errors
from urllib3.response import BaseHTTPResponse

from ckanext.pole.http.problems import BadBody, HttpProblem, TooLarge, TooSlow, Unreachable, WrongType

CHUNK = 65_536  # bytes: what is in memory of a streamed body, and the most that one step unpacks to


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn what urllib3, http.client and ssl raise into this slice's problems."""
    try:
        yield
    except HttpProblem:
        raise
    except (urllib3_errors.HTTPError, HTTPException, OSError, ValueError) as error:
        raise _translate(error, url) from error


def _translate(error: Exception, url: str) -> HttpProblem:
    """One problem for one cause; urllib3 wraps the cause that matters as the last argument."""
    cause = error.args[-1] if error.args and isinstance(error.args[-1], Exception) else error
    lost = (ssl.SSLEOFError, ssl.SSLZeroReturnError, RemoteDisconnected, ConnectionError)
    found: HttpProblem
    if any(isinstance(one, (urllib3_errors.TimeoutError, TimeoutError)) for one in (error, cause)):
        found = TooSlow("silent", url, retryable=True)
    elif isinstance(cause, (IncompleteRead, urllib3_errors.IncompleteRead)):
        found = BadBody("truncated", url, retryable=True)
    elif isinstance(cause, lost):
        found = Unreachable("connection_lost", url, retryable=True)
    elif isinstance(error, urllib3_errors.SSLError) or isinstance(cause, ssl.SSLError):
        found = Unreachable("tls_failed", url)
    elif isinstance(cause, OSError):
        found = Unreachable("connection_lost", url, retryable=True)
    else:
        found = Unreachable("not_http", url)
    found.detail = f"{type(cause).__name__}: {cause}"
    return found


class _Gunzip:
    """Unpacks gzip in bounded steps; knows whether the end was reached (urllib3's decoder does not say)."""

    def __init__(self) -> None:
        self._machine = zlib.decompressobj(wbits=31)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        while data:
            if self._machine.eof:
                data = data.lstrip(b"\0")  # padding between or after members
                if not data:
                    return
                self._machine = zlib.decompressobj(wbits=31)
            piece = self._machine.decompress(data, CHUNK)
            data = self._machine.unused_data if self._machine.eof else self._machine.unconsumed_tail
            if piece:
                yield piece
        while not self._machine.eof and (piece := self._machine.decompress(b"", CHUNK)):
            yield piece  # what the last step held back for lack of room

    def whole(self) -> bool:
        return self._machine.eof or not self._begun


def read_chunks(response: BaseHTTPResponse, url: str, limit: int) -> Iterator[bytes]:
    """Yield the body, unpacked, in pieces of at most `CHUNK` bytes.

    Args:
        response: an answer whose body was not read.
        url: for the messages.
        limit: most bytes, counted both as sent and unpacked.

    Raises:
        TooLarge: at once if announced, else as soon as the cap is passed.
        WrongType: compressed otherwise than by gzip, the only way that we ask for.
        BadBody, Unreachable, TooSlow, Interrupted: damaged, cut, slow, stopped.
    """
    too_large = TooLarge("too_large", url, limit=limit)
    announced = response.headers.get("Content-Length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        raise too_large
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise WrongType("encoding", url, given=packing[:40])
    gunzip = _Gunzip() if packing.endswith("gzip") else None
    sent = unpacked = 0
    while True:
        with translated(url):
            data = response.read1(CHUNK, decode_content=False)
        if not data:
            break
        sent += len(data)
        if sent > limit:
            raise too_large
        if gunzip is None:
            yield data
            continue
        try:
            for piece in gunzip.feed(data):
                unpacked += len(piece)
                if unpacked > limit:
                    raise too_large
                yield piece
        except zlib.error as error:
            raise BadBody("bad_gzip", url, retryable=True, detail=str(error)) from error
    if gunzip is not None and not gunzip.whole():
        raise BadBody("truncated", url, retryable=True, detail="gzip stream without its end")
