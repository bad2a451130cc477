"""A service that is frozen (SIGSTOP) instead of away: an answer in words within a bounded time, and all is well after.

It accepts connections and says nothing: worse than one that is away, which refuses at once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories, helpers

sys.path.append(str(Path(__file__).resolve().parents[2] / "docker"))

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")]
SETTING = {"redis": "ckan.redis.url", "solr": "solr_url"}
BOUND = 25
"""Seconds within which somebody who asks must have an answer, whatever is frozen."""


@contextmanager
def frozen(service: str) -> Iterator[None]:
    """Freeze a service, which is one process."""
    from local import ports

    found = ports.listener(urlsplit(tk.config[SETTING[service]]).port)
    assert found is not None
    os.kill(found[0], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(found[0], signal.SIGCONT)


def ask(app, path: str, **options):
    started = time.monotonic()
    answer = app.get(path, expect_errors=True, **options) if "data" not in options else app.post(
        path, expect_errors=True, **options
    )
    assert time.monotonic() - started < BOUND, f"{path}: {time.monotonic() - started:.0f} s"
    return answer


def well_again(app, path: str) -> None:
    deadline = time.monotonic() + BOUND
    while (status := app.get(path, expect_errors=True).status_code) != 200:
        assert time.monotonic() < deadline, status
        time.sleep(0.3)


def assert_unavailable(page, api) -> None:
    assert page.status_code == api.status_code == 503
    assert int(page.headers["Retry-After"]) > 0
    assert 'lang="fr"' in page.text
    assert 'lang="en"' in page.text
    assert "Traceback" not in page.text
    assert json.loads(api.text)["error"]["__type"] == "Service Unavailable"


def test_solr_frozen_is_a_503_and_what_was_acknowledged_is_there(app):
    dataset = factories.Dataset(owner_org=factories.Organization()["id"])
    model.Session.remove()
    paths = ("/dataset/", "/api/3/action/package_search")
    with helpers.changed_config("solr_timeout", 3), frozen("solr"):
        assert_unavailable(*(ask(app, path) for path in paths))
    for path in paths:
        well_again(app, path)
    found = json.loads(app.get(f"/api/3/action/package_show?id={dataset['id']}").text)
    assert found["result"]["name"] == dataset["name"]


def test_redis_frozen_stops_no_reader_and_lets_nobody_try_a_password(app):
    with frozen("redis"):
        assert ask(app, "/dataset/").status_code == 200
        assert ask(app, "/api/3/action/package_search").status_code == 200
        answer = ask(app, "/user/login", data={"login": "anna", "password": "x"})
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    well_again(app, "/dataset/")
