"""What goes between the HTTP loop and the two APIs: a request and a reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """One HTTP request, already read.

    Args:
        method: GET, HEAD, POST or DELETE.
        path: path without the query string, percent-decoded.
        query: the query string as it came.
        headers: header names in lower case.
        body: the request's body.
        base: scheme, host and port as the caller wrote them, without a final slash.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = ""

    def params(self) -> dict[str, Any]:
        """Give the parameters of the query string, then those of a JSON or form body.

        Returns:
            One value a name: a list when the name was repeated.

        Raises:
            ValueError: the body is neither a JSON object nor a form.
        """
        found: dict[str, Any] = _flat(self.query)
        if self.method == "POST" and self.body:
            form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
            # Many clients send JSON under a form's type; CKAN reads it all the same.
            if form and not self.body.lstrip().startswith(b"{"):
                found.update(_flat(self.body.decode("utf-8")))
            else:
                data = json.loads(self.body)
                if not isinstance(data, dict):
                    raise ValueError("Request data JSON decoded is not a dictionary")
                found.update(data)
        return found


@dataclass
class Reply:
    """One HTTP answer: data, bytes, or a file (with ranges).

    Faults change `data` before it is written, so an API gives data, not text. `encode` writes the data where that is
    not JSON.
    """

    status: int = 200
    data: Any = None
    body: bytes | None = None
    path: Path | None = None
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    encode: Callable[[Any], bytes] | None = None

    def content(self) -> bytes:
        """Give the whole body as bytes."""
        if self.path is not None:
            return self.path.read_bytes()
        if self.body is not None:
            return self.body
        if self.encode is not None:
            return self.encode(self.data)
        return json.dumps(self.data, ensure_ascii=False).encode("utf-8")


def html(title: str, inner: str, status: int = 200, lang: str = "fr") -> Reply:
    """Make a small HTML page; `title` and `inner` are already escaped."""
    text = (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f"<title>{title}</title></head>\n<body><main><h1>{title}</h1>\n{inner}\n</main></body></html>\n"
    )
    return Reply(status, body=text.encode("utf-8"), content_type="text/html; charset=utf-8")


def _flat(text: str) -> dict[str, Any]:
    """Parse a query string; a name given twice gives a list."""
    return {name: values[0] if len(values) == 1 else values for name, values in parse_qs(text, True).items()}
