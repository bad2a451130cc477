"""Codes of a device and on paper, sealed secrets, and what a session still owes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.guard.second_factor import codes, standing
from ckanext.pole.guard.second_factor.sealing import Seal, Unreadable
from ckanext.pole.guard.second_factor.standing import Standing

# RFC 6238, appendix B: the secret of its table in base32, and the last six of the eight digits for SHA-1.
RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_TABLE = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
             (2000000000, "279037"), (20000000000, "353130")]  # fmt: skip
NOON = datetime(2026, 11, 23, 12, 0, 10, tzinfo=timezone.utc)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=timezone.utc)


def digits(secret: str, when: datetime) -> str:
    return pyotp.TOTP(secret).at(when)


class TestDigits:
    @pytest.mark.parametrize(("seconds", "expected"), RFC_TABLE)
    def test_are_those_of_the_standard(self, seconds, expected):
        assert codes.accepted(RFC, expected, at(seconds), used=0) == seconds // 30

    @pytest.mark.parametrize(("off", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
    def test_of_a_clock_that_is_one_step_off_are_good_and_no_further(self, off, good):
        secret = codes.new_secret()
        typed = digits(secret, NOON + timedelta(seconds=off))
        assert (codes.accepted(secret, typed, NOON, used=0) is not None) is good

    def test_are_good_once(self):
        secret = codes.new_secret()
        step = codes.accepted(secret, digits(secret, NOON), NOON, used=0)
        assert step is not None
        assert codes.accepted(secret, digits(secret, NOON), NOON, used=step) is None

    def test_older_than_those_that_were_used_are_good_no_more(self):
        secret = codes.new_secret()
        step = codes.accepted(secret, digits(secret, NOON), NOON, used=0)
        assert codes.accepted(secret, digits(secret, NOON - timedelta(seconds=30)), NOON, used=step) is None

    def test_may_be_parted_by_a_space(self):
        typed = digits(RFC, NOON)
        assert codes.accepted(RFC, f" {typed[:3]} {typed[3:]}\n", NOON, used=0)

    @given(st.text(max_size=12))
    def test_that_are_none_are_refused_and_nothing_breaks(self, typed):
        good = {digits(RFC, NOON + timedelta(seconds=off)) for off in (-30, 0, 30)}
        found = codes.accepted(RFC, typed, NOON, used=0)
        assert (found is not None) == ("".join(typed.split()) in good)

    @pytest.mark.parametrize("typed", ["", "０８１８０４", "٠٨١٨٠٤", "81804", "0081804", "8.1804", "-81804"])
    def test_of_another_writing_or_length_are_refused(self, typed):
        assert codes.accepted(RFC, typed, at(1111111109), used=0) is None


def test_a_device_reads_whose_and_of_which_portal_the_secret_is():
    found = urlsplit(codes.address(RFC, "anne-claude", "Pôle : données"))
    assert (found.scheme, found.netloc) == ("otpauth", "totp")
    asked = parse_qs(found.query)
    assert asked["secret"] == [RFC]
    assert asked["issuer"] == ["Pôle   données"]
    assert unquote(found.path) == "/Pôle   données:anne-claude"


def test_the_picture_needs_no_style_and_no_script():
    drawn = codes.picture(codes.address(RFC, "anne", "Pôle"))
    assert drawn.startswith("<svg ")
    for forbidden in ("style=", "<style", "<script", "<?xml", "href"):
        assert forbidden not in drawn


class TestOnPaper:
    def test_there_are_ten_different_ones_that_are_easily_read(self):
        made = codes.recovery_codes()
        assert len(set(made)) == codes.RECOVERY_CODES == 10
        for code in made:
            assert len(code) == 19
            assert not set(code) & set("01io")

    @given(st.sampled_from(codes.recovery_codes()), st.sampled_from([str.upper, str.lower, str.title]), st.booleans())
    def test_however_one_is_typed_it_is_the_same(self, code, case, spaced):
        assert codes.digest(case(code).replace("-", " " if spaced else "")) == codes.digest(code)

    def test_two_are_never_the_same(self):
        assert len({codes.digest(code) for code in codes.recovery_codes()}) == 10
        assert codes.digest("abcd-efgh-jkmn-pqrs") != codes.digest("abcd-efgh-jkmn-pqr")


class TestSealing:
    def test_what_was_sealed_opens_and_does_not_show(self):
        sealed = Seal(["key"]).close("anna", RFC)
        assert RFC not in sealed
        assert Seal(["key"]).open("anna", sealed) == RFC

    def test_one_secret_is_sealed_differently_each_time(self):
        assert Seal(["key"]).close("anna", RFC) != Seal(["key"]).close("anna", RFC)

    def test_another_key_or_another_account_does_not_open_it(self):
        sealed = Seal(["key"]).close("anna", RFC)
        for seal, account in ((Seal(["other"]), "anna"), (Seal(["key"]), "bruno"), (Seal(["key"]), "")):
            with pytest.raises(Unreadable):
                seal.open(account, sealed)

    def test_an_old_key_opens_while_it_is_kept_behind_the_new_one(self):
        sealed = Seal(["old"]).close("anna", RFC)
        both = Seal(["new", "old"])
        assert both.open("anna", sealed) == RFC
        assert Seal(["new"]).open("anna", both.close("anna", RFC)) == RFC

    @given(st.text(max_size=200))
    def test_nothing_that_is_made_up_opens(self, sealed):
        with pytest.raises(Unreadable):
            Seal(["key"]).open("anna", sealed)

    def test_what_lay_too_long_does_not_open(self):
        with pytest.raises(Unreadable):
            Seal(["key"]).open("anna", Seal(["key"]).close("anna", RFC), within=-1)


class TestStanding:
    @pytest.mark.parametrize("mark", [None, "other"])
    def test_a_session_without_the_code_is_asked_for_it_and_then_late(self, mark):
        told = [standing.of("factor", mark, 1000.0, 1000.0 + passed, required=False) for passed in (0, 600, 601)]
        assert told == [Standing.ASKED, Standing.ASKED, Standing.LATE]

    def test_a_session_that_gave_no_password_is_late(self):
        assert standing.of("factor", None, None, 1000.0, required=True) is Standing.LATE

    def test_a_password_of_the_future_counts_for_nothing(self):
        assert standing.of("factor", None, 2000.0, 1000.0, required=False) is Standing.LATE

    def test_the_code_of_this_factor_frees(self):
        assert standing.of("factor", "factor", None, 0.0, required=True) is Standing.FREE

    @pytest.mark.parametrize("mark", [None, "factor"])
    def test_who_must_have_one_and_has_none_owes_it_whatever_the_session_says(self, mark):
        assert standing.of(None, mark, 1.0, 1.0, required=True) is Standing.OWING

    def test_nothing_is_asked_of_who_has_none_and_need_not(self):
        assert standing.of(None, None, None, 0.0, required=False) is Standing.FREE

    @given(st.sets(st.sampled_from(standing.ROLES)), st.booleans(), st.booleans())
    def test_it_is_required_of_the_roles_that_are_named(self, roles, sysadmin, custodian):
        has = {role for role, holds in zip(standing.ROLES, (sysadmin, custodian), strict=True) if holds}
        assert standing.required(roles, sysadmin=sysadmin, custodian=custodian) is bool(roles & has)
