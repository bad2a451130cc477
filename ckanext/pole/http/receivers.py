"""What becomes of an answer: a body in memory, or a file that appears whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from ckanext.pole.http.answers import Answer, Download, Stream
from ckanext.pole.http.contents import check_start
from ckanext.pole.http.exchange import Call

_HEAD = 512  # bytes looked at before a file is believed to be one


def to_memory(stream: Stream, call: Call) -> Answer:
    """Read the body whole and look at how it begins."""
    body = b"".join(stream)
    if 200 <= stream.status < 300:
        check_start(body, call.accept, call.url)
    return Answer(stream.url, stream.status, stream.headers, body)


def to_file(stream: Stream, call: Call, path: Path) -> Download:
    """Write the body beside `path` under another name, then rename: whoever looks sees the old file or the new."""
    digest, size, head, looked = hashlib.sha256(), 0, b"", False
    accept = call.accept or ("application/octet-stream",)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in stream:
                if not looked:
                    head = (head + chunk)[:_HEAD]
                    looked = len(head) >= _HEAD
                    if looked:
                        check_start(head, accept, call.url)
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            if not looked:
                check_start(head, accept, call.url)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    return Download(path, size, digest.hexdigest(), stream.content_type, stream.url, stream.headers)
