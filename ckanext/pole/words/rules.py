"""What a translation must respect: what it fills in, its HTML tags, and the French typography of Québec."""

from __future__ import annotations

import re
from collections import Counter

NBSP = "\u00a0"
_FILLED = re.compile(r"%\(\w+\)[#0\- +]?[\d.]*[a-zA-Z]|%[\d.]*[sdifr](?![a-zA-Z])|\{[^{}\s]*\}")
# A percent sign on its own breaks the filling in, unless the English has one too.
_LONE_PERCENT = re.compile(r"%(?!\(\w+\)|[\d.]*[sdifr](?![a-zA-Z]))")
_TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*)\b[^<>]*>")
# Not prose: tags with their attributes, code, addresses, what is filled in.
_NOT_PROSE = re.compile(r"<code>.*?</code>|<[^<>]*>|`[^`]*`|\w+://\S+|" + _FILLED.pattern, re.DOTALL)
_TYPOGRAPHY = {
    "a straight apostrophe, write ’": re.compile(r"\w'\w"),
    "straight quotes, write « »": re.compile(r'"'),
    "curly English quotes, write « »": re.compile(r"[“”]"),
    "« without a non-breaking space after it": re.compile(f"«(?!{NBSP})"),
    "» without a non-breaking space before it": re.compile(f"(?<!{NBSP})»"),
    "a colon without a non-breaking space before it": re.compile(f"(?<=[^\\d{NBSP}]):(?=\\s|$)"),
    "a space before ; ! or ?": re.compile(r"\s[;!?](?=\s|$)"),
    "three dots, write …": re.compile(r"\.\.\."),
    "a double space": re.compile(r"(?<=\S)[ \u00a0]{2,}(?=\S)"),
}


def filled_in(text: str) -> Counter[str]:
    """What a sentence gets filled in with (`{name}`, `%(x)s`, `%d`), each with its number of uses."""
    return Counter(_FILLED.findall(text.replace("%%", "")))


def tags(text: str) -> Counter[str]:
    """The HTML tags of a sentence by name (`a`, `/a`), each with its number of uses."""
    return Counter(name.lower() for name in _TAG.findall(text))


def typography(text: str) -> list[str]:
    """The faults of French typography in the prose of a sentence."""
    prose = _NOT_PROSE.sub("x", text)
    return [fault for fault, pattern in _TYPOGRAPHY.items() if pattern.search(prose)]


def complaints(said: str, plural: str | None, forms: list[str], language: str) -> list[str]:
    """What is wrong with a translation.

    Args:
        said: the sentence in English.
        plural: its plural in English, or None.
        forms: the translation, one string or one a plural form.
        language: `fr` or `en`; French typography is asked of French only.

    Returns:
        Short descriptions; empty when the translation is right. In French the first form also serves zero, so it
        fills in the same things as the English singular or plural, and the others the same as the plural.
    """
    faults = []
    for number, form in enumerate(forms):
        models = [plural] if plural and number else [said, plural or said]
        if all(filled_in(form) != filled_in(model) for model in models):
            faults.append("does not fill in the same things")
        if all(tags(form) != tags(model) for model in models):
            faults.append("does not have the same HTML tags")
        if _LONE_PERCENT.search(form.replace("%%", "")) and not _LONE_PERCENT.search(said.replace("%%", "")):
            faults.append("has a percent sign that the filling in would trip on")
        if form[:1].isspace() != said[:1].isspace() or form[-1:].isspace() != said[-1:].isspace():
            faults.append("does not begin or end with the same space")
        if language == "fr":
            faults += typography(form)
    return list(dict.fromkeys(faults))
