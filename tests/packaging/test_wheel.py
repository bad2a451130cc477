"""A wheel gives the same plugin as the checkout: every door, schema, word and file is in it."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LOAD = r"""
import gettext, json, sys
from importlib.metadata import distribution
from importlib.resources import files

import ckanext.pole
root = sys.argv[1]
assert all(str(path).startswith(root) for path in ckanext.pole.__path__), list(ckanext.pole.__path__)

found = {}
dist = distribution("ckanext-pole")
doors = [point for point in dist.entry_points if point.group == "ckan.plugins"]
for door in doors:
    found[door.name] = door.load().__name__

import yaml
schemas = {}
for path in files("ckanext.pole.schemas").iterdir():
    if path.name.endswith(".yaml"):
        schemas[path.name] = len(yaml.safe_load(path.read_text("utf-8")))
words = {}
for lang in ("fr", "en"):
    name = files("ckanext.pole.i18n") / lang / "LC_MESSAGES" / "ckanext-pole.mo"
    with name.open("rb") as stream:
        words[lang] = len(gettext.GNUTranslations(stream)._catalog)
from ckanext.pole.search import configset
from pathlib import Path
digest = configset.write(Path(sys.argv[2]))
from ckanext.pole.bilingual import thesaurus, vocabularies
codes = {name: len(vocabularies.load(name)) for name in vocabularies.NAMES}
held = sorted(
    str(path.relative_to(Path(ckanext.pole.__path__[0])))
    for path in Path(ckanext.pole.__path__[0]).rglob("*") if path.is_file() and "__pycache__" not in path.parts
)
print(json.dumps({"plugins": found, "schemas": schemas, "words": words, "digest": digest, "codes": codes,
                  "concepts": len(thesaurus.concepts()), "files": held}))
"""


def run(*command: str | Path, **more) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _lend(packages: Path, site: Path) -> None:
    """Put links to installed packages beside the wheel's, all in one folder, as one `pip install` would leave them.

    The folder `ckanext` is filled package by package: ours comes from the wheel, and whose `ckanext/__init__.py` is
    there depends on which of ckanext-spatial and ckanext-xloader was unpacked last. An editable install of ours
    stays behind.
    """
    for entry in packages.iterdir():
        if entry.name == "ckanext" and (site / "ckanext").is_dir():
            _lend(entry, site / "ckanext")
        elif not (site / entry.name).exists() and "ckanext_pole" not in entry.name:
            (site / entry.name).symlink_to(entry)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What a wheel, built from the checkout and installed in a fresh environment, holds."""
    import json
    import shutil

    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # Build from a copy: a build leaves folders behind, and the checkout may be in use.
    listed = run("git", "-C", ROOT, "ls-files", "-co", "--exclude-standard").splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", folder, source)
    (wheel,) = folder.glob("ckanext_pole-*.whl")
    home = folder / "fresh"
    venv.create(home, with_pip=False)
    site = next((home / "lib").glob("python*/site-packages"))
    run(sys.executable, "-m", "pip", "--python", home / "bin" / "python", "install", "--no-deps", "-q", wheel)
    for folder_of_packages in (Path(path) for path in sys.path if path.endswith("site-packages")):
        _lend(folder_of_packages, site)
    text = run(home / "bin" / "python", "-c", LOAD, home, folder / "configset", cwd=folder)
    return json.loads(text.strip().splitlines()[-1])


def test_every_plugin_loads(installed):
    import re

    plugins = (ROOT / "setup.py").read_text("utf-8").partition('"ckan.plugins": [')[2].partition("]")[0]
    declared = re.findall(r'"(pole\w*) = ckanext\.pole', plugins)
    assert declared
    assert sorted(installed["plugins"]) == sorted(declared)


def test_schemas_words_and_vocabularies_are_in_it(installed):
    assert sorted(installed["schemas"]) == sorted(path.name for path in (ROOT / "schemas").glob("*.yaml"))
    assert min(installed["words"].values()) > 100
    assert installed["codes"]["places"] > 34
    assert installed["concepts"] >= 300
    assert len(installed["digest"]) == 64


def test_templates_files_and_migrations_are_in_it(installed):
    """Whatever the checkout has under ckanext/pole, the wheel has."""
    listed = run("git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "ckanext/pole").splitlines()
    wanted = {name.removeprefix("ckanext/pole/") for name in listed if (ROOT / name).is_file()}
    assert wanted - set(installed["files"]) == set()
