"""Clean the values that sources send: text without markup, numbers, coordinates, bilingual values."""

from __future__ import annotations

import html
import math
import re
import unicodedata

from .records import NO_TEXT, Text

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,400}>")
_BREAK = re.compile(r"<\s*(?:br|/p|/li|/div|/h\d)\b[^<>]{0,200}>", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\u00a0]+")
_BLANK_LINES = re.compile(r"\n{3,}")
# C0 and C1 controls except tab and newline, the marks that reverse the direction of writing, and halves of a
# character that JSON can spell and no file can hold.
_CONTROLS = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0x202A, 0x202F), 0xFEFF, *range(0xD800, 0xE000))
)
_ODD = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufeff\ud800-\udfff<&\\]|[ \t\u00a0]{2}|\u00a0|\t|\n{3}|\n[ \t]|[ \t]\n"
)


def clean(value: object) -> str:
    """Make plain text of a value: no markup, no control characters, tidy spaces.

    Args:
        value: text, number, boolean or None. Lists and objects give "" (they are no text).

    Returns:
        The text, "" if there is none.
    """
    if not value and value != 0:
        return ""
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, (dict, list, tuple)):
        return ""
    else:
        text = _plain_number(value)
    if (text.isascii() and text.isalnum()) or not _ODD.search(text):
        return text
    if "&" in text:
        # Some exports escape twice: &amp;lt;b&amp;gt;.
        text = html.unescape(html.unescape(text)) if "&amp;" in text else html.unescape(text)
    text = text.replace("\\r", "").replace("\\n", "\n") if "\\" in text else text
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n", text))
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
    text = _SPACES.sub(" ", text).replace("\n ", "\n").replace(" \n", "\n")
    return _BLANK_LINES.sub("\n\n", text).strip()


def _plain_number(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def text(value: object, language: str) -> Text:
    """Make a bilingual value with one language, empty if there is no text.

    A source that already sends `{"fr": …, "en": …}` keeps both.
    """
    if not value:
        return NO_TEXT
    if isinstance(value, dict):
        return {code: words for code in ("fr", "en") if (words := clean(value.get(code)))}
    words = clean(value)
    return {language: words} if words else NO_TEXT


def join_text(first: Text, second: Text) -> Text:
    """Fill the languages that `first` lacks from `second`."""
    if not second or first == second:
        return first
    return {**second, **first}


def append_text(first: Text, second: Text, separator: str = "\n") -> Text:
    """Put `second` after `first`, language by language, without saying the same twice."""
    if not first or not second:
        return first or second
    joined = dict(first)
    for language, words in second.items():
        before = joined.get(language, "")
        if words not in before:
            joined[language] = f"{before}{separator}{words}" if before else words
    return joined


def coordinates(latitude: object, longitude: object) -> tuple[float, float] | tuple[None, None]:
    """Read WGS 84 degrees; out of range, (0, 0), absent or unreadable gives (None, None)."""
    try:
        lat, lon = float(str(latitude).strip()), float(str(longitude).strip())
    except ValueError:
        return None, None
    if not (math.isfinite(lat) and math.isfinite(lon)) or abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        return None, None
    return lat, lon


def whole_number(value: object) -> str:
    """Read a whole number between 0 and 9999 (an age, a year) as text, "" if it is none."""
    words = clean(value)
    try:
        number = float(words)
    except ValueError:
        return ""
    return str(int(number)) if 0 <= number <= 9999 and number.is_integer() else ""


def fold(words: str) -> str:
    """Lower-case without accents, for comparison only."""
    if words.isascii():
        return words.lower().strip()
    decomposed = unicodedata.normalize("NFKD", words.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).strip()
