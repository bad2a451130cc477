"""How the crawl reads a page: what a person reads or hears, and which words only the other language uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import yaml
from babel.messages.pofile import read_po
from jinja2 import Environment, TemplateSyntaxError
from lxml import etree, html

ROOT = Path(__file__).resolve().parents[2]
SITE = "Pôle d'analyse en données sociales"
WORD = re.compile(r"[^\W\d_]{4,}")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
FILLED = re.compile(r"%\(\w+\)\w|\{[^{}]*\}|<[^<>]*>|https?://\S+|`[^`]*`")
SPOKEN = ("alt", "title", "aria-label", "placeholder", "data-module-content", "aria-description", "data-content")
#: Not prose: what a machine reads or is quoted, and the raw texts of two records beside each other.
MUTE = (
    "script", "style", "code", "pre", "template", "noscript", "svg", "datalist", "table[contains(@class, 'diff')]",
    "*[@translate='no']", "*[contains(@class, 'input-group-text')]",
)  # fmt: skip
#: Names, and words that are right in both languages although one catalogue alone happens to use them.
NAMES = {
    "administratives", "agglomération", "aide", "airs", "alike", "alimentaire", "america", "arcgis",
    "attribution", "canada", "centraide", "ckan", "colspacer", "commercial", "commons", "creative", "curl",
    "data", "database", "datastore", "datatables", "dcat", "dedication", "demandes", "derivatives",
    "documentation", "domain", "etalab", "exemple", "free", "garden", "gardens", "geojson", "gnu", "government",
    "harvest", "hsds", "html", "http", "https", "icarol", "jardin", "jardins", "javascript", "json", "licence",
    "license", "limites", "lots", "mail", "markdown", "montréal", "next", "noncommercial", "numeric", "ocap",
    "odbl", "open", "opendatasoft", "original", "parcs", "powershell", "programme", "public", "python",
    "québec", "share", "socrata", "test", "text", "timestamp", "toronto", "utc", "zero", "zoé",
}  # fmt: skip


class Net(NullTranslations):
    """Hangs behind the catalogues and catches the sentences that none of them translates.

    What is French already, or stands in both languages elsewhere, may pass through gettext once more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.caught: set[str] = set()
        self.known = _settled()

    def gettext(self, message: str) -> str:
        if message not in self.known and re.search(r"[^\W\d_]{2}", message):
            self.caught.add(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.caught.add(msgid1)
        return msgid1 if n == 1 else msgid2


def foreign_words() -> dict[str, set[str]]:
    """Language of a page → the words that only the other language uses.

    They come from the catalogues, from our pages and vocabularies, and from what CKAN's and its extensions' templates
    say in English without asking a catalogue.
    """
    import ckan

    english: set[str] = set()
    french: set[str] = set()
    for path in _catalogues():
        for said, translated in _catalogue(path):
            english |= _words(said)
            french |= _words(text for text in translated if text not in said)
    for lang, words in (("en", english), ("fr", french)):
        for path in (ROOT / "ckanext" / "pole" / "templates" / "pole" / "pages" / lang).glob("*.html"):
            words.update(_words([re.sub(r"\{[{%#].*?[#%}]\}", " ", path.read_text("utf-8"))]))
        for path in (*ROOT.glob("schemas/*.yaml"), *ROOT.glob("config/vocabularies/*.yaml")):
            words.update(_words(_said_in(yaml.safe_load(path.read_text("utf-8")), lang)))
    english |= _words(_literals(Path(ckan.__file__).parent))
    return {"fr": english - french - NAMES, "en": french - english - NAMES}


def faults(document: str, lang: str, foreign: set[str]) -> dict[str, list[str]]:
    """The texts of a page, feed or letter that hold foreign words, each with these words."""
    found = {}
    for text in (said.replace(SITE, "") for said in _prose(document, lang)):
        if (words := _words([text]) & foreign) and not SLUG.fullmatch(text.strip()):
            found[" ".join(text.split())[:100]] = sorted(words)
    return found


def _prose(document: str, lang: str) -> Iterator[str]:
    """What a person reads or hears, without what is marked as being in another language."""
    if document.startswith("<?xml"):
        feed = etree.fromstring(document.encode())
        yield from (str(text) for text in feed.xpath("//text()[normalize-space()]"))
        return
    if "<" not in document:
        yield from document.splitlines()
        return
    page = html.document_fromstring(document)
    marked = f"//body//*[@lang and @lang != '{lang}']"
    for silent in page.xpath(" | ".join([*(f"//{name}" for name in MUTE), marked])):
        if silent.getparent() is not None:
            silent.drop_tree()
    yield from (str(text) for text in page.xpath("//text()[normalize-space()]"))
    for name in SPOKEN:
        yield from (str(text) for text in page.xpath(f"//@{name}"))
    yield from (str(text) for text in page.xpath("//input[@type='submit' or @type='button']/@value"))
    yield from (str(text) for text in page.xpath("//meta[@name='description']/@content"))


def _settled() -> set[str]:
    """Translations, the texts of schemas and vocabularies, and CKAN's names of the licences, which ours replace."""
    known = {text for path in _catalogues() for _said, translated in _catalogue(path) for text in translated}
    for path in (*ROOT.glob("schemas/*.yaml"), *ROOT.glob("config/vocabularies/*.yaml")):
        content = yaml.safe_load(path.read_text("utf-8"))
        known.update(text for name in ("fr", "form_placeholder") for text in _said_in(content, name))
    known.update(licence["title"] for licence in json.loads((ROOT / "config" / "licences.json").read_text("utf-8")))
    return known


def _catalogues() -> tuple[Path, Path]:
    import ckan

    ckans = Path(ckan.__file__).parent / "i18n" / "fr" / "LC_MESSAGES" / "ckan.po"
    return ckans, ROOT / "i18n" / "fr" / "LC_MESSAGES" / "ckanext-pole.po"


def _literals(ckan: Path) -> Iterator[str]:
    """The English that stands in the templates of CKAN and its extensions outside of gettext."""
    jinja = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True)
    for path in (*ckan.glob("templates/**/*.html"), *ckan.parent.glob("ckanext/*/templates/**/*.html")):
        if "development" in path.parts:
            continue
        try:
            found = [text for _line, kind, text in jinja.lex(path.read_text("utf-8")) if kind == "data"]
        except TemplateSyntaxError:
            continue
        yield from _prose(f"<html><body>{'{}'.join(found)}</body></html>", "en")


def _words(texts: Any) -> set[str]:
    return {word.casefold() for text in texts for word in WORD.findall(FILLED.sub(" ", text))}


def _said_in(value: Any, lang: str) -> Iterator[str]:
    """The texts of a YAML file in one language."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        if key == lang and isinstance(part, str):
            yield part
        else:
            yield from _said_in(part, lang)


def _catalogue(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    with path.open("rb") as source:
        for message in read_po(source):
            if message.id:
                said = [*message.id] if isinstance(message.id, tuple | list) else [message.id]
                strings = [*message.string] if isinstance(message.string, tuple | list) else [message.string]
                yield said, [text for text in strings if text]
