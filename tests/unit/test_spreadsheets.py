"""A dump of a table holds no formula, and is else what it was."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.spreadsheets import guard_pieces, guarded

TEXTS = st.text(st.characters(exclude_characters="\r\0\ufeff", exclude_categories=("Cs",)), max_size=8)
CELLS = TEXTS | st.sampled_from([
    "=1+1", "@x", "+cmd", "-2+3", "-5", "-1,5", "\t=x", 'a"b', "\n=x", "+1 514 555-0199", "a;=b", "a;-2", "a\n- b",
    "＝1", "\nb",
])  # fmt: skip


def written(rows: list[list[str]], separator: str = ",") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("separator", [",", "\t"])
@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=5))
def test_every_formula_is_guarded_and_no_other_cell_changes(separator, rows):
    told = "".join(guard_pieces([written(rows, separator).encode()], separator))
    read = list(csv.reader(io.StringIO(told, newline=""), delimiter=separator))
    assert len(read) == len(rows)
    for before, after in zip(rows, read, strict=True):
        for cell, kept in zip(before, after, strict=True):
            assert kept == guarded(cell) or (kept == cell and cell.startswith(("-", "+")) and cell[1:2].isdigit())


@pytest.mark.parametrize(("cell", "kept"), [
    ("a;=cmd", "a;'=cmd"), ("a;@cmd", "a;'@cmd"), ("a;+cmd", "a;'+cmd"), ("a\n=cmd", "a\n'=cmd"),
    ("a\t-cmd", "a\t'-cmd"), ("＝1+1", "'＝1+1"), ("a;＝1", "a;'＝1"), ("\n=1", "'\n'=1"),
])  # fmt: skip
def test_what_begins_a_cell_where_cells_are_parted_otherwise_is_guarded_too(cell, kept):
    assert guarded(cell) == kept
    told = "".join(guard_pieces([written([["x", cell]])], ","))
    assert list(csv.reader(io.StringIO(told, newline=""))) == [["x", kept]]


@pytest.mark.parametrize(
    "cell", ["10;-3", "a; = b", "nord;sud", "Liste\n- un\n- deux", "a=b", "1;+5", "x@y.org;z@y.org"]
)
def test_what_could_be_no_formula_stays(cell):
    assert guarded(cell) == cell


def test_a_table_without_a_formula_passes_untouched_and_a_mark_of_utf8_stays():
    plain = '\ufeffa,b\r\n1,-2.5\r\n"x, y",\r\n'
    assert list(guard_pieces([plain], ",")) == [plain]
    assert list(guard_pieces(["\ufeff=a,b\r\n"], ",")) == ["\ufeff'=a,b\r\n"]
