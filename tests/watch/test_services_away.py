"""A real portal whose services go away and come back: it says so, and needs nobody to recover."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from ckanext.pole.remembered import FRESH

pytestmark = pytest.mark.faults
PAGES = ("/", "/dataset/", "/en/dataset/", "/api/3/action/package_search")


@pytest.fixture(scope="module")
def up(portal):
    if portal.run("status").returncode:
        portal.must("up")
    yield portal
    if portal.run("status").returncode:
        portal.must("up")


def get(portal, path):
    try:
        with urllib.request.urlopen(portal.url + path, timeout=60) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def control(portal, *words):
    """Ask the portal's own process manager."""
    python = portal.local / "venv" / "bin" / "python"
    done = subprocess.run(
        [python, "-m", "supervisor.supervisorctl", "-s", f"unix://{portal.local}/run/supervisor.sock", *words],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def without(portal, service):
    control(portal, "stop", service)
    try:
        yield
    finally:
        control(portal, "start", service)


def settled(portal, path, seconds=60):
    """The answer once the portal has recovered, or the last one."""
    deadline = time.monotonic() + seconds
    while True:
        status, _, text = get(portal, path)
        if status == 200 or time.monotonic() > deadline:
            return status, text
        time.sleep(0.3)


def refused(portal, path):
    """The answer once nothing is given from memory any more: a search goes on without PostgreSQL for those seconds."""
    deadline = time.monotonic() + FRESH + 5
    while True:
        found = get(portal, path)
        if found[0] != 200 or time.monotonic() > deadline:
            return found
        time.sleep(0.3)


def test_a_portal_that_is_well_says_so_service_by_service(up):
    status, headers, text = get(up, "/pole/health")
    told = json.loads(text)
    assert (status, told["ok"]) == (200, True)
    assert set(told["services"]) == {"postgresql", "datastore", "redis", "solr"}
    assert "X-Request-ID" in headers


def test_figures_are_not_for_everyone(up):
    assert get(up, "/pole/metrics")[0] == 403


@pytest.mark.parametrize("service", ["solr", "postgres"])
def test_a_service_that_is_away_is_a_503_in_words_and_comes_back_by_itself(up, service):
    for path in PAGES:
        assert settled(up, path)[0] == 200
    with without(up, service):
        for path in PAGES:
            status, headers, text = refused(up, path)
            assert status == 503, (path, status)
            assert int(headers["Retry-After"]) > 0
            assert "Traceback" not in text
            if path.startswith("/api/"):
                assert json.loads(text)["error"]["__type"] == "Service Unavailable"
            else:
                assert 'lang="en"' in text
        status, _, text = get(up, "/pole/health")
        assert status == 503
        name = {"postgres": "postgresql"}.get(service, service)
        assert json.loads(text)["services"][name]["ok"] is False
        assert get(up, "/pole/health/live")[0] == 200
    for path in PAGES:
        assert settled(up, path)[0] == 200, path
