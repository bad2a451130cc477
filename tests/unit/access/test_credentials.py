"""A credential goes where the operator said, and nowhere else."""

from __future__ import annotations

import pytest

from ckanext.pole.access.credentials import fits, header

WORLD = {
    "POLE_CREDENTIAL_A": "https://a.example/data/ Bearer s3cret",
    "POLE_CREDENTIAL_EMPTY": "",
    "POLE_CREDENTIAL_ALONE": "https://a.example/",
}


def test_it_is_sent_under_its_address():
    assert header("A", "https://a.example/data/f.csv", WORLD) == "Bearer s3cret"


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/data/f.csv", "https://a.example.evil/data/f.csv", "https://b.example/data/f.csv",
        "https://a.example:8443/data/f.csv", "https://a.example/database/f.csv", "https://a.example/data/../admin",
        "https://a.example/data/%2e%2E/admin", "https://a.example@evil.example/data/x", "http://[::1/data/", "",
    ],
)  # fmt: skip
def test_it_is_sent_nowhere_else(url):
    assert header("A", url, WORLD) == ""


@pytest.mark.parametrize("name", ["", "B", "EMPTY", "ALONE", "a", "../A", "A\n"])
def test_no_name_gives_more_than_what_the_operator_put_there(name):
    assert not fits(name, "https://a.example/data/f.csv", WORLD)
