"""Large documents record by record: the same as parsing them whole, or an error."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.harvest.adapters import json_stream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


class Dripping(io.StringIO):
    """A text that comes a few characters at a time, however much is asked for."""

    def read(self, size=-1):
        return super().read(min(size, 3) if size and size > 0 else 3)


@given(st.lists(VALUES, max_size=6), st.dictionaries(st.text(max_size=5).filter(lambda key: key != "dataset"), VALUES))
def test_a_document_reads_as_json_loads_reads_it(records, others):
    whole = json.dumps({**others, "dataset": records, "après": 1}, indent=1)
    assert list(json_stream.records(Dripping(whole), "dataset")) == records
    assert list(json_stream.records(Dripping(json.dumps(records)))) == records


@given(st.lists(VALUES, min_size=1, max_size=4), st.data())
def test_a_document_cut_anywhere_is_an_error(records, data):
    whole = json.dumps({"a": 1, "dataset": records})
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(json_stream.NotTheDocument):
        list(json_stream.records(io.StringIO(whole[:end]), "dataset"))


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", '{"dataset": {}}', '{"dataset": null}', '{"datasets": []}', '{"dataset": [1] "x"}',
     '{"dataset": [1 2]}', '{"dataset": []} suite', "<!DOCTYPE html>", '{"dataset": [,]}', '{1: [], "dataset": []}x'],
)  # fmt: skip
def test_another_document_is_an_error(text):
    with pytest.raises(json_stream.NotTheDocument):
        list(json_stream.records(io.StringIO(text), "dataset"))


def test_nesting_without_end_is_an_error():
    with pytest.raises(json_stream.NotTheDocument):
        list(json_stream.records(io.StringIO('{"dataset": [' + "[" * 100_000)))


def test_memory_does_not_grow_with_the_document(tmp_path):
    path = tmp_path / "data.json"
    record = json.dumps({"identifier": "x" * 1000, "title": "y" * 1000})
    with path.open("w") as file:
        file.write('{"dataset": [' + ",".join([record] * 5_000) + "]}")
    with path.open() as file:
        tracemalloc.start()
        count = sum(1 for _ in json_stream.records(file, "dataset"))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 5_000
    assert peak < 2_000_000, f"{peak} bytes for a document of {path.stat().st_size}"
