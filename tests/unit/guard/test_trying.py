"""Who counts as one place, and under what name it is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.guard import trying


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("localhost, 10.0.0.1", "unknown"),
    ],
)
def test_a_place_is_an_address_or_the_network_of_a_household(address: str | None, place: str) -> None:
    assert trying.place(address) == place


@given(st.text())
def test_any_address_is_a_place(address: str) -> None:
    assert trying.place(address)


@given(st.lists(st.text(), min_size=1, max_size=3), st.text(min_size=1, max_size=10))
def test_a_name_is_the_same_for_the_same_words_and_another_under_another_secret(words: list[str], secret: str) -> None:
    name = trying.key(secret, *words)
    assert len(name) == 32
    assert name == trying.key(secret, *words)
    assert name != trying.key(secret + "x", *words)


def test_two_words_are_not_one() -> None:
    assert trying.key("s", "ab", "c") != trying.key("s", "a", "bc")


def test_waits_grow_to_an_hour_and_no_further() -> None:
    assert list(trying.WAITS) == sorted(trying.WAITS)
    assert trying.WAITS[0] == 60
    assert trying.WAITS[-1] == 3600
    assert trying.FREE_UNDER_ATTACK >= 1, "the owner's first try must never wait"
