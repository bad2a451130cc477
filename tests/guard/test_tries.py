"""Trying too often: who waits, who does not, and what is said."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import ckan.plugins as p
import pytest
from ckan import model
from ckan.lib import mailer
from ckan.tests import factories
from limits import parse

from ckanext.pole.guard import doors, trying
from ckanext.pole.guard.counting import Away, Counter

PASSWORD = "un-hibou-sur-le-toit-7"
HOME, OFFICE = "203.0.113.1", "198.51.100.7"


@pytest.fixture
def anna(site):
    return factories.User(password=PASSWORD)


def came_in(answer) -> bool:
    return answer.status_code == 302


def test_the_sixth_wrong_password_has_to_wait_and_is_told_how_long(log_in, anna):
    for _ in range(trying.FREE):
        assert log_in(anna["name"], "wrong").status_code == 200
    refused = log_in(anna["name"], PASSWORD)
    assert refused.status_code == 429, "even the right password waits: a guess must not be worth making"
    assert 0 < int(refused.headers["Retry-After"]) <= trying.WAITS[0]
    assert "Trop d’essais" in refused.body
    assert not model.User.get(anna["id"]).last_active


def test_the_refusal_speaks_the_language_of_the_page(site, anna):
    for _ in range(trying.FREE + 1):
        answer = site.post(
            "/en/user/login", data={"login": anna["name"], "password": "wrong"},
            environ_overrides={"REMOTE_ADDR": HOME}, follow_redirects=False,
        )  # fmt: skip
    assert answer.status_code == 429
    assert "Too many tries" in answer.body


def test_the_owner_comes_in_from_elsewhere_meanwhile(log_in, anna):
    for _ in range(trying.FREE + 3):
        log_in(anna["name"], "wrong", HOME)
    assert log_in(anna["name"], PASSWORD, HOME).status_code == 429
    assert came_in(log_in(anna["name"], PASSWORD, OFFICE))


def test_an_account_is_one_whether_named_by_its_name_or_its_address(log_in, anna):
    for number in range(trying.FREE):
        log_in(anna["name"] if number % 2 else anna["email"].upper(), "wrong")
    assert log_in(anna["email"], "wrong").status_code == 429


def test_others_at_the_same_place_are_not_kept_out(log_in, anna):
    bruno = factories.User(password=PASSWORD)
    for _ in range(trying.FREE + 1):
        log_in(anna["name"], "wrong")
    assert came_in(log_in(bruno["name"], PASSWORD))


def test_the_right_password_forgets_the_wrong_ones(log_in, anna):
    for _ in range(3):
        for _ in range(trying.FREE - 1):
            log_in(anna["name"], "wrong")
        assert came_in(log_in(anna["name"], PASSWORD))


@pytest.mark.ckan_config("ckanext.pole.guard.limits.account", "3/hour")
def test_an_account_that_many_places_try_gives_each_one_try_and_lets_its_owner_in(log_in, anna):
    for number in range(3):
        assert log_in(anna["name"], "wrong", f"192.0.2.{number}").status_code == 200
    assert log_in(anna["name"], "wrong", "192.0.2.100").status_code == 200
    assert log_in(anna["name"], "wrong", "192.0.2.100").status_code == 429
    assert came_in(log_in(anna["name"], PASSWORD, OFFICE))


@pytest.mark.ckan_config("ckanext.pole.guard.limits.login", "4/hour")
def test_one_password_tried_on_everybody_ends_at_a_ceiling(log_in, site):
    for number in range(4):
        assert log_in(f"somebody-{number}", "123456").status_code == 200
    assert log_in("somebody-5", "123456").status_code == 429
    assert log_in("somebody-5", "123456", OFFICE).status_code == 200


def test_a_name_that_nobody_has_waits_like_any_other(log_in, site):
    for _ in range(trying.FREE):
        assert log_in("nobody-here", "wrong").status_code == 200
    assert log_in("nobody-here", "wrong").status_code == 429


@pytest.mark.parametrize("path", ["/dataset/?q=a%00b", "/dataset/a%00b", "/user/login?came_from=%00", "/group/%00"])
def test_a_character_that_no_database_takes_is_a_bad_request(site, path):
    assert site.get(path).status_code == 400


def test_it_is_one_in_a_form_too(log_in, site):
    assert log_in("nobody\0here", "wrong").status_code == 400
    assert log_in("nobody", "wro\0ng").status_code == 400


def test_the_address_that_a_stranger_writes_in_a_header_is_not_believed(log_in, anna):
    for number in range(trying.FREE):
        log_in(anna["name"], "wrong", **{"X-Forwarded-For": f"192.0.2.{number}"})
    assert log_in(anna["name"], "wrong", **{"X-Forwarded-For": "192.0.2.99"}).status_code == 429


@pytest.mark.ckan_config("ckanext.pole.guard.proxies", 1)
def test_behind_one_proxy_the_last_address_is_believed_and_no_other(make_app, site, anna):
    behind = make_app()

    def log_in(forwarded: str):
        return behind.post(
            "/user/login", data={"login": anna["name"], "password": "wrong"}, follow_redirects=False,
            headers={"X-Forwarded-For": forwarded}, environ_overrides={"REMOTE_ADDR": "10.0.0.1"},
        )  # fmt: skip

    for number in range(trying.FREE):
        log_in(f"192.0.2.{number}, {HOME}")
    assert log_in(f"192.0.2.99, {HOME}").status_code == 429
    assert log_in(f"{HOME}, {OFFICE}").status_code == 200


def test_what_was_counted_outlives_the_process_that_counted(counter):
    for _ in range(trying.FREE):
        assert counter.try_at("name", trying.FREE) == 0
    second = Counter(counter.url, counter.prefix)
    assert second.try_at("name", trying.FREE) > 0


def test_each_wait_is_longer_than_the_one_before(counter):
    waits = []
    for _ in range(trying.FREE + len(trying.WAITS)):
        if left := counter.try_at("name", trying.FREE):
            waits.append(left)
            counter._redis.delete(counter._keys("name")[1])  # the wait is over
            counter.try_at("name", trying.FREE)
    assert waits == list(trying.WAITS[: len(waits)])
    assert len(waits) > 3


def test_a_thousand_tries_at_once_are_not_one_more_than_allowed(counter):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: counter.try_at("name", trying.FREE), range(200)))
    assert answers.count(0) == trying.FREE


def test_a_generous_limit_taken_by_tens_is_never_passed_by_several_processes(counter):
    limit = parse("200/day")  # four at once; a minute may end meanwhile, and what slides is weighed
    processes = [counter, Counter(counter.url, counter.prefix)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: processes[number % 2].spend(limit, "place"), range(300)))
    assert answers.count(0) == 200
    assert all(0 < seconds <= 24 * 3600 for seconds in answers if seconds)
    assert processes[0].spend(limit, "another place") == 0


def test_a_process_does_not_ask_redis_each_time_and_does_not_hoard(counter):
    limit = parse("500/minute")
    assert counter.spend(limit, "place") == 0
    spent = counter._windows.get_window_stats(limit, "place").remaining
    assert [counter.spend(limit, "place") for _ in range(9)] == [0] * 9
    assert counter._windows.get_window_stats(limit, "place").remaining == spent == 490
    forgetful = Counter(counter.url, counter.prefix, kept=0.0)
    assert [forgetful.spend(limit, "place") for _ in range(2)] == [0] * 2
    assert counter._windows.get_window_stats(limit, "place").remaining == 470


def test_redis_holds_neither_a_name_nor_an_address(log_in, anna):
    log_in(anna["name"], "wrong", HOME)
    counter = doors.counter()
    held = " ".join(name.decode() for name in counter._redis.scan_iter(f"{counter.prefix}:*"))
    assert held
    for told in (anna["name"], anna["id"], anna["email"], HOME):
        assert told not in held


@pytest.mark.ckan_config("ckanext.pole.guard.limits.reset_account", "2/hour")
def test_nobody_fills_a_mailbox_with_letters(site, anna):
    def ask(address: str):
        return site.post(
            "/user/reset", data={"user": anna["email"]}, follow_redirects=False,
            environ_overrides={"REMOTE_ADDR": address},
        )  # fmt: skip

    assert ask("192.0.2.1").status_code == 302
    assert ask("192.0.2.2").status_code == 302
    assert ask("192.0.2.3").status_code == 429


@pytest.mark.ckan_config("ckanext.pole.guard.limits.reset_account", "2/hour")
def test_a_stranger_shuts_the_door_of_the_letters_for_nobody(site, anna):
    def answer_letter(name: str, key: str, address: str):
        return site.post(
            f"/user/reset/{name}?key={key}", data={"password1": PASSWORD + "x", "password2": PASSWORD + "x"},
            environ_overrides={"REMOTE_ADDR": address}, follow_redirects=False,
        )  # fmt: skip

    assert [answer_letter(anna["name"], "wrong", HOME).status_code for _ in range(3)] == [403, 403, 429]
    for number in range(8):
        answer_letter(f"nobody-{number}", "wrong", f"192.0.2.{number}")
    user = model.User.get(anna["id"])
    mailer.create_reset_key(user)
    doors.letter_sent(user.name, user)
    assert came_in(answer_letter(anna["name"], user.reset_key, OFFICE))


@pytest.mark.ckan_config("ckanext.pole.guard.limits.second_factor", "3/hour")
def test_a_borrowed_session_does_not_guess_the_password(site, anna):
    def change(old: str):
        shown = site.get("/user/edit").body
        token = re.search(r'name="_csrf_token" value="([^"]+)"', shown)[1]
        new = {"old_password": old, "password1": "un-autre-hibou-8", "password2": "un-autre-hibou-8"}
        person = {"email": anna["email"], "name": anna["name"], "save": "", "_csrf_token": token}
        return site.post("/user/edit", data=new | person, follow_redirects=False).status_code

    known = {"login": anna["name"], "password": PASSWORD}
    assert came_in(site.post("/user/login", data=known, follow_redirects=False))
    assert [change(f"guess {number}") for number in range(4)] == [200, 200, 200, 429]
    assert change("") != 429


@pytest.mark.ckan_config("ckanext.pole.guard.limits.register", "2/hour")
@pytest.mark.ckan_config("ckan.auth.create_user_via_web", True)
def test_accounts_are_not_made_by_the_hundred(site):
    for number in range(3):
        answer = site.post("/user/register", data={"name": f"someone-{number}"}, follow_redirects=False)
    assert answer.status_code == 429


@pytest.mark.ckan_config("ckanext.pole.guard.limits.api", "3/minute")
def test_a_program_that_asks_too_often_is_told_when_to_come_back(site):
    for _ in range(3):
        assert site.get("/api/3/action/status_show").status_code == 200
    refused = site.get("/api/3/action/status_show")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.json["success"] is False
    assert refused.json["error"]["message"].startswith("Trop d’essais")
    assert site.get("/dataset/").status_code == 200, "pages are not the API"


@pytest.mark.ckan_config("ckanext.pole.guard.limits.api", "2/minute")
def test_a_person_is_counted_as_a_person_and_an_operator_not_at_all(site):
    tokens = [factories.UserWithToken()["token"], factories.UserWithToken()["token"]]
    operator = factories.SysadminWithToken()["token"]

    def ask(token: str) -> int:
        return site.get("/api/3/action/status_show", headers={"Authorization": token}).status_code

    assert [ask(tokens[0]) for _ in range(3)] == [200, 200, 429]
    assert ask(tokens[1]) == 200
    assert [ask(operator) for _ in range(4)] == [200] * 4


@pytest.mark.ckan_config("ckanext.pole.guard.limits.login", "")
@pytest.mark.ckan_config("ckanext.pole.guard.limits.account", "")
def test_a_limit_that_is_taken_away_is_away(log_in, anna):
    assert log_in(anna["name"], "wrong").status_code == 200


class TestWithoutRedis:
    """Nothing can be counted: what is read stays open, where a password is tried is shut."""

    @pytest.fixture
    def away(self, site, monkeypatch, ckan_config):
        monkeypatch.setitem(ckan_config, "ckan.redis.url", "redis://127.0.0.1:1/0")  # where nothing listens
        return site

    def test_pages_and_the_api_answer(self, away):
        assert away.get("/dataset/").status_code == 200
        assert away.get("/api/3/action/status_show").status_code == 200
        assert away.get("/user/login").status_code == 200

    def test_login_is_shut_and_says_why(self, away, anna):
        answer = away.post("/user/login", data={"login": anna["name"], "password": PASSWORD}, follow_redirects=False)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == str(doors.RETRY_AFTER)
        assert "ne peut pas compter" in answer.body

    def test_it_is_not_asked_at_every_request(self, away):
        counter = doors.counter()
        with pytest.raises(Away):
            counter.forget("x")
        began = time.monotonic()
        for _ in range(100):
            with pytest.raises(Away):
                counter.forget("x")
        assert time.monotonic() - began < 0.1


@pytest.mark.parametrize(
    ("name", "value"), [("ckanext.pole.guard.limits.api", "often"), ("ckanext.pole.guard.sources", "script-src=*")]
)
def test_a_setting_that_says_nothing_stops_the_start(name, value, with_plugins, ckan_config, monkeypatch):
    monkeypatch.setitem(ckan_config, name, [value] if name.endswith("sources") else value)
    with pytest.raises(ValueError):  # noqa: PT011
        p.get_plugin("pole_guard").configure(ckan_config)
