"""Bringing closed data from where they are to the person, in pieces: from a partner's site, or from our own storage."""

from __future__ import annotations

import logging
import mimetypes
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import lru_cache
from itertools import chain
from typing import Any

import flask
from ckan import model
from ckan.lib import files, uploader
from ckan.lib.files.default import FsStorage
from werkzeug.wrappers import Response

from ckanext.pole import settings
from ckanext.pole.access import credentials
from ckanext.pole.http import GuardedClient, HttpProblem, Limits, TooSlow, user_agent

log = logging.getLogger(__name__)

#: What a person's program may ask of the source: parts of a file, and whether it is new.
_ASKED = ("Range", "If-Range", "If-None-Match", "If-Modified-Since")
#: What of the source's answer is about the file; all else is the source's own affair.
_TOLD = ("Content-Type", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")


@lru_cache(maxsize=4)
def _client(allow_private: tuple[str, ...], max_bytes: int, timeout: int, silence: int) -> GuardedClient:
    return GuardedClient(
        Limits(
            connect_timeout=min(10, silence), read_timeout=silence, total_timeout=timeout, max_stream_bytes=max_bytes,
            retries=1, per_host_interval=0, allow_private=allow_private, user_agent=user_agent(), secret=True,
        )
    )  # fmt: skip


def client() -> GuardedClient:
    """The client of the gateway, one a process: it keeps connections and forgets addresses."""
    return _client(tuple(settings.http_allow_private()), *settings.gateway_limits())


def remote(location: Mapping[str, str], asked: Mapping[str, str], *, body: bool) -> Response:
    """A file at a partner's site, as it comes.

    Args:
        location: `url` and `credential_ref`.
        asked: the person's request headers.
        body: whether the content is wanted too.

    Returns:
        200, 206, 304 or 416. Its first bytes have come; the rest flows.

    Raises:
        HttpProblem: the source refused, failed, is too slow, too large, or where we do not go.
    """
    headers = {name: asked[name] for name in _ASKED if name in asked}
    secret = credentials.header(location["credential_ref"], location["url"]) if location["credential_ref"] else ""
    if secret:
        headers["Authorization"] = secret
    stack = ExitStack()
    try:
        stream = stack.enter_context(client().stream(location["url"], headers=headers, allow_status=(416,)))
        told = {name: stream.headers[name] for name in _TOLD if name in stream.headers}
        content: Any = ()
        if body and stream.status not in (304, 416):
            pieces = iter(stream)
            first = next(pieces, b"")
            content = _flow(chain((first,), pieces), stack)
            if stream.length is not None:
                told["Content-Length"] = str(stream.length)
        elif not body and stream.length is not None:
            told["Content-Length"] = str(stream.length)
        response = flask.Response(content, status=stream.status, headers=told)
    except BaseException:
        stack.close()
        raise
    response.call_on_close(stack.close)
    return response


def _flow(pieces: Iterator[bytes], stack: ExitStack) -> Iterator[bytes]:
    """The rest of a body. When it breaks off, so does ours: the person's program sees that it is not whole."""
    with stack:
        try:
            yield from pieces
        except HttpProblem as problem:
            log.warning("A closed file broke off on its way: %s", problem.code)
            raise


def stored(resource: model.Resource) -> Response | None:
    """An uploaded file, by CKAN's own storage; None when it is not there."""
    details = {"id": resource.id, "url": resource.url, "url_type": resource.url_type}
    upload = uploader.get_resource_uploader(details)
    place = upload.get_path(resource.id)
    storage: Any = getattr(upload, "storage", None)
    mimetype = resource.mimetype or mimetypes.guess_type(resource.url or "")[0] or "application/octet-stream"
    if storage is None or isinstance(storage, FsStorage):
        path = str(place) if storage is None else storage.full_path(files.Location(place))
        if not os.path.isfile(path):
            return None
        return flask.send_file(path, mimetype=mimetype, conditional=True, max_age=0)
    location = files.Location(place)
    try:
        data = files.FileData(location, size=storage.size(location), content_type=mimetype)
        pieces = storage.stream(data)
    except (files.exc.LocationError, files.exc.MissingFileError):
        return None
    return flask.Response(pieces, mimetype=mimetype, headers={"Content-Length": str(data.size)})


def armour(response: Response, resource: model.Resource) -> Response:
    """Headers that keep a file a file: it is saved, not shown; no page of ours runs what it holds; nobody keeps it."""
    response.headers["Content-Disposition"] = f'attachment; filename="{filename(resource)}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.remove("Set-Cookie")
    return response


def filename(resource: model.Resource) -> str:
    """A plain name: the uploaded file's, or the resource's with the ending of its address."""
    ending = os.path.splitext((resource.url or "").rpartition("/")[2])[1]
    name = (resource.url or "") if resource.url_type == "upload" else f"{resource.name or 'data'}{ending}"
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", _ascii(name)).strip("-.")
    return plain[-100:] or "data"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def status_of(problem: HttpProblem) -> int:
    """What to answer when the source is at fault: 504 for its slowness, 502 for all else."""
    return 504 if isinstance(problem, TooSlow) else 502
