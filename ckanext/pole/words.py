"""Every word of the portal in French and in English: gathers the sentences and checks their translations.

CKAN's French catalogue has holes and most extensions have no French at all. Our own catalogue, gettext domain
`ckanext-pole`, holds the sentences of this extension and those of the installed packages that CKAN's French lacks.

    python -m ckanext.pole.words extract   rewrites the template (.pot) and both catalogues (.po), keeping translations
    python -m ckanext.pole.words check     lists what is missing or wrong; exit code 1 when there is something

Two lists that no parser can find live in `i18n/upstream.json`: `spoken`, sentences that a package passes to gettext
through a variable, and `corrected`, sentences whose French in CKAN is wrong, so that ours replaces it.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from ckanext.pole.words_rules import complaints

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "ckanext-pole"
LANGUAGES = ("fr", "en")
# CKAN's French has three plural forms and its rule is the one JavaScript uses for every catalogue, so ours has it too.
# The second form (round millions) repeats the third: another plugin's rule could serve it for an ordinary plural.
PLURALS = {
    "fr": "nplurals=3; plural=(n == 0 || n == 1) ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
    "en": "nplurals=2; plural=(n != 1);",
}
KEYWORDS = {**DEFAULT_KEYWORDS, "translate": None, "isPlural": None}
# A translator writes this comment above a sentence whose French is letter for letter its English (Image, API, URL).
SAME = "same in both languages"
PACKAGES = {
    "ckan": "ckan",
    "ckanext-harvest": "ckanext.harvest",
    "ckanext-scheming": "ckanext.scheming",
    "ckanext-spatial": "ckanext.spatial",
    "ckanext-dcat": "ckanext.dcat",
    "ckanext-xloader": "ckanext.xloader",
}
# The plugins that CKAN's own wheel brings beside its core.
BUNDLED = (
    "activity audioview datapusher datastore datatablesview expire_api_token imageview multilingual "
    "resourceproxy stats tabledesigner textview tracking videoview webpageview"
).split()
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
    """A sentence to translate: its plural if it has one, and the files and packages that say it."""

    plural: str | None = None
    places: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)

    def add(self, plural: str | None, place: str | None, package: str) -> None:
        """Note one more use. A sentence used with and without a plural is kept with it."""
        self.plural = self.plural or plural
        self.packages.add(package)
        if place:
            self.places.add(place)


Sentences = dict[Identity, Sentence]


def identity(message: Message) -> Identity:
    """What distinguishes a message in a catalogue: its singular in English, and its context."""
    return (message.id if isinstance(message.id, str) else message.id[0]), message.context


def forms(message: Message) -> list[str]:
    """The translations of a message: one, or one a plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def read(path: Path) -> Catalog:
    """Read a .po or .pot file; an absent file is an empty catalogue."""
    if not path.exists():
        return Catalog()
    with path.open("rb") as source:
        return read_po(source)


def messages(catalog: Catalog) -> Iterator[Message]:
    """The messages of a catalogue without its header."""
    return (message for message in catalog if message.id)


def _folder(module: str) -> Path:
    """Where an installed package lies, without importing it; LookupError when it is not installed."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"{module} is not installed: its sentences cannot be gathered")
    return Path(next(iter(spec.submodule_search_locations)))


def _gather(found: Sentences, folder: Path, package: str, prefix: str, root: Path) -> None:
    """Add the sentences of all sources under `folder`; places are written `prefix`/relative path."""
    with (root / "babel.cfg").open() as source, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        methods, options = parse_mapping_cfg(source)
    for filename, _line, said, _comments, context in extract_from_dir(folder, methods, options, KEYWORDS):
        plural = None
        if not isinstance(said, str):
            said, plural = said[0], said[1] if len(said) > 1 else None
        if said and said.strip():
            found.setdefault((said, context), Sentence()).add(plural, f"{prefix}/{Path(filename).as_posix()}", package)


def own_sentences(root: Path = ROOT) -> Sentences:
    """The sentences of this extension, from its Python, templates and JavaScript."""
    found: Sentences = {}
    _gather(found, root / "ckanext" / "pole", DOMAIN, "ckanext/pole", root)
    return found


def upstream_sentences(root: Path = ROOT) -> Sentences:
    """The sentences of the installed packages, whether or not CKAN has French for them.

    Raises:
        LookupError: one of the packages is not installed.
    """
    found: Sentences = {}
    for package, module in PACKAGES.items():
        _gather(found, _folder(module), package, module.replace(".", "/"), root)
    for name in BUNDLED:
        _gather(found, _folder(f"ckanext.{name}"), "ckan", f"ckanext/{name}", root)
    # CKAN's own template of sentences, for those its sources say in a way the extractors do not see.
    for message in messages(read(_folder("ckan") / "i18n" / "ckan.pot")):
        said, context = identity(message)
        plural = message.id[1] if message.pluralizable else None
        found.setdefault((said, context), Sentence()).add(plural, None, "ckan")
    for package, sentences in _listed(root)["spoken"].items():
        for said in sentences:
            found.setdefault((said, None), Sentence()).add(None, None, package)
    return found


def _listed(root: Path) -> dict[str, Any]:
    """The two hand-kept lists of `i18n/upstream.json`."""
    return json.loads((root / "i18n" / "upstream.json").read_text("utf-8"))


def french_of_ckan() -> set[Identity]:
    """The sentences that CKAN's own French catalogue really says in French: whole, not fuzzy, not left in English."""
    return {
        identity(message)
        for message in messages(read(_folder("ckan") / "i18n" / "fr" / "LC_MESSAGES" / "ckan.po"))
        if not message.fuzzy and all(forms(message)) and identity(message)[0] not in forms(message)
    }


def gather(root: Path = ROOT) -> Sentences:
    """Everything our catalogue has to say: our own sentences, and upstream's that CKAN's French lacks."""
    covered = french_of_ckan() - {(said, None) for said in _listed(root)["corrected"]}
    found = {key: sentence for key, sentence in upstream_sentences(root).items() if key not in covered}
    for key, sentence in own_sentences(root).items():
        known = found.setdefault(key, Sentence())
        known.plural = known.plural or sentence.plural
        known.places |= sentence.places
        known.packages |= sentence.packages
    return found


def _count(language: str, message: Message) -> int:
    """How many forms a translation of this message has."""
    return int(PLURALS[language].split("=")[1].split(";")[0]) if message.pluralizable else 1


def _translation(language: str, said: str, plural: str | None, old: Message | None) -> str | tuple[str, ...]:
    """What a new catalogue keeps of the old one. English is its own translation; no guess is ever kept."""
    count = int(PLURALS[language].split("=")[1].split(";")[0])
    if language == "en":
        return (said, plural) if plural else said
    kept = [] if old is None or old.fuzzy else forms(old)
    if plural:
        return tuple(kept) if len(kept) == count else ("",) * count
    return kept[0] if len(kept) == 1 else ""


def build(found: Sentences, language: str | None = None, old: Catalog | None = None) -> bytes:
    """Write a template (no language) or a catalogue as a .po file: sorted, with no date and no line number.

    Args:
        found: the sentences it must hold.
        language: `fr`, `en`, or None for the template.
        old: the catalogue whose translations and translator comments are kept.
    """
    catalog = Catalog(locale=language)
    if language:
        catalog.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", PLURALS[language])]
    for (said, context), sentence in found.items():
        before = old.get(said, context) if old is not None else None
        catalog.add(
            (said, sentence.plural) if sentence.plural else said,
            _translation(language, said, sentence.plural, before) if language else None,
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


def paths(root: Path = ROOT) -> dict[str | None, Path]:
    """The catalogue file of each language; under None, the template."""
    folder = root / "i18n"
    return {None: folder / f"{DOMAIN}.pot"} | {
        language: folder / language / "LC_MESSAGES" / f"{DOMAIN}.po" for language in LANGUAGES
    }


def extract(root: Path = ROOT) -> dict[Path, bool]:
    """Rewrite the template and the catalogues; says for each file whether it changed."""
    found, changed = gather(root), {}
    for language, path in paths(root).items():
        text = build(found, language, read(path))
        changed[path] = not path.exists() or path.read_bytes() != text
        if changed[path]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    return changed


def _check_catalogue(language: str, path: Path, found: Sentences) -> Iterator[str]:
    """What is wrong in one catalogue, one line a fault."""
    held = {identity(message): message for message in messages(read(path))}
    yield from (f"{language}: not in the catalogue, run extract: {key[0]!r}" for key in found.keys() - held.keys())
    yield from (f"{language}: nothing says this any more, run extract: {key[0]!r}" for key in held.keys() - found.keys())
    for (said, _context), message in held.items():
        if message.fuzzy:
            yield f"{language}: fuzzy: {said!r}"
        elif len(forms(message)) != _count(language, message) or not all(forms(message)):
            yield f"{language}: not translated: {said!r}"
        else:
            plural = message.id[1] if message.pluralizable else None
            for fault in complaints(said, plural, forms(message), language):
                yield f"{language}: {fault}: {said!r}"
            if language == "fr" and said in forms(message) and SAME not in message.user_comments:
                yield f"{language}: still in English (say «# {SAME}» above it if that is right): {said!r}"


def check(root: Path = ROOT) -> list[str]:
    """Everything wrong in the template and the catalogues, sorted; an empty list when all is well."""
    found = gather(root)
    faults = []
    for language, path in paths(root).items():
        if language:
            faults += _check_catalogue(language, path, found)
        if not path.exists() or path.read_bytes() != build(found, language, read(path)):
            faults.append(f"{language or 'template'}: out of date, run extract")
    return sorted(faults)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code, 1 when `check` finds a fault."""
    parser = argparse.ArgumentParser(prog="python -m ckanext.pole.words", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("extract", "check"))
    if parser.parse_args(arguments).command == "extract":
        for path, changed in extract().items():
            print(f"{path.relative_to(ROOT)}: {'rewritten' if changed else 'unchanged'}")
        return 0
    faults = check()
    print("\n".join(faults) or "Every sentence is said in French and in English.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
