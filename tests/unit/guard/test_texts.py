"""Texts that no database takes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Request

from ckanext.pole.guard import texts

VALUES = st.recursive(
    st.text() | st.integers() | st.none(), lambda part: st.lists(part) | st.dictionaries(st.text(), part)
)


@given(VALUES)
def test_what_is_found_is_what_postgresql_could_not_store(value: object) -> None:
    def storable(one: object) -> bool:
        if isinstance(one, str):
            return "\0" not in one and one == one.encode("utf-8", "replace").decode("utf-8")
        if isinstance(one, dict):
            return all(storable(part) for pair in one.items() for part in pair)
        return all(storable(part) for part in one) if isinstance(one, list) else True

    assert texts.bad_json(value) is not storable(value)


@given(VALUES)
def test_no_body_that_holds_one_escapes_the_first_look(value: object) -> None:
    if texts.bad_json(value):
        assert texts.suspect(json.dumps(value).encode())


PIECES = st.sampled_from(
    ["%00", "%2500", "\0", "%ED%A0%80", "%ed%b3%bf", "%C3%A9", "%FF", "%", "0", "a", "=", "&", "+", ";"]
)


@given(st.lists(PIECES).map("".join))
def test_the_address_as_it_was_sent_tells_what_is_read_from_it(query: str) -> None:
    read = Request({"QUERY_STRING": query, "REQUEST_METHOD": "GET"}).args
    assert texts.bad_address("/", query.encode()) is texts.bad(part for pair in read.items(multi=True) for part in pair)


@pytest.mark.parametrize("path", ["/dataset/a\0b", "/\ud800"])
def test_a_path_is_looked_at_too(path: str) -> None:
    assert texts.bad_address(path, b"")
    assert not texts.bad_address("/été", "q=été".encode())


@pytest.mark.parametrize("word", ["Été à l’île", "😀", "", "a\tb\n"])
def test_what_people_write_passes(word: str) -> None:
    assert not texts.bad([word])
    assert not texts.bad_json(json.loads(json.dumps({word: [word]})))


def test_depth_is_no_weapon() -> None:
    value: object = "\0"
    for _ in range(50_000):
        value = [value]
    assert texts.bad_json(value)
