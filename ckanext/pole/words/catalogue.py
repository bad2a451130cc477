"""The gettext files of `i18n/`: how they are read and written, always the same for the same sentences."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

DOMAIN = "ckanext-pole"
LANGUAGES = ("fr", "en")
# CKAN's French has three plural forms and its rule is the one JavaScript uses for every catalogue, so ours has it too.
# The second form (round millions) repeats the third: another plugin's rule could serve it for an ordinary plural.
PLURALS = {
    "fr": "nplurals=3; plural=(n == 0 || n == 1) ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
    "en": "nplurals=2; plural=(n != 1);",
}
PLURAL_FORMS = {"fr": 3, "en": 2}
# A translator writes this comment above a sentence whose French is letter for letter its English (Image, API, URL).
SAME = "same in both languages"
HEADER = """\
# {title} of ckanext-pole.
# This file is distributed under the same licence as ckanext-pole (AGPL-3.0-or-later).
#
msgid ""
msgstr ""
"Project-Id-Version: ckanext-pole\\n"
{language}"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
Identity = tuple[str, str | None]


@dataclass
class Sentence:
    """A sentence to translate: its plural if it has one, and the files and packages that say it.

    `english` is what English pages say in its place, one or one a plural form; most often nothing else.
    """

    plural: str | None = None
    english: str | tuple[str, ...] = ""
    places: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)

    def add(self, package: str, place: str | None = None, plural: str | None = None) -> None:
        """Note one more use. A sentence used with and without a plural is kept with it."""
        self.plural = self.plural or plural
        self.packages.add(package)
        if place:
            self.places.add(place)


Sentences = dict[Identity, Sentence]


def identity(message: Message) -> Identity:
    """What distinguishes a message in a catalogue: its singular in English, and its context."""
    return (message.id if isinstance(message.id, str) else message.id[0]), message.context


def plural(message: Message) -> str | None:
    """The plural of a message in English, or None when it has none."""
    return None if isinstance(message.id, str) else message.id[1]


def forms(message: Message) -> list[str]:
    """The translations of a message: one, or one a plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def messages(catalog: Catalog) -> Iterator[Message]:
    """The messages of a catalogue without its header."""
    return (message for message in catalog if message.id)


def paths(root: Path) -> dict[str | None, Path]:
    """The catalogue file of each language in a checkout; under None, the template."""
    folder = root / "i18n"
    return {None: folder / f"{DOMAIN}.pot"} | {
        language: folder / language / "LC_MESSAGES" / f"{DOMAIN}.po" for language in LANGUAGES
    }


def read(path: Path) -> Catalog:
    """Read a .po or .pot file; an absent file is an empty catalogue."""
    if not path.exists():
        return Catalog()
    with path.open("rb") as source:
        return read_po(source)


def compiled(catalog: Catalog) -> bytes:
    """A catalogue as the .mo that pages read; a sentence not translated yet is left out, never served empty."""
    for message in list(messages(catalog)):
        if not all(forms(message)):
            catalog.delete(*identity(message))
    body = io.BytesIO()
    write_mo(body, catalog)
    return body.getvalue()


def _translation(language: str, said: str, sentence: Sentence, old: Message | None) -> str | tuple[str, ...]:
    """What a new catalogue keeps of the old one. English is its own translation; no guess is ever kept."""
    its_plural = sentence.plural
    if language == "en":
        return sentence.english or ((said, its_plural) if its_plural else said)
    kept = [] if old is None or old.fuzzy else forms(old)
    if its_plural:
        count = PLURAL_FORMS[language]
        return tuple(kept) if len(kept) == count else ("",) * count
    return kept[0] if len(kept) == 1 else ""


def write(found: Sentences, language: str | None = None, old: Catalog | None = None) -> bytes:
    """The text of a template (no language) or a catalogue: sorted, with no date and no line number.

    Args:
        found: the sentences it must hold.
        language: `fr`, `en`, or None for the template.
        old: the catalogue whose translations and translators' comments are kept.
    """
    catalog = Catalog(locale=language)
    if language:
        catalog.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", PLURALS[language])]
    for (said, context), sentence in found.items():
        before = old.get(said, context) if old is not None else None
        catalog.add(
            (said, sentence.plural) if sentence.plural else said,
            _translation(language, said, sentence, before) if language else None,
            locations=[(place, 0) for place in sorted(sentence.places)],
            auto_comments=sorted(sentence.packages),
            user_comments=before.user_comments if before else (),
            context=context,
        )
    lines = f'"Language: {language}\\n"\n"Plural-Forms: {PLURALS[language]}\\n"\n' if language else ""
    head = HEADER.format(title=f"Words ({language})" if language else "Words to translate", language=lines)
    body = io.BytesIO()
    write_po(body, catalog, width=120, omit_header=True, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return head.encode() + body.getvalue().rstrip(b"\n") + b"\n"
