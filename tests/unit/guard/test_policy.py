"""What a page's policy of contents lets run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.guard import policy

TEMPLATE = """<html><head><script>start()</script><style>p { color: red }</style></head>
<button onclick="go(&quot;on&quot;)" style='top: 0'>x</button>"""


def test_code_of_a_template_runs_where_it_is_used() -> None:
    known = policy.inline(TEMPLATE).known(policy.inline(TEMPLATE))
    said = policy.content_policy(known)
    assert policy.digest("start()") in said
    assert policy.digest('go("on")') in said, "a browser hashes what the attribute says, not how it is written"
    assert policy.digest("top: 0") in said
    assert "'unsafe-inline'" not in said
    assert "'unsafe-eval'" not in said


@pytest.mark.parametrize(
    "injected",
    [
        "<script>steal()</script>",
        "<SCRIPT\n>start() </SCRIPT>",
        '<img src=x onerror="steal()">',
        "<p style='background: red'>",
        "<style>p { color: red } </style>",
        '<a href="javascript:start()">',
    ],
)
def test_what_only_data_brought_into_the_page_does_not_run(injected: str) -> None:
    known = policy.inline(injected).known(policy.inline(TEMPLATE))
    assert not any(known.parts())


@given(st.text())
def test_no_text_in_a_page_gives_itself_a_hash(text: str) -> None:
    known = policy.inline(f"<script>{text} </script>").known(policy.inline(TEMPLATE))
    assert not any(known.parts())


def test_code_that_a_template_fills_in_is_not_trusted_by_its_source() -> None:
    assert not any(policy.inline("<script>var x = {{ value }}</script><b onclick='{% if x %}y(){% endif %}'>").parts())


def test_a_block_that_says_how_its_code_begins_opens_for_that_code_alone() -> None:
    block = "<script>const data = [1]</script><script>steal()</script><b onclick='steal()'>"
    found = policy.inline(block, "const data = ")
    assert found.scripts == {policy.digest("const data = [1]")}
    assert not found.handlers


def test_data_in_a_script_element_needs_no_hash() -> None:
    assert not policy.inline('<script type="application/ld+json">{"a": 1}</script><script src="x.js"></script>').scripts
    assert policy.inline("<script type=text/javascript>a()</script>").scripts


def test_templates_are_read_from_their_folders(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "page.html").write_text("<script>start()</script>", "utf-8")
    found = policy.of_templates([tmp_path, tmp_path / "absent"])
    assert found.scripts == {policy.digest("start()")}


def test_an_operator_adds_places_and_never_inline_code() -> None:
    more = policy.more_sources(["img-src=https://tiles.example.org", "connect-src=https://a.example.org"])
    said = policy.content_policy(policy.Inline(), more=more)
    assert "img-src 'self' data: https: https://tiles.example.org;" in said
    assert "connect-src 'self' https://a.example.org;" in said


@pytest.mark.parametrize(
    "word", ["script-src='unsafe-inline'", "script-src=*", "img-src", "script-src=a;b", "frame-ancestors=x", "=x", ""]
)
def test_a_source_that_opens_everything_is_refused(word: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        policy.more_sources([word])
    assert str(refused.value) == word


def test_https_alone_promises_https() -> None:
    assert "Strict-Transport-Security" not in policy.common(secure=False)
    assert "max-age=31536000" in policy.common(secure=True)["Strict-Transport-Security"]


def test_an_address_with_a_key_is_told_to_nobody() -> None:
    assert policy.common(secure=True, secret_address=True)["Referrer-Policy"] == "no-referrer"
