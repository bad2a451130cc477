"""Addresses as typed: what is refused, what is repaired, what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.http import GuardedClient, HttpProblem, Limits, Refused, mask_url
from ckanext.pole.http.problems import MESSAGES
from ckanext.pole.http.urls import BadUrl, read_url, redirect_target, same_owner, with_params


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "bad_url"),
        ("   ", "bad_url"),
        ("donnees.example/x", "bad_url"),
        ("//donnees.example/x", "bad_url"),
        ("http:///x", "bad_url"),
        ("http:donnees.example", "bad_url"),
        ("http://./", "bad_url"),
        ("http://a..example/", "bad_url"),
        ("http://a.example:0/", "bad_url"),
        ("http://a.example:99999/", "bad_url"),
        ("http://a b.example/", "bad_url"),
        ("http://a.example/\r\nX: y", "bad_url"),
        ("http://a\x00.example/", "bad_url"),
        ("http://①②⑦.0.0.1/", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http://a.example/" + "x" * 9000, "bad_url"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://a.example/x", "scheme"),
        ("gopher://a.example:70/_x", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("data:text/plain,x", "scheme"),
        ("jar:http://a.example!/", "scheme"),
        ("http://user:hunter2@a.example/", "credentials"),
        ("http://user@a.example/", "credentials"),
    ],
)
def test_an_unfit_address_is_refused_before_any_connection(url: str, code: str):
    def nobody(host: str, port: int):
        raise AssertionError(f"{host} was looked up")

    with GuardedClient(Limits(retries=0), resolver=nobody) as client, pytest.raises(Refused) as caught:
        client.get(url)
    assert caught.value.code == code
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.__cause__)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("HTTP://Donnees.Example", "http://donnees.example/"),
        (
            "https://a.example/jeux de données?q=été à#x",
            "https://a.example/jeux%20de%20donn%C3%A9es?q=%C3%A9t%C3%A9%20%C3%A0",
        ),
        ("https://québec.example/", "https://xn--qubec-csa.example/"),
        ("  http://a.example/x \n", "http://a.example/x"),
        ("http://a.example\\@127.0.0.1/x", "http://a.example/%5C@127.0.0.1/x"),
        ("http://a.example#@b.example/", "http://a.example/"),
    ],
)
def test_a_usable_address_is_repaired(url: str, read: str):
    assert read_url(url).url == read


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "http://a.example/", "http://["]))
def test_any_text_is_read_or_refused_never_a_crash(text: str, start: str):
    try:
        found = read_url(start + text)
    except BadUrl:
        return
    assert found.scheme in ("http", "https")
    assert found.host
    assert read_url(found.url) == found, "reading twice changes nothing"


@given(st.text(max_size=80))
def test_any_text_can_be_masked(text: str):
    assert "\n" not in mask_url(text)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x?key=abc&page=2", "https://a.example/x?key=***&page=2"),
        ("https://a.example/x?api_key=abc", "https://a.example/x?api_key=***"),
        ("https://a.example/x?ApiKey=abc;TOKEN=d", "https://a.example/x?ApiKey=***;TOKEN=***"),
        ("https://a.example/x?password=a%26b", "https://a.example/x?password=***"),
        ("https://a.example/x?X-Amz-Signature=abc&sig=x", "https://a.example/x?X-Amz-Signature=***&sig=***"),
        ("https://u:p@a.example/x", "https://a.example/x"),
        ("https://a.example/x?keyword=faim", "https://a.example/x?keyword=faim"),
        ("https://a.example/x#token=abc", "https://a.example/x"),
        ("user:pass@a.example", "***"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str):
    assert mask_url(url) == shown


def test_parameters_join_those_already_there():
    assert (
        with_params("http://a.example/x?a=1", {"fq": ["x", "é"], "none": None})
        == "http://a.example/x?a=1&fq=x&fq=%C3%A9"
    )
    assert with_params("http://a.example/x", {"rows": 100}) == "http://a.example/x?rows=100"
    assert with_params("http://a.example/x", {}) == "http://a.example/x"
    assert with_params("http://a.example/x#y", {"a": 1}) == "http://a.example/x?a=1#y"


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("file:///etc/passwd", "scheme"),
        ("gopher://127.0.0.1:70/_", "scheme"),
        ("http://u:p@b.example/", "credentials"),
        ("http://[bad", "bad_url"),
        ("http://a.example/", "downgrade"),
        ("//b.example:99999/", "bad_url"),
    ],
)
def test_a_redirect_is_read_as_strictly_as_an_address(location: str, code: str):
    with pytest.raises(BadUrl, match=code):
        redirect_target(read_url("https://a.example/x"), location)


def test_a_redirect_may_be_relative_and_hold_accents_as_servers_send_them():
    here = read_url("https://a.example/a/b?c")
    assert redirect_target(here, "../d").url == "https://a.example/d"
    assert redirect_target(here, "/é".encode().decode("latin-1")).url == "https://a.example/%C3%A9"
    assert redirect_target(here, "/\xe9").url == "https://a.example/%C3%A9"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("https://a.example/", "https://a.example:443/x", True),
        ("http://a.example/", "https://a.example/", True),
        ("http://a.example:8080/", "https://a.example/", False),
        ("https://a.example/", "https://a.example:444/", False),
        ("https://a.example/", "https://b.a.example/", False),
        ("https://a.example./", "https://a.example/", True),
    ],
)
def test_credentials_belong_to_one_origin(old: str, new: str, same: bool):
    assert same_owner(read_url(old), read_url(new)) is same


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_problem_speaks_both_languages(code: str):
    facts = {"limit": 3, "given": "a/b", "wanted": "c/d", "status": 418}
    problem = HttpProblem(code, "https://a.example/?key=s3cret", **facts)
    assert set(problem.message) == {"fr", "en"}
    assert problem.message["fr"] != problem.message["en"]
    assert "{" not in problem.message["fr"] + problem.message["en"]
    assert "s3cret" not in str(problem) + repr(problem) + problem.url
