"""The two-step login, over HTTP: without the code a session is nobody's, whichever way it came."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import ckan.plugins.toolkit as tk
import pyotp
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories, helpers
from click.testing import CliRunner
from freezegun import freeze_time

from ckanext.pole.access.ledger_tables import LOG
from ckanext.pole.guard import trying
from ckanext.pole.guard.second_factor import codes, keeping, standing
from ckanext.pole.guard.second_factor import model as tables
from ckanext.pole.guard.second_factor.cli import second_factor

PASSWORD = "un-hibou-sur-le-toit-7"
PAGE = {"Accept": "text/html,application/xhtml+xml"}
REQUIRED = "ckanext.pole.guard.second_factor.required"


class Person:
    """An account, its device and its browser."""

    def __init__(self, app: Any, account: dict[str, Any]) -> None:
        self.app, self.account, self.name, self.id = app, account, account["name"], account["id"]
        self.secret, self.codes = "", []
        self.browser = app.test_client()

    def get(self, path: str, **headers: str) -> Any:
        return self.browser.get(path, headers={**PAGE, **headers}, follow_redirects=False)

    def post(self, path: str, address: str = "203.0.113.1", **data: str) -> Any:
        return self.browser.post(
            path, data=data, headers=PAGE, follow_redirects=False, environ_overrides={"REMOTE_ADDR": address}
        )

    def cookie(self, name: str) -> Any:
        """The browser's cookie of this name, if it has one."""
        return next((found for found in self.browser._cookies.values() if found.key == name), None)

    def log_in(self, **data: str) -> Any:
        return self.post("/user/login", login=self.name, password=PASSWORD, **data)

    def is_in(self) -> bool:
        """Whether the portal knows who it is."""
        asked = self.browser.get("/api/3/action/api_token_list", query_string={"user": self.name})
        return asked.status_code == 200

    def digits(self) -> str:
        """The device's: each time those of a later step, as if one had waited."""
        with model.Session.get_bind().begin() as connection:
            connection.execute(tables.FACTOR.update().where(tables.FACTOR.c.user_id == self.id).values(used=0))
        return pyotp.TOTP(self.secret).now()

    def offered(self) -> str:
        """Open the page where it is turned on, and read the secret; gives the sealed one."""
        shown = self.get(f"/user/{self.name}/second-factor").text
        self.secret = re.search(r"<code>([A-Z2-7 ]{39})</code>", shown)[1].replace(" ", "")
        return html.unescape(re.search(r'name="sealed" value="([^"]+)"', shown)[1])

    def turn_on(self) -> Any:
        sealed = self.offered()
        answer = self.post("/second-factor/on", sealed=sealed, code=pyotp.TOTP(self.secret).now(), password=PASSWORD)
        assert answer.status_code == 200, answer.text
        self.codes = re.findall(r"<code>([a-z0-9-]{19})</code>", answer.text)
        return answer

    def elsewhere(self) -> Person:
        """The same person in a browser that knows nothing."""
        other = Person(self.app, self.account)
        other.secret, other.codes = self.secret, self.codes
        return other


@pytest.fixture
def forms(app, site, monkeypatch) -> Any:
    """The portal, which takes forms without the token of its pages: `test_forging.py` is about that."""
    monkeypatch.setitem(app.flask_app.config, "WTF_CSRF_ENABLED", False)
    return app


@pytest.fixture
def anna(forms) -> Person:
    person = Person(forms, factories.User(password=PASSWORD))
    person.log_in()
    return person


@pytest.fixture
def careful(forms) -> Person:
    """Somebody who has turned it on, in a browser that knows nothing."""
    person = Person(forms, factories.User(password=PASSWORD))
    person.secret = codes.new_secret()
    sealed = keeping.seal().close(person.id, person.secret)
    _, person.codes = keeping.turn_on(person.id, sealed, pyotp.TOTP(person.secret).now())
    return person


def recorded(user_id: str) -> list[str]:
    found = sa.select(LOG.c.event).where(LOG.c.user_id == user_id).order_by(LOG.c.seq)
    return [event for (event,) in model.Session.execute(found)]


class TestTurningItOn:
    def test_shows_a_picture_and_ten_codes_and_stores_neither_readable(self, anna):
        shown = anna.get(f"/user/{anna.name}/second-factor")
        assert "<svg" in shown.text
        assert "no-store" in shown.headers["Cache-Control"]
        answer = anna.turn_on()
        assert "no-store" in answer.headers["Cache-Control"]
        assert len(set(anna.codes)) == 10
        stored = str(tables.find(anna.id)) + str(model.Session.execute(sa.select(tables.RECOVERY)).all())
        assert anna.secret not in stored
        for code in anna.codes:
            assert code not in stored
            assert code.replace("-", "").upper() not in stored
        assert recorded(anna.id) == ["second_factor.on"]
        assert anna.is_in(), "whoever just turned it on goes on"

    def test_asks_the_password_so_that_a_browser_left_open_is_not_enough(self, anna):
        sealed = anna.offered()
        answer = anna.post("/second-factor/on", sealed=sealed, code=pyotp.TOTP(anna.secret).now(), password="another")
        assert answer.status_code == 422
        assert "votre mot de passe" in answer.text
        assert anna.secret in answer.text.replace(" ", ""), "the secret that the device has already is still there"
        assert tables.find(anna.id) is None

    def test_asks_a_code_that_the_device_makes(self, anna):
        sealed = anna.offered()
        for code in ("", "000000", "abc"):
            assert anna.post("/second-factor/on", sealed=sealed, code=code, password=PASSWORD).status_code == 422
        assert tables.find(anna.id) is None

    def test_takes_no_secret_that_was_not_offered_to_this_account(self, anna, app):
        secret = pyotp.random_base32()
        code = pyotp.TOTP(secret).now()
        for sealed in ("", secret, keeping.seal().close("somebody-else", secret)):
            assert anna.post("/second-factor/on", sealed=sealed, code=code, password=PASSWORD).status_code == 422
        assert tables.find(anna.id) is None

    def test_is_for_somebody_and_once(self, anna, app):
        nobody = app.test_client().post("/second-factor/on", data={"code": "123456"}, follow_redirects=False)
        assert nobody.status_code in (302, 403)
        anna.turn_on()
        first = tables.find(anna.id).id
        sealed = keeping.seal().close(anna.id, anna.secret)
        again = anna.post("/second-factor/on", sealed=sealed, code=anna.digits(), password=PASSWORD)
        assert again.status_code == 422
        assert tables.find(anna.id).id == first

    def test_ends_the_sessions_that_were_open_elsewhere(self, anna):
        other = anna.elsewhere()
        other.log_in()
        assert other.is_in()
        anna.turn_on()
        assert not other.is_in()


class TestLoggingIn:
    def test_the_password_alone_makes_nobody(self, careful):
        answer = careful.log_in()
        assert answer.status_code == 302
        assert not careful.is_in()
        assert careful.post(f"/user/edit/{careful.name}", fullname="x", save="").status_code == 403
        led = careful.get("/dataset/?q=eau")
        assert led.status_code == 302
        assert "/second-factor?came_from=" in led.location
        assert careful.browser.get("/dataset/").status_code == 200, "a program gets what anybody gets"

    def test_the_code_lets_in_and_leads_to_where_one_went(self, careful):
        careful.log_in()
        asked = careful.get("/second-factor?came_from=/organization/")
        assert asked.status_code == 200
        assert 'autocomplete="one-time-code"' in asked.text
        assert "no-store" in asked.headers["Cache-Control"]
        answer = careful.post("/second-factor?came_from=/organization/", code=careful.digits())
        assert answer.status_code == 302
        assert answer.location.endswith("/organization/")
        assert careful.is_in()

    def test_one_comes_back_to_the_page_in_its_language(self, careful):
        careful.log_in()
        led = careful.get("/en/organization/?q=a")
        assert led.location.endswith("/en/second-factor?came_from=/en/organization/?q%3Da")
        answer = careful.post("/en/second-factor?came_from=/en/organization/?q%3Da", code=careful.digits())
        assert answer.location.endswith("/en/organization/?q=a")

    def test_leads_to_no_other_site(self, careful):
        careful.log_in()
        answer = careful.post("/second-factor?came_from=https://example.org/", code=careful.digits())
        assert "example.org" not in answer.location

    def test_a_code_is_good_once(self, careful):
        careful.log_in()
        code = careful.digits()
        assert careful.post("/second-factor", code=code).status_code == 302
        second = careful.elsewhere()
        second.log_in()
        refused = second.post("/second-factor", code=code)
        assert refused.status_code == 422
        assert not second.is_in()

    def test_a_clock_one_step_off_is_forgiven(self, careful):
        careful.log_in()
        careful.digits()
        late = pyotp.TOTP(careful.secret).at(datetime.now(timezone.utc) - timedelta(seconds=30))
        assert careful.post("/second-factor", code=late).status_code == 302

    def test_a_code_on_paper_is_good_once_and_one_is_told_how_many_are_left(self, careful):
        careful.log_in()
        assert careful.post("/second-factor", recovery=careful.codes[3].upper()).status_code == 302
        assert careful.is_in()
        assert "Il reste 9 codes" in careful.get("/organization/").text
        second = careful.elsewhere()
        second.log_in()
        assert second.post("/second-factor", recovery=careful.codes[3]).status_code == 422
        assert recorded(careful.id) == ["second_factor.on", "second_factor.recovered"]

    def test_what_one_session_gave_is_not_given_for_the_next_login(self, careful):
        careful.log_in()
        careful.post("/second-factor", code=careful.digits())
        careful.get("/user/_logout")
        assert not careful.is_in()
        careful.log_in()
        assert not careful.is_in()
        careful.log_in()  # over a session that waits for its code
        assert not careful.is_in()

    def test_a_session_stolen_before_the_code_is_worth_nothing_after_it(self, careful):
        careful.log_in()
        stolen = careful.cookie("ckan")
        careful.post("/second-factor", code=careful.digits())
        thief = careful.elsewhere()
        thief.browser.set_cookie("ckan", stolen.value, domain=stolen.domain)
        assert not thief.is_in()

    def test_a_remembered_login_does_not_stand_for_the_code(self, anna):
        remembering = anna.elsewhere()
        remembering.log_in(remember="63072000")
        assert remembering.cookie("remember_token"), "CKAN remembers who has no second factor"
        anna.turn_on()
        remembering.browser.delete_cookie("ckan", domain=remembering.cookie("ckan").domain)
        assert not remembering.is_in()
        again = anna.elsewhere()
        again.log_in(remember="63072000")
        again.post("/second-factor", code=anna.digits())
        assert again.is_in()
        assert not again.cookie("remember_token")

    def test_one_who_takes_too_long_starts_again(self, careful):
        careful.log_in()
        with freeze_time(datetime.now(timezone.utc) + timedelta(seconds=standing.PATIENCE + 1)):
            assert careful.get("/dataset/").status_code == 200
        assert careful.post("/second-factor", code=careful.digits()).status_code == 302
        assert not careful.is_in()

    def test_one_may_leave_before_the_code(self, careful):
        careful.log_in()
        assert careful.get("/user/_logout").status_code == 302
        assert careful.get("/dataset/").status_code == 200

    def test_a_new_password_by_letter_is_no_way_around(self, careful):
        from ckan.lib import mailer

        from ckanext.pole.guard import doors

        user = model.User.get(careful.id)
        mailer.create_reset_key(user)
        doors.letter_sent(user.name, user)
        new = "velours-marmite-comète"
        done = careful.post(f"/user/reset/{careful.id}?key={user.reset_key}", password1=new, password2=new)
        assert done.status_code == 302
        assert not careful.is_in()
        careful.post("/user/login", login=careful.name, password=new)
        assert not careful.is_in()

    def test_a_registration_logs_in_who_has_no_second_factor_yet(self, app, forms, ckan_config, monkeypatch):
        monkeypatch.setitem(ckan_config, "ckan.auth.create_user_via_web", True)
        browser, name = app.test_client(), "nouvelle-venue"
        made = browser.post(
            "/user/register", follow_redirects=False,
            data={"name": name, "email": "n@example.org", "password1": PASSWORD, "password2": PASSWORD, "save": ""},
        )  # fmt: skip
        assert made.status_code == 302
        assert browser.get(f"/user/{name}/second-factor", headers=PAGE).status_code == 200

    def test_a_token_of_the_api_is_a_credential_of_its_own(self, careful):
        token = helpers.call_action("api_token_create", user=careful.name, name="robot")["token"]
        asked = careful.app.test_client().get(
            "/api/3/action/api_token_list", query_string={"user": careful.name}, headers={"Authorization": token}
        )
        assert asked.status_code == 200

    def test_a_wrong_token_beside_a_session_opens_nothing(self, careful):
        careful.log_in()
        asked = careful.browser.get(
            "/api/3/action/api_token_list", query_string={"user": careful.name}, headers={"Authorization": "x.y.z"}
        )
        assert asked.status_code == 403

    def test_after_the_sites_secret_changed_codes_on_paper_still_open(self, careful, ckan_config, monkeypatch):
        careful.log_in()
        monkeypatch.setitem(ckan_config, "SECRET_KEY", "another one")
        assert careful.post("/second-factor", code=careful.digits()).status_code == 422
        assert careful.post("/second-factor", recovery=careful.codes[0]).status_code == 302

    def test_a_key_from_the_environment_seals_and_the_sites_secret_opens_still(self, anna, monkeypatch):
        anna.turn_on()
        monkeypatch.setenv(keeping.KEYS, "newer older")
        second = anna.elsewhere()
        second.log_in()
        assert second.post("/second-factor", code=second.digits()).status_code == 302


class TestTryingCodes:
    def test_the_sixth_wrong_one_waits_and_so_does_the_right_one(self, careful):
        careful.log_in()
        for _ in range(trying.FREE):
            assert careful.post("/second-factor", code="000000").status_code == 422
        refused = careful.post("/second-factor", code=careful.digits())
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        assert not careful.is_in()

    def test_a_right_one_forgets_the_wrong_ones(self, careful):
        for _ in range(2):
            careful.log_in()
            for _ in range(trying.FREE - 1):
                careful.post("/second-factor", code="000000")
            assert careful.post("/second-factor", code=careful.digits()).status_code == 302
            careful.get("/user/_logout")

    @pytest.mark.ckan_config("ckanext.pole.guard.limits.second_factor", "3/hour")
    def test_many_places_together_have_no_more_tries(self, careful):
        careful.log_in()
        for number in range(3):
            assert careful.post("/second-factor", f"192.0.2.{number}", code="000000").status_code == 422
        refused = careful.post("/second-factor", "192.0.2.9", code=careful.digits())
        assert refused.status_code == 429
        assert "Un code de secours est accepté malgré tout" in refused.text

    @pytest.mark.ckan_config("ckanext.pole.guard.limits.second_factor", "3/hour")
    def test_who_knows_the_password_and_uses_the_tries_up_does_not_shut_out_who_has_the_codes_on_paper(self, careful):
        thief = careful.elsewhere()
        thief.log_in()
        for number in range(5):
            thief.post("/second-factor", f"192.0.2.{number}", code="000000", recovery="")
        careful.log_in()
        assert careful.post("/second-factor", "192.0.2.9", code=careful.digits()).status_code == 429
        assert careful.post("/second-factor", "192.0.2.9", recovery=careful.codes[0]).status_code == 302
        assert careful.is_in()

    @pytest.mark.ckan_config("ckanext.pole.guard.limits.second_factor", "3/hour")
    def test_digits_in_the_place_of_a_code_on_paper_are_no_way_around_the_limit(self, careful):
        careful.log_in()
        for number in range(4):
            asked = careful.post("/second-factor", f"192.0.2.{number}", recovery=careful.digits())
            assert asked.status_code == 422
        assert not careful.is_in()
        careful.post("/second-factor", recovery=careful.codes[0])
        for number in range(4):
            refused = careful.post("/second-factor/off", f"192.0.2.{number}", code="000000", recovery="x")
        assert refused.status_code == 429

    def test_codes_on_paper_are_tried_slowly_too(self, careful):
        careful.log_in()
        for _ in range(trying.FREE):
            assert careful.post("/second-factor", recovery="aaaa-bbbb-cccc-dddd").status_code == 422
        assert careful.post("/second-factor", recovery=careful.codes[0]).status_code == 429

    def test_whoever_has_no_session_tries_no_code_and_uses_up_nobodys_tries(self, forms):
        robot = factories.UserWithToken()
        for headers in ({}, {"Authorization": robot["token"]}):
            for step, status in (("", 302), ("/on", 403), ("/off", 403), ("/codes", 403)):
                for _ in range(trying.FREE + 1):
                    asked = forms.test_client().post(
                        f"/second-factor{step}", data={"code": "000000"}, headers=headers, follow_redirects=False
                    )
                    assert asked.status_code == status, (headers.keys(), step, asked.status_code)

    def test_without_redis_no_code_is_tried(self, careful, ckan_config, monkeypatch):
        careful.log_in()
        monkeypatch.setitem(ckan_config, "ckan.redis.url", "redis://127.0.0.1:1/0")
        assert careful.post("/second-factor", code=careful.digits()).status_code == 503


class TestGivingItUp:
    def test_needs_a_code(self, anna):
        anna.turn_on()
        refused = anna.post("/second-factor/off", code="000000")
        assert refused.status_code == 422
        assert "Ce code n’est pas bon" in refused.text
        assert anna.post("/second-factor/off", code=anna.digits()).status_code == 302
        assert tables.find(anna.id) is None
        assert tables.codes_left(anna.id) == 0
        second = anna.elsewhere()
        second.log_in()
        assert second.is_in()
        assert recorded(anna.id) == ["second_factor.on", "second_factor.off"]

    def test_new_codes_for_paper_end_the_old_ones(self, anna):
        anna.turn_on()
        assert anna.post("/second-factor/codes", code="").status_code == 422
        made = anna.post("/second-factor/codes", code=anna.digits())
        new = re.findall(r"<code>([a-z0-9-]{19})</code>", made.text)
        assert len(new) == 10
        second = anna.elsewhere()
        second.log_in()
        assert second.post("/second-factor", recovery=anna.codes[0]).status_code == 422
        assert second.post("/second-factor", recovery=new[0]).status_code == 302

    def test_who_runs_the_portal_takes_it_off_for_who_lost_the_device(self, careful, app):
        operator = Person(app, factories.Sysadmin(password=PASSWORD))
        operator.log_in()
        shown = operator.get(f"/user/{careful.name}/second-factor")
        assert "Retirer" in shown.text
        assert operator.post(f"/user/{careful.name}/second-factor/remove").status_code == 302
        careful.log_in()
        assert careful.is_in()
        of_her = sa.select(LOG).where(LOG.c.user_id == careful.id).order_by(LOG.c.seq.desc())
        row = model.Session.execute(of_her).first()
        assert (row.event, row.details, row.channel) == ("second_factor.off", {"by": operator.id}, "page")

    def test_nobody_else_sees_it_or_takes_it_off(self, careful, app):
        stranger = Person(app, factories.User(password=PASSWORD))
        stranger.log_in()
        assert stranger.get(f"/user/{careful.name}/second-factor").status_code == 403
        assert stranger.post(f"/user/{careful.name}/second-factor/remove").status_code == 403
        for action in ("pole_second_factor_show", "pole_second_factor_remove"):
            with pytest.raises(tk.NotAuthorized):
                helpers.call_action(action, {"user": stranger.name, "ignore_auth": False}, id=careful.id)
        assert tables.find(careful.id)

    def test_a_sysadmins_token_does_not_take_off_her_own(self, app, site):
        operator = factories.SysadminWithToken()
        answer = app.test_client().post(
            "/api/3/action/pole_second_factor_remove", json={"id": operator["name"]},
            headers={"Authorization": operator["token"]},
        )  # fmt: skip
        assert answer.status_code == 403

    def test_the_command_line_helps_the_last_one_who_runs_the_portal(self, careful):
        done = CliRunner().invoke(second_factor, ["off", careful.name])
        assert done.exit_code == 0, done.output
        assert tables.find(careful.id) is None
        assert CliRunner().invoke(second_factor, ["off", careful.name]).exit_code == 1
        assert CliRunner().invoke(second_factor, ["off", "personne-du-tout"]).exit_code == 2


class TestRequired:
    @pytest.fixture
    def operator(self, forms) -> Person:
        return Person(forms, factories.Sysadmin(password=PASSWORD))

    @pytest.mark.ckan_config(REQUIRED, ["sysadmins"])
    def test_who_must_have_one_does_nothing_before(self, operator):
        operator.log_in()
        assert not operator.is_in()
        led = operator.get("/ckan-admin/")
        assert led.status_code == 302
        assert led.location.endswith(f"/user/{operator.id}/second-factor")
        assert operator.post("/dataset/new", title="x").status_code in (302, 403)
        assert operator.post(f"/user/{operator.name}/second-factor/remove").status_code in (302, 403)
        page = operator.get(led.location)
        assert page.status_code == 200
        assert "exige la connexion en deux étapes" in page.text
        operator.turn_on()
        assert operator.is_in()

    @pytest.mark.ckan_config(REQUIRED, ["sysadmins"])
    def test_others_are_left_alone(self, anna):
        assert anna.is_in()

    @pytest.mark.ckan_config(REQUIRED, ["custodians"])
    def test_a_custodian_is_who_answers_for_an_organisation_that_there_is(self, anna, operator):
        organisation = factories.Organization(
            title_translated={"fr": "Ville"}, users=[{"name": anna.name, "capacity": "editor"}]
        )
        assert anna.is_in()
        helpers.call_action(
            "member_create", id=organisation["id"], object=anna.id, object_type="user", capacity="admin"
        )
        assert not anna.is_in()
        assert helpers.call_action("pole_second_factor_show", {"user": anna.name}, id=anna.name)["required"] is True
        helpers.call_action("organization_delete", {"user": operator.name}, id=organisation["id"])
        assert anna.is_in()

    @pytest.mark.ckan_config(REQUIRED, ["sysadmins"])
    def test_who_gives_it_up_is_led_back_at_once(self, operator):
        operator.log_in()
        operator.turn_on()
        assert operator.post("/second-factor/off", code=operator.digits()).status_code == 302
        assert not operator.is_in()
        assert operator.get("/organization/").location.endswith("/second-factor")

    @pytest.mark.ckan_config(REQUIRED, ["sysadmins"])
    def test_one_who_owes_it_learns_nothing_of_others(self, operator, careful):
        operator.log_in()
        led = operator.get(f"/user/{careful.name}/second-factor")
        assert led.location.endswith(f"/user/{operator.id}/second-factor")


def test_a_role_that_nobody_has_stops_the_start(with_plugins, ckan_config, monkeypatch):
    import ckan.plugins as p

    monkeypatch.setitem(ckan_config, REQUIRED, ["administrators"])
    with pytest.raises(ValueError, match="administrators"):
        p.get_plugin("pole_second_factor").configure(ckan_config)


def test_two_who_come_with_the_same_digits_at_once_do_not_both_come_in(careful):
    step = pyotp.TOTP(careful.secret).timecode(datetime.now(timezone.utc))
    model.Session.commit()
    assert tables.use(careful.id, step + 1)
    model.Session.commit()
    assert not tables.use(careful.id, step + 1)
    assert tables.use_code(careful.id, codes.digest(careful.codes[0]))
    model.Session.commit()
    assert not tables.use_code(careful.id, codes.digest(careful.codes[0]))
