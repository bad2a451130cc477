"""What a body is: its media type, whether it is a page or a refusal in disguise, its text, its JSON."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from email.message import Message
from typing import Any

from ckanext.pole.http.problems import BadBody, WrongType

# What JSON comes as. Portals also send it as plain text, script or a bare file; the parser has the last word.
JSON = (
    "application/json",
    "+json",
    "text/json",
    "text/plain",
    "text/javascript",
    "application/javascript",
    "application/octet-stream",
    "binary/octet-stream",
)
XML = ("application/xml", "+xml", "text/xml", "text/plain", "application/octet-stream", "binary/octet-stream")

_PAGE = (b"<!doctype html", b"<html")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_TINY = 300  # bytes: a refusal is short, a data file that begins with the same letters is not


def media_type(header: str) -> tuple[str, str]:
    """Media type and charset of a `Content-Type` header, both lower-case, each empty when absent."""
    message = Message()
    message["Content-Type"] = header
    return header.partition(";")[0].strip().lower(), str(message.get_content_charset() or "")


def accept_header(accept: Sequence[str]) -> str:
    """The `Accept` header for a list as `check_type` takes it: the first is preferred."""
    named = [kind for kind in accept if "/" in kind]
    if not named:
        return "*/*"
    return ", ".join([named[0]] + [f"{kind};q=0.5" for kind in named[1:]])


def takes(accept: Sequence[str], kind: str) -> bool:
    """Whether a media type is among `accept`: `text/csv`, `text/*`, or a suffix such as `+json`."""
    return any(
        kind == wanted
        or (wanted.startswith("+") and kind.endswith(wanted))
        or (wanted.endswith("/*") and kind.startswith(wanted[:-1]))
        for wanted in accept
    )


def check_type(header: str, accept: Sequence[str], url: str) -> None:
    """Compare the announced type with what was asked for. An answer without a type passes: its content is looked at.

    Raises:
        WrongType: `html` for a web page, `wrong_type` for the rest.
    """
    kind = media_type(header)[0]
    if not accept or not kind or takes(accept, kind):
        return
    if kind in ("text/html", "application/xhtml+xml"):
        raise WrongType("html", url)
    raise WrongType("wrong_type", url, given=kind[:80], wanted=accept[0])


def is_refusal(start: bytes) -> bool:
    """Whether a body is the few words with which Montréal's portal turns away a User-Agent."""
    return len(start) < _TINY and start.lstrip().startswith(b"RBAC")


def check_start(start: bytes, accept: Sequence[str], url: str) -> None:
    """Look at the first bytes, whatever type was announced.

    Raises:
        WrongType: `portal_refusal`, or `html` where `accept` (if not empty) does not name web pages.
    """
    if is_refusal(start):
        raise WrongType("portal_refusal", url)
    is_page = start[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(_PAGE)
    if is_page and accept and not takes(accept, "text/html"):
        raise WrongType("html", url)


def read_text(body: bytes, charset: str, url: str) -> str:
    """Decode a text strictly: by its byte order mark, else as UTF-8, else as announced.

    UTF-8 goes before the announcement because a Latin-1 label on UTF-8 text is common, and text in another
    encoding almost never happens to be valid UTF-8.

    Raises:
        BadBody: `bad_charset`.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            charset = name
            break
    else:
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    try:
        text = body.decode(codecs.lookup(charset).name)
        if isinstance(text, str):
            return text
    except (LookupError, UnicodeError, ValueError, TypeError):
        pass
    raise BadBody("bad_charset", url, detail=f"announced: {charset[:40] or 'nothing'}")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def read_json(body: bytes, charset: str, url: str) -> Any:
    """Parse JSON strictly: no NaN or Infinity, no endless nesting.

    Raises:
        BadBody: `bad_json` or `bad_charset`.
    """
    text = read_text(body, charset, url)
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadBody("bad_json", url, detail=str(error)[:200]) from None
