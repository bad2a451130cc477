"""What the documentation says is so: it is complete, its examples run, its links lead somewhere."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ckan.plugins import PluginImplementations
from ckan.plugins.interfaces import IActions
from ckan.tests import factories, helpers

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = re.findall(r"```http\nPOST (\S+)\n(.*?)\n```", (DOCS / "en" / "developers.md").read_text("utf-8"), re.S)


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("pole_reference", DOCS / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_committed_is_what_the_code_says(reference):
    stale = [name for name, text in reference.pages().items() if (DOCS / name).read_text("utf-8") != text]
    assert not stale, "run: python docs/reference.py"


def test_every_action_of_ours_is_documented(reference, with_plugins):
    ours = {
        name for plugin in PluginImplementations(IActions) for name in plugin.get_actions() if name.startswith("pole_")
    }
    documented = reference.documented_actions()
    assert ours - documented.keys() == set()
    assert [name for name in ours if len(documented[name][1]) < 10] == []


def test_every_setting_says_what_it_is_for_and_is_read_somewhere(reference):
    root = DOCS.parent
    declared = yaml.safe_load((root / "config" / "declaration.yaml").read_text("utf-8"))
    options = [option for group in declared["groups"] for option in group["options"]]
    assert [option["key"] for option in options if len(option.get("description", "")) < 20] == []
    sources = "".join(path.read_text("utf-8") for path in (root / "ckanext").rglob("*.py"))
    # Some are read by the last word of their name, the rest of it being shared.
    assert [
        one["key"]
        for one in options
        if one["key"] not in sources and f'"{one["key"].rpartition(".")[2]}"' not in sources
    ] == []


def test_every_command_says_what_it_does_in_both_languages(reference):
    from ckanext.pole import cli

    silent = [path for path, command in reference.walk(cli.pole, "pole") if " · " not in (command.help or "")]
    assert not silent


def test_every_guide_has_its_twin_and_every_link_leads_somewhere():
    twins = {"public": "public", "partenaires": "partners", "exploitants": "operators", "echelle": "scaling"}
    for french, english in twins.items():
        one, other = (
            (DOCS / "fr" / f"{french}.md").read_text("utf-8"),
            (DOCS / "en" / f"{english}.md").read_text("utf-8"),
        )
        assert len(re.findall("^#+ ", one, re.M)) == len(re.findall("^#+ ", other, re.M)), french
        assert re.findall("```sh", one) == re.findall("```sh", other)
    for page in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_site_of_the_documentation_builds_without_a_warning(tmp_path):
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(words, cwd=DOCS.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fr" / "public" / "index.html").exists()


@pytest.fixture
def portal(with_plugins, clean_db, clean_index):
    """What the examples speak of; gives the headers of someone who may publish."""
    admin = factories.SysadminWithToken()
    owner = factories.Organization(name="conseil", title_translated={"fr": "Conseil"})
    helpers.call_action(
        "package_create", context={"user": admin["name"]}, name="banques-alimentaires", owner_org=owner["id"],
        title_translated={"fr": "Banques alimentaires"}, notes_translated={"fr": "Où trouver de l’aide."},
        themes=["alimentation"],
    )  # fmt: skip
    return {"Authorization": admin["token"]}


def test_the_examples_run(portal, app):
    assert len(EXAMPLES) >= 8
    for path, body in EXAMPLES:
        answer = app.post(path, json=json.loads(body), headers=portal)
        assert answer.status_code == 200, answer.body
        assert answer.json["success"]
        if path.endswith("package_search"):
            assert "banques-alimentaires" in answer.body, body
