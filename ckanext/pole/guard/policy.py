"""The security headers of an answer: which there are, and what the page's own inline code adds to them.

Rules: Content Security Policy Level 3 (hashes and `unsafe-hashes`), OWASP Secure Headers. Nothing inline runs unless
its hash is given, and a hash is given only for code that stands as it is in a template's source: what appears in a page
through data has none. A hash and not a nonce, because public pages are cached, and a nonce that is kept is none.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

_ELEMENT = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\s(on[a-z]+|style)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_JINJA = re.compile(r"\{[{%#]")
#: A `<script>` that says another type than these is data to the browser, and to the policy.
_DATA = re.compile(
    r"""\btype\s*=\s*["']?\s*(?!text/javascript|application/javascript|module)[\w/+.-]+""", re.IGNORECASE
)
_SOURCE = re.compile(r"""\bsrc\s*=""", re.IGNORECASE)

PERMISSIONS = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone",
               "midi", "payment", "usb")  # fmt: skip
_NOTHING_OF_THE_DEVICE = ", ".join(f"{name}=()" for name in PERMISSIONS)
HSTS = "max-age=31536000; includeSubDomains"


@dataclass
class Inline:
    """Inline code by kind, as hashes.

    Attributes:
        scripts: of `<script>` elements.
        handlers: of `on…` attributes.
        sheets: of `<style>` elements.
        styles: of `style` attributes.
    """

    scripts: set[str] = field(default_factory=set)
    handlers: set[str] = field(default_factory=set)
    sheets: set[str] = field(default_factory=set)
    styles: set[str] = field(default_factory=set)

    def parts(self) -> tuple[set[str], ...]:
        """The four sets."""
        return self.scripts, self.handlers, self.sheets, self.styles

    def add(self, other: Inline) -> None:
        """Take in what another one holds."""
        for mine, theirs in zip(self.parts(), other.parts(), strict=True):
            mine.update(theirs)

    def known(self, trusted: Inline) -> Inline:
        """What of this is trusted."""
        return Inline(*(mine & theirs for mine, theirs in zip(self.parts(), trusted.parts(), strict=True)))


def digest(code: str) -> str:
    """A hash as the policy writes it: of the very text between the tags, or of the attribute's value."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def inline(markup: str, starts: str = "") -> Inline:
    """The inline code of a page, or of a template's source.

    Args:
        markup: HTML. Code that a template fills in (it holds `{{` or `{%`) is left out: its text is not known yet.
        starts: only elements whose text begins with this, and no attributes.
    """
    found = Inline()
    for tag, attributes, code in _ELEMENT.findall(markup):
        if _JINJA.search(code) or _SOURCE.search(attributes) or not code.strip().startswith(starts):
            continue
        if tag.lower() == "style":
            found.sheets.add(digest(code))
        elif not _DATA.search(attributes):
            found.scripts.add(digest(code))
    if not starts:
        for name, double, single in _ATTRIBUTE.findall(markup):
            code = double or single
            if code and not _JINJA.search(code):
                (found.styles if name.lower() == "style" else found.handlers).add(digest(unescape(code)))
    return found


def of_templates(folders: Iterable[str | Path]) -> Inline:
    """The inline code that stands in the sources of templates: written by programmers, so trusted like their files.

    Args:
        folders: that hold templates; one that is absent holds none.
    """
    found = Inline()
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.html")):
            found.add(inline(path.read_text("utf-8", "replace")))
    return found


def content_policy(
    found: Inline,
    frames: Iterable[str] = ("'self'",),
    more: Mapping[str, Iterable[str]] | None = None,
    *,
    style_attributes: bool = False,
) -> str:
    """The Content-Security-Policy of a page.

    Args:
        found: the inline code that this page may run.
        frames: who may show the page in a frame.
        more: directive → sources that the operator adds (a tile server, a counter of visits).
        style_attributes: any `style` attribute counts: for a page whose library writes them, and only there.
    """
    hashes = ["'unsafe-hashes'"] if found.handlers else []
    styles = ["'unsafe-hashes'"] if found.styles else []
    rules: dict[str, list[str]] = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *sorted(found.scripts), *hashes, *sorted(found.handlers)],
        "style-src": ["'self'", *sorted(found.sheets), *styles, *sorted(found.styles)],
        "img-src": ["'self'", "data:", "https:"],  # a partner's logo, a picture in a description
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "media-src": ["'self'"],
        "frame-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'self'"],
        "object-src": ["'none'"],
        "frame-ancestors": list(frames),
    }
    if style_attributes:
        rules["style-src-attr"] = ["'unsafe-inline'"]
    for name, sources in (more or {}).items():
        rules[name] = [one for one in rules.get(name, []) if one != "'none'"] + list(sources)
    return "; ".join(" ".join([name, *sources]) for name, sources in rules.items())


def more_sources(settings: Iterable[str]) -> dict[str, list[str]]:
    """Sources that an operator adds.

    Args:
        settings: words, each `directive=source`.

    Raises:
        ValueError: a word that is none, or that would open the door to all inline code.
    """
    found: dict[str, list[str]] = {}
    for word in settings:
        name, _, source = word.partition("=")
        if not re.fullmatch(r"[a-z]+-src|form-action", name) or not re.fullmatch(r"[^\s;,']+", source) or source == "*":
            raise ValueError(word)
        found.setdefault(name, []).append(source)
    return found


#: Of an answer that is not a page: nothing in it runs, whatever a browser takes it for.
DATA_POLICY = "default-src 'none'; frame-ancestors 'self'"

#: Kinds of files that a browser would run as a page of ours.
ACTIVE = frozenset({
    "text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "application/mathml+xml",
    "text/javascript", "application/javascript", "application/x-shockwave-flash", "text/xsl", "multipart/related",
})  # fmt: skip


def is_active(kind: str) -> bool:
    """Whether a browser would run a file of this kind; of an XML that it does not know nobody can say what it does."""
    return kind in ACTIVE or kind.endswith("+xml")


def is_script(kind: str) -> bool:
    """Whether a page would run a file of this kind that it names as its script."""
    return kind.endswith(("javascript", "ecmascript", "jscript", "livescript"))


def common(*, secure: bool, secret_address: bool = False) -> dict[str, str]:
    """The headers of every answer.

    Args:
        secure: the visitor came by https.
        secret_address: the page's address carries a key (reset of a password), which no other site may learn.
    """
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer" if secret_address else "strict-origin-when-cross-origin",
        "Permissions-Policy": _NOTHING_OF_THE_DEVICE,
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if secure:
        headers["Strict-Transport-Security"] = HSTS
    return headers
