"""The seal: only the secret key opens, and nothing changed opens at all."""

from __future__ import annotations

import io
import os

import pytest

from ckanext.pole.backup import sealing
from ckanext.pole.backup.sealing import BadKey

PUBLIC, SECRET = sealing.new_key()
CONTENT = os.urandom(300_000)


def seal(content=CONTENT, public=PUBLIC):
    target = io.BytesIO()
    with sealing.sealed(target, public) as stream:
        stream.write(content)
    return target.getvalue()


def unseal(data, secret=SECRET):
    with sealing.opened(io.BytesIO(data), secret) as stream:
        return stream.read()


def test_what_is_sealed_is_opened_with_the_secret_key_and_shows_nothing_before():
    data = seal(b"CANARI" * 100_000)
    assert b"CANARI" not in data
    assert unseal(data) == b"CANARI" * 100_000


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda d: d[: len(d) // 2], lambda d: d[:150_000] + b"x" + d[150_001:]]
)
def test_a_file_cut_or_changed_is_refused(damage):
    with pytest.raises(BadKey):
        unseal(damage(seal()))


def test_another_key_does_not_open_it():
    with pytest.raises(BadKey):
        unseal(seal(), sealing.new_key()[1])


@pytest.mark.parametrize("key", ["", "age1", SECRET], ids=["none", "cut", "secret"])
def test_what_is_no_public_key_seals_nothing(key):
    target = io.BytesIO()
    with pytest.raises(BadKey), sealing.sealed(target, key) as stream:
        stream.write(b"x")
    assert target.getvalue() == b""


def test_what_is_no_secret_key_opens_nothing():
    with pytest.raises(BadKey):
        unseal(seal(), PUBLIC)


def test_a_full_disk_is_told_and_not_waited_for():
    class Full(io.RawIOBase):
        def writable(self):
            return True

        def write(self, _data):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"), sealing.sealed(Full(), PUBLIC) as stream:  # type: ignore[arg-type]
        stream.write(CONTENT * 10)


def test_who_stops_reading_early_is_not_told_of_a_bad_key():
    with sealing.opened(io.BytesIO(seal(CONTENT * 5)), SECRET) as stream:
        assert stream.read(10) == CONTENT[:10]


def test_an_error_of_the_writer_stays_the_one_that_is_told():
    with pytest.raises(ZeroDivisionError), sealing.sealed(io.BytesIO(), PUBLIC):
        raise ZeroDivisionError
