"""Where a redirect may lead, and what may go along."""

from __future__ import annotations

import pytest

from ckanext.pole.http import ClientFailed, Refused


def hop(reply, to: str, status: int = 302) -> bytes:
    return reply(b"", status=status, Location=to)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_the_last_address_is_told(serve, visitor, reply, status: int):
    site = serve(lambda asked, line: reply("[1]") if asked.target == "/fin" else hop(reply, "/fin", status))
    answer = visitor(site).get(f"{site.url}/debut")
    assert answer.json() == [1]
    assert answer.url == f"{site.url}/fin"


def test_a_redirect_loop_ends(serve, visitor, reply):
    site = serve(lambda asked, line: hop(reply, f"{asked.target}x"))
    with pytest.raises(Refused) as caught:
        visitor(site, max_redirects=3).get(f"{site.url}/")
    assert caught.value.code == "too_many_redirects"
    assert len(site.asked) == 4


@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]:1/",
        "http://0x7f.1:1/",
        "//127.1:1/",
    ],
)
def test_a_redirect_to_an_internal_address_is_refused(serve, visitor, reply, place: str):
    site = serve(hop(reply, place))
    with pytest.raises(Refused) as caught:
        visitor(site).get(f"{site.url}/x?token=s3cret")
    assert caught.value.code == "private_address"
    assert "169.254" not in str(caught.value), "what is inside is for the log, not for the public"
    assert "s3cret" not in str(caught.value)


def test_a_redirect_to_another_service_of_this_machine_never_connects(serve, visitor, reply):
    hidden = serve(reply("[]"))
    site = serve(hop(reply, hidden.url))
    with pytest.raises(Refused):
        visitor(site).get(site.url)
    assert hidden.connections == 0


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://a.example/", "jar:x"]
)
def test_a_redirect_to_another_scheme_is_refused(serve, visitor, reply, place: str):
    site = serve(hop(reply, place))
    with pytest.raises(Refused) as caught:
        visitor(site).get(site.url)
    assert caught.value.code == "scheme"


def test_credentials_stay_with_the_site_they_were_given_for(serve, visitor, reply):
    other = serve(lambda asked, line: reply("[]") if asked.target == "/fin" else hop(reply, f"{site.url}/retour"))
    site = serve(lambda asked, line: hop(reply, f"{other.url}/{'fin' if asked.target == '/retour' else 'milieu'}"))
    secrets = {"Authorization": "Bearer a", "X-API-Key": "b", "Cookie": "c", "Ocp-Apim-Subscription-Key": "d"}
    visitor(site, other).get(f"{site.url}/", headers={**secrets, "If-None-Match": '"e"'})
    first, middle, back, last = site.asked[0], other.asked[0], site.asked[1], other.asked[1]
    assert {name.lower() for name in secrets} <= set(first.headers)
    for later in (middle, back, last):
        assert not {name.lower() for name in secrets} & set(later.headers), "not even back home: another site sent us"
        assert later.headers["if-none-match"] == '"e"'
        assert "referer" not in later.headers


def test_credentials_follow_within_one_site(serve, visitor, reply):
    site = serve(lambda asked, line: reply("[]") if asked.target == "/fin" else hop(reply, "/fin"))
    visitor(site).get(f"{site.url}/", headers={"X-API-Key": "b"})
    assert site.asked[1].headers["x-api-key"] == "b"


@pytest.mark.parametrize(("status", "followed"), [(301, False), (302, False), (303, False), (307, True), (308, True)])
def test_a_post_is_sent_again_only_when_the_site_says_the_same_method(
    serve, visitor, reply, status: int, followed: bool
):
    site = serve(lambda asked, line: reply(asked.body) if asked.target == "/fin" else hop(reply, "/fin", status))
    client = visitor(site)
    if followed:
        assert client.post_json(f"{site.url}/", {"é": 1}) == {"é": 1}
        return
    with pytest.raises(Refused) as caught:
        client.post_json(f"{site.url}/", {"é": 1})
    assert caught.value.code == "redirected_post"
    assert len(site.asked) == 1


def test_a_post_is_not_carried_to_another_site(serve, visitor, reply):
    other = serve(reply("[]"))
    site = serve(hop(reply, other.url, 307))
    with pytest.raises(Refused):
        visitor(site, other).post_json(site.url, {})
    assert other.connections == 0


def test_a_redirect_without_a_place_is_an_error_of_the_site(serve, visitor, reply):
    site = serve(reply(b"", status=302))
    with pytest.raises(ClientFailed):
        visitor(site).get(site.url)


def test_the_body_of_a_redirect_is_not_read(serve, visitor, reply):
    def handler(asked, line):
        if asked.target == "/fin":
            return reply("[2]")
        line.send(b"HTTP/1.1 302 Found\r\nLocation: /fin\r\n\r\n")
        while not line.site.closing.is_set():
            line.send(b"x" * 65536)
        return None

    site = serve(handler)
    assert visitor(site).get_json(f"{site.url}/") == [2]
