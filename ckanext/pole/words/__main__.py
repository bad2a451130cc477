"""The command that keeps the catalogues whole.

python -m ckanext.pole.words extract   rewrites the template (.pot) and both catalogues (.po), keeping translations
python -m ckanext.pole.words check     lists what is missing or wrong; exit code 1 when there is something
python -m ckanext.pole.words compile   makes the files that pages read (.mo) in a checkout, as an installation does
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from ckanext.pole.words.catalogue import (
    LANGUAGES,
    PLURAL_FORMS,
    SAME,
    Sentences,
    compiled,
    forms,
    identity,
    messages,
    paths,
    plural,
    read,
    write,
)
from ckanext.pole.words.rules import complaints
from ckanext.pole.words.sources import gather

ROOT = Path(__file__).resolve().parents[3]


def extract(root: Path = ROOT) -> dict[Path, bool]:
    """Rewrite the template and the catalogues; says for each file whether it changed."""
    found, changed = gather(root), {}
    for language, path in paths(root).items():
        text = write(found, language, read(path))
        changed[path] = not path.exists() or path.read_bytes() != text
        if changed[path]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    return changed


def _faults(language: str, path: Path, found: Sentences) -> Iterator[str]:
    """What is wrong in one catalogue, one line a fault."""
    held = {identity(message): message for message in messages(read(path))}
    yield from (f"{language}: not in the catalogue, run extract: {said!r}" for said, _ in found.keys() - held.keys())
    yield from (f"{language}: not said any more, run extract: {said!r}" for said, _ in held.keys() - found.keys())
    for (said, _), message in held.items():
        translated = forms(message)
        if message.fuzzy:
            yield f"{language}: fuzzy: {said!r}"
        elif not all(translated) or len(translated) != (PLURAL_FORMS[language] if message.pluralizable else 1):
            yield f"{language}: not translated: {said!r}"
        else:
            for fault in complaints(said, plural(message), translated, language):
                yield f"{language}: {fault}: {said!r}"
            if language == "fr" and said in translated and SAME not in message.user_comments:
                yield f"{language}: still in English (write «# {SAME}» above it if that is right): {said!r}"


def check(root: Path = ROOT) -> list[str]:
    """Everything wrong in the template and the catalogues, sorted; an empty list when all is well."""
    found, faults = gather(root), []
    for language, path in paths(root).items():
        if language:
            faults += _faults(language, path, found)
        if not path.exists() or path.read_bytes() != write(found, language, read(path)):
            faults.append(f"{language or 'template'}: out of date, run extract")
    return sorted(faults)


def compile_all(root: Path = ROOT) -> None:
    """Write the .mo beside each .po; git ignores them."""
    for language in LANGUAGES:
        path = paths(root)[language]
        path.with_suffix(".mo").write_bytes(compiled(read(path)))


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code, 1 when `check` finds a fault."""
    parser = argparse.ArgumentParser(
        prog="python -m ckanext.pole.words",
        description="Gathers the sentences of the portal and checks their French and English.",
    )
    parser.add_argument("command", choices=("extract", "check", "compile"))
    command = parser.parse_args(arguments).command
    if not (ROOT / "babel.cfg").exists():
        parser.error("this works in a checkout of ckanext-pole, not in an installed copy")
    if command == "extract":
        for path, changed in extract().items():
            print(f"{path.relative_to(ROOT)}: {'rewritten' if changed else 'unchanged'}")
        return 0
    if command == "compile":
        compile_all()
        return 0
    faults = check()
    print("\n".join(faults) or "Every sentence is said in French and in English.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
