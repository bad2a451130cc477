"""A sealed record cannot slip out: not printed, not stored, not written; flags are read fail closed."""

from __future__ import annotations

import copy
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ckanext.pole.directory import tables
from ckanext.pole.directory.hsds_rows import Rows
from ckanext.pole.directory.identifiers import Ids
from ckanext.pole.directory.records import Address, Directory, Location
from ckanext.pole.directory.redacted import Redacted
from ckanext.pole.directory.sensitive import Flags, Raw, flag_rule
from ckanext.pole.directory.summary import summary

PACKAGE = Path(tables.__file__).parent
SECRET = "4567 rue des Lilas"
RAW = Raw(Location("l1", addresses=(Address(SECRET),)), Flags(addresses=(Address(SECRET),)))


def test_a_sealed_record_is_not_printed() -> None:
    assert repr(RAW) == "<Raw location 'l1'>" == str(RAW) == f"{RAW}"


@pytest.mark.parametrize("store", [pickle.dumps, copy.deepcopy, json.dumps])
def test_a_sealed_record_is_not_stored(store: object) -> None:
    with pytest.raises(TypeError):
        store(RAW)  # type: ignore[operator]


def test_a_sealed_record_shows_no_attribute_of_the_record() -> None:
    with pytest.raises(AttributeError):
        _ = RAW.addresses  # type: ignore[attr-defined]
    assert not hasattr(RAW, "__dict__")


@pytest.mark.parametrize("writer", [tables.tables, summary, lambda raw: Rows(raw, Ids("x"), "fr")])
@pytest.mark.parametrize("given", [RAW, [RAW], Directory(), None])
def test_a_writer_takes_nothing_but_a_redacted_directory(writer: object, given: object) -> None:
    with pytest.raises(TypeError):
        writer(given)  # type: ignore[operator]


def test_only_redaction_makes_a_redacted_directory() -> None:
    with pytest.raises(TypeError):
        Redacted(Directory(), frozenset(), frozenset(), key=object())


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("unseal", {"sensitive", "languages", "collect"}), ("certify", {"redacted", "redaction"})],
)
def test_the_keys_are_in_few_hands(name: str, allowed: set[str]) -> None:
    holders = {path.stem for path in PACKAGE.rglob("*.py") if re.search(rf"\b_?{name}\b", path.read_text("utf-8"))}
    assert holders == allowed


def test_the_core_runs_without_ckan_flask_or_sqlalchemy() -> None:
    core = ["airs", "build", "hsds_api", "hsds_tabular", "icarol", "languages", "scan"]
    script = (
        f"import sys; sys.path.insert(0, {str(PACKAGE.parents[2])!r})\n"
        + "".join(f"import ckanext.pole.directory.{name}\n" for name in core)
        + "print([name for name in ('ckan', 'flask', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("value", "required", "rule"),
    [
        ("false", True, ""),
        ("No", True, ""),
        (False, True, ""),
        (0, True, ""),
        ("true", True, "flag_private"),
        ("Yes", False, "flag_private"),
        ("1", False, "flag_private"),
        (None, True, "flag_absent"),
        ("  ", True, "flag_absent"),
        (None, False, ""),
        ("peut-être", True, "flag_unreadable"),
        ("peut-être", False, "flag_unreadable"),
    ],
)
def test_a_flag_is_read_fail_closed(value: object, required: bool, rule: str) -> None:
    assert flag_rule(value, required=required) == rule
