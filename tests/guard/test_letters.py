"""The key in a letter for a new password is good for a day, an invitation for two weeks."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.lib import mailer
from ckan.tests import factories

from ckanext.pole.guard import doors
from ckanext.pole.guard.counting import Away, Counter

PASSWORD = "un-hibou-sur-le-toit-7"
CHOSEN = {"password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def letters(monkeypatch):
    """The addresses that letters bring, in the place of a post office."""
    sent: list[str] = []
    note = lambda user, *_: sent.append(f"/user/reset/{user.id}?key={user.reset_key}")  # noqa: E731
    monkeypatch.setattr(mailer, "mail_user", note)
    return sent


@pytest.fixture
def letter(site, letters):
    """What comes to somebody who asks for a new password."""
    anna = factories.User(password="la-chouette-d-avant-6")
    assert site.post("/user/reset", data={"user": anna["name"]}, follow_redirects=False).status_code == 302
    (found,) = letters
    return found


def forget_notes() -> int:
    """What Redis does with each note when its day is over."""
    counter = doors.counter()
    notes = list(counter._redis.scan_iter(f"{counter.prefix}:note:*"))
    assert all(0 < counter._redis.ttl(note) <= 24 * 3600 for note in notes)
    return counter._redis.delete(*notes) if notes else 0


def test_a_letter_is_answered_once(site, letter):
    assert site.get(letter).status_code == 200
    assert site.post(letter, data=CHOSEN, follow_redirects=False).status_code == 302
    assert site.get(letter, expect_errors=True).status_code == 403


def test_a_letter_of_the_day_before_changes_nothing_and_says_what_to_do(site, letter):
    assert forget_notes() == 1
    before = model.User.get(letter.split("/")[3].partition("?")[0]).password
    model.Session.remove()
    refused = site.post(letter, data=CHOSEN, follow_redirects=False)
    assert refused.status_code == 403
    assert "trop vieille" in refused.body
    assert "too old" in site.get(f"/en{letter}", expect_errors=True).body
    assert model.User.get(letter.split("/")[3].partition("?")[0]).password == before


def test_whoever_guesses_a_key_does_not_learn_whether_there_is_a_letter(site, letter):
    wrong = site.get(letter[:-1] + "z", expect_errors=True)
    assert wrong.status_code == 403
    assert "trop vieille" not in wrong.body
    forget_notes()
    assert site.get(letter[:-1] + "z", expect_errors=True).body.count("trop vieille") == 0


def test_a_second_letter_is_good_and_the_first_one_is_not(site, letter, letters):
    forget_notes()
    site.post("/user/reset", data={"user": letter.split("/")[3].partition("?")[0]}, follow_redirects=False)
    assert site.get(letters[1]).status_code == 200
    assert site.get(letter, expect_errors=True).status_code == 403


def test_an_invitation_lasts_two_weeks_and_a_new_letter_helps_after_that(app, site, letters):
    with app.flask_app.test_request_context("/"):
        invited = tk.get_action("user_invite")(
            {"user": factories.Sysadmin()["name"]},
            {"email": "lea@exemple.test", "group_id": factories.Organization(title_translated={"fr": "V"})["id"],
             "role": "member"},
        )  # fmt: skip
    assert site.get(letters[0]).status_code == 200
    user = model.User.get(invited["id"])
    user.created = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(days=14, hours=1)
    model.repo.commit_and_remove()
    assert site.get(letters[0], expect_errors=True).status_code == 403
    site.post("/user/reset", data={"user": invited["name"]}, follow_redirects=False)
    assert site.post(letters[1], data=CHOSEN, follow_redirects=False).status_code == 302


def test_without_redis_the_page_says_to_come_back(site, letter, monkeypatch):
    def away(*_):
        raise Away

    monkeypatch.setattr(Counter, "noted", away)
    refused = site.get(letter, expect_errors=True)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, str(doors.RETRY_AFTER))
