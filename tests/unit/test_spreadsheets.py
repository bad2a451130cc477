"""A dump of a table holds no formula, and is else what it was."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.spreadsheets import guard_pieces, guarded

TEXTS = st.text(st.characters(exclude_characters="\r\0\ufeff", exclude_categories=("Cs",)), max_size=8)
CELLS = TEXTS | st.sampled_from(
    ["=1+1", "@x", "+cmd", "-2+3", "-5", "-1,5", "\t=x", 'a"b', "\n=x", "+1 514 555-0199"]
)


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


def test_a_table_without_a_formula_passes_untouched_and_a_mark_of_utf8_stays():
    plain = '\ufeffa,b\r\n1,-2.5\r\n"x, y",\r\n'
    assert list(guard_pieces([plain], ",")) == [plain]
    assert list(guard_pieces(["\ufeff=a,b\r\n"], ",")) == ["\ufeff'=a,b\r\n"]
