"""Log lines as JSON, without secrets."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from ckanext.pole.watch import requests
from ckanext.pole.watch.logs import JsonFormatter, PlainFormatter, scrubbed


def record(message, *args, exc_info=None):
    return logging.LogRecord("ckanext.pole", logging.WARNING, "x.py", 1, message, args, exc_info)


@pytest.mark.parametrize(
    "said",
    [
        "GET /x?api_key=s3cret&y=1", "apikey: s3cret", "Authorization: Bearer s3cret", "{'password': 's3cret'}",
        'token="s3cret"', "postgresql://ckan:s3cret@127.0.0.1/ckan", "redis://:s3cret@redis:6379/0",
        "/access/file/1?sig=s3cret",
    ],
)  # fmt: skip
def test_no_secret_is_written(said):
    assert "s3cret" not in scrubbed(said)


def test_an_address_of_a_person_is_not_written():
    assert "tremblay" not in scrubbed("mail sent to claude.tremblay@exemple.org")


def test_what_is_no_secret_stays():
    said = "Harvest of 12 records ended: 3 added, 9 same (source ville-de-montreal)"
    assert scrubbed(said) == said


def test_a_line_is_one_object_with_the_requests_number():
    token = requests.current.set("abc12345")
    try:
        line = JsonFormatter().format(record("Élève %s\nsur deux lignes", "é"))
    finally:
        requests.current.reset(token)
    told = json.loads(line)
    assert "\n" not in line
    assert told["message"] == "Élève é\nsur deux lignes"
    assert (told["level"], told["request"], told["logger"]) == ("WARNING", "abc12345", "ckanext.pole")
    assert told["time"].endswith("+00:00")


def test_a_traceback_is_in_the_object_and_has_no_secret_either():
    try:
        raise ValueError("password=s3cret")
    except ValueError:
        told = json.loads(JsonFormatter().format(record("failed", exc_info=sys.exc_info())))
    assert "ValueError" in told["traceback"]
    assert "s3cret" not in told["traceback"]


def test_plain_lines_are_scrubbed_too():
    assert "s3cret" not in PlainFormatter("%(message)s").format(record("token=%s", "s3cret"))
