"""The outermost door, around small applications of the test's own."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext, suppress

import pytest

from ckanext.pole.guard import policy
from ckanext.pole.watch.gate import Gate
from ckanext.pole.watch.services import Health

WELL = [Health("postgresql", True, 0.001), Health("solr", True, 0.002)]
AWAY = [Health("postgresql", True, 0.001), Health("solr", False, 3.0, "TimeoutError")]


def inside(status="200 OK", body=b"inside"):
    def app(environ, start):
        start(status, [("Content-Type", "text/plain")])
        return [body]

    return app


def ask(gate, path="/", **environ):
    told = {}

    def start(status, headers, exc_info=None):
        told.update(status=status, headers=dict(headers))

    told["body"] = b"".join(gate({"PATH_INFO": path, **environ}, start))
    return told


def gate(app=None, state=WELL, **more):
    return Gate(app or inside(), {}, ask=lambda settings: state, **more)


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "404 Not Found", "409 Conflict"])
def test_an_answer_that_is_no_failure_passes_even_with_a_service_away(status):
    answer = ask(gate(inside(status), AWAY))
    assert (answer["status"], answer["body"]) == (status, b"inside")


def test_a_failure_with_every_service_well_stays_a_failure():
    assert ask(gate(inside("500 Internal Server Error"), WELL))["status"].startswith("500")


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"])
def test_what_was_said_on_purpose_is_not_rewritten(status):
    assert ask(gate(inside(status), AWAY))["body"] == b"inside"


def test_a_failure_with_a_service_away_is_a_503_in_both_languages_that_asks_to_come_back():
    answer = ask(gate(inside("500 Internal Server Error"), AWAY), "/en/dataset/")
    assert answer["status"] == "503 Service Unavailable"
    assert int(answer["headers"]["Retry-After"]) > 0
    assert answer["headers"]["Cache-Control"] == "no-store"
    page = answer["body"].decode()
    assert '<html lang="fr">' in page
    assert 'lang="en"' in page
    assert answer["headers"]["X-Request-ID"] in page


def test_that_page_is_guarded_like_any_other_and_its_style_counts():
    answer = ask(gate(inside("500 Internal Server Error"), AWAY))
    style = answer["body"].decode().partition("<style>")[2].partition("</style>")[0]
    assert answer["headers"]["X-Content-Type-Options"] == "nosniff"
    assert f"style-src 'self' {policy.digest(style)};" in answer["headers"]["Content-Security-Policy"]


def test_a_program_gets_the_same_in_ckans_form():
    answer = ask(gate(inside("500 Internal Server Error"), AWAY), "/api/3/action/package_search")
    told = json.loads(answer["body"])
    assert answer["status"].startswith("503")
    assert told["success"] is False
    assert told["error"]["__type"] == "Service Unavailable"


def test_the_body_that_is_thrown_away_is_closed():
    closed = []

    class Body(list):
        def close(self):
            closed.append(True)

    def app(environ, start):
        start("500 Internal Server Error", [])
        return Body([b"x"])

    ask(gate(app, AWAY))
    assert closed == [True]


def broken(environ, start):
    raise RuntimeError("the page of errors failed too")


def test_an_application_that_breaks_with_a_service_away_is_a_503():
    assert ask(gate(broken, AWAY))["status"].startswith("503")


def test_an_application_that_breaks_by_itself_is_not_hidden():
    with pytest.raises(RuntimeError):
        ask(gate(broken, WELL))


@pytest.mark.parametrize("state", [WELL, AWAY])
def test_an_application_that_breaks_leaves_nothing_to_the_next_visitor(state):
    let_go = []
    with suppress(RuntimeError):
        ask(gate(broken, state, failed=lambda: let_go.append("session")))
    assert let_go == ["session"]


def test_a_failure_of_a_service_that_is_back_a_moment_later_is_a_503_if_whoever_failed_says_so():
    def app(environ, start):
        environ["pole.away"] = ("solr",)
        return inside("500 Internal Server Error")(environ, start)

    assert ask(gate(app, WELL))["status"].startswith("503")


class Thawing:
    """A database that was frozen, and goes on while the failure of whoever waited for it is looked at."""

    def __init__(self, thawed: float) -> None:
        self.thawed = thawed

    def is_silent(self, since: float = float("inf")) -> bool:
        return self.thawed >= since

    def waiting(self):
        return nullcontext()


@pytest.mark.parametrize(("after", "status"), [(60, "503 Service Unavailable"), (-60, "500 Internal Server Error")])
def test_who_was_let_go_by_a_database_that_thaws_meanwhile_gets_a_503_and_who_came_later_fails(after, status):
    door = gate(inside("500 Internal Server Error"), database=Thawing(time.monotonic() + after))
    assert ask(door)["status"] == status


def test_a_service_that_goes_away_within_the_second_is_seen():
    states = [WELL, AWAY]
    door = Gate(inside("500 Internal Server Error"), {}, ask=lambda settings: states.pop(0))
    assert ask(door, "/pole/health")["status"] == "200 OK"
    assert ask(door)["status"].startswith("503")


def test_many_failures_look_at_the_services_once():
    looked = []

    def look(settings):
        looked.append(True)
        return AWAY

    door = Gate(inside("500 Internal Server Error"), {}, ask=look)
    for _ in range(20):
        ask(door)
    assert len(looked) == 1


def test_live_says_that_the_process_answers_whatever_the_services_do():
    assert ask(gate(state=AWAY), "/pole/health/live")["status"] == "200 OK"


@pytest.mark.parametrize("path", ["/pole/health", "/pole/health/ready"])
def test_ready_names_the_service_that_is_away(path):
    answer = ask(gate(state=AWAY), path)
    told = json.loads(answer["body"])
    assert answer["status"].startswith("503")
    assert told["ok"] is False
    assert told["services"]["postgresql"]["ok"] is True
    assert told["services"]["solr"] == {"ok": False, "seconds": 3.0, "error": "TimeoutError"}
    assert ask(gate(state=WELL), path)["status"] == "200 OK"


def test_an_unknown_health_page_is_not_found():
    assert ask(gate(), "/pole/health/x")["status"].startswith("404")


@pytest.mark.parametrize("shown", ["", "Bearer wrong", "wrong", "Bearer é"])
def test_figures_are_for_who_shows_the_token(shown):
    assert ask(gate(token="right"), "/pole/metrics", HTTP_AUTHORIZATION=shown)["status"].startswith("403")


def test_without_a_token_of_its_own_a_site_shows_figures_to_nobody():
    assert ask(gate(token=""), "/pole/metrics", HTTP_AUTHORIZATION="Bearer ")["status"].startswith("403")


def test_a_request_keeps_the_number_that_a_proxy_gave_it():
    assert ask(gate(), HTTP_X_REQUEST_ID="abcdef-123456")["headers"]["X-Request-ID"] == "abcdef-123456"


@pytest.mark.parametrize("given", ["", "short", "a" * 80, "new\nline12345", "<script>alert(1)</script>"])
def test_a_number_that_is_none_is_replaced(given):
    answer = ask(gate(inside("500 Internal Server Error"), AWAY), HTTP_X_REQUEST_ID=given)
    assert answer["headers"]["X-Request-ID"] != given
    assert b"<script>" not in answer["body"]
