"""Reading addresses: which are acceptable, where a redirect leads, and how one is shown without its secrets.

One parser (urllib3's) both judges an address and connects to it, so the two cannot disagree on what the host is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

MAX_LENGTH = 8192  # characters; longer addresses are refused by most servers too
PORTS = {"http": 80, "https": 443}

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SECRET = re.compile(
    r"key(?!word)|token|secret|passw|pwd|signature|credential|authorization|session|jwt|otp|^(sig|auth|sas|code|hmac|pass)$",
    re.IGNORECASE,
)
_PAIR = re.compile(r"([?&;#]|^)([^=&;#?]*)=([^&;#]*)")


class BadUrl(ValueError):
    """An address that is not acceptable; the text is a code of `problems.MESSAGES`."""


def read_url(url: str) -> Url:
    """Parse an address and keep only what can be asked for.

    Args:
        url: absolute address; accents and spaces in path and query are encoded, the fragment is dropped.

    Returns:
        The normalised address: ASCII, lower-case host, never empty.

    Raises:
        BadUrl: `bad_url`, `scheme` or `credentials`.
    """
    url = url.strip()
    if not url or len(url) > MAX_LENGTH or _CONTROL.search(url):
        raise BadUrl("bad_url")
    try:
        parsed = parse_url(url)
        if parsed.auth is not None:
            raise BadUrl("credentials")
        if parsed.scheme is not None and parsed.scheme not in PORTS:
            raise BadUrl("scheme")
        host = (parsed.host or "").rstrip(".")
        if parsed.scheme is None or not host or parsed.port == 0 or ".." in host or not host.isascii():
            raise BadUrl("bad_url")
    except (LocationParseError, UnicodeError):
        raise BadUrl("bad_url") from None  # the parser's own words would repeat a password
    return parsed._replace(fragment=None, path=parsed.path or "/")


def with_params(url: str, params: Mapping[str, Any] | None) -> str:
    """Add query parameters to an address that may have some already; a list gives one parameter a value."""
    if not params:
        return url
    base, hash_mark, fragment = url.partition("#")
    query = urlencode({name: value for name, value in params.items() if value is not None}, doseq=True)
    glue = "" if not query or base.endswith(("?", "&")) else "&" if "?" in base else "?"
    return f"{base}{glue}{query}{hash_mark}{fragment}"


def origin(url: Url) -> tuple[str, str, int]:
    """Scheme, host and port: what credentials belong to."""
    scheme = url.scheme or ""
    return scheme, (url.host or "").rstrip("."), url.port or PORTS[scheme]


def same_owner(old: Url, new: Url) -> bool:
    """Whether credentials given for `old` may go to `new`: same origin, or its own upgrade from http to https."""
    if origin(old) == origin(new):
        return True
    upgrade = origin(old)[::2] == ("http", 80) and origin(new)[::2] == ("https", 443)
    return upgrade and origin(old)[1] == origin(new)[1]


def redirect_target(current: Url, location: str) -> Url:
    """Where a `Location` header leads.

    Args:
        current: the address that answered.
        location: the header as http.client gives it (Latin-1; servers really send UTF-8).

    Raises:
        BadUrl: as `read_url`, and `downgrade` from https to http.
    """
    with suppress(UnicodeError):  # else it is really Latin-1, or not even that: parsed as it is
        location = location.encode("latin-1").decode("utf-8")
    try:
        absolute = urljoin(current.url, location.strip())
    except ValueError:
        raise BadUrl("bad_url") from None
    target = read_url(absolute)
    if current.scheme == "https" and target.scheme == "http":
        raise BadUrl("downgrade")
    return target


def mask_query(text: str) -> str:
    """Replace by `***` the values whose names sound secret, in any text with `name=value` pairs."""
    return _PAIR.sub(lambda m: f"{m[1]}{m[2]}=***" if _SECRET.search(m[2]) else m[0], text)


def mask_url(url: str) -> str:
    """An address fit for logs, reports and pages: no user, no password, no key, one line, not endless."""
    url = _CONTROL.sub("", str(url))
    try:
        parts = urlsplit(url)
    except ValueError:
        return "***"
    host = parts.netloc.rpartition("@")[2]
    if "@" in parts.path and not parts.netloc:
        return "***"  # `user:pass@host` typed without a scheme
    shown = parts._replace(netloc=host, query=mask_query(parts.query), fragment="").geturl()
    return shown if len(shown) <= 500 else f"{shown[:499]}…"


def host_of(url: str) -> str:
    """The host of an address as `read_url` gives it; empty when unreadable."""
    try:
        return read_url(url).host or ""
    except BadUrl:
        return ""
