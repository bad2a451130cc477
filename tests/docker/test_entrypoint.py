"""The image's entry point, on the services of a real portal: what compose starts has been started."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from configparser import RawConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMAGE = (
    "docker/image/entrypoint.py", "docker/image/health.py", "docker/local/cloud.py", "docker/local/roles.py",
    "docker/local/prepare.py",
)  # fmt: skip


@pytest.fixture
def environ(entrypoint, tmp_path):
    """A container's environment: every secret in a file of its own."""
    given = {"POLE_SITE_URL": "https://donnees.example.org/"}
    for number, name in enumerate(entrypoint.SECRETS):
        path = tmp_path / name.lower()
        path.write_text(f"s3cret%/@-{number}\n", "utf-8")
        given[f"{name}_FILE"] = str(path)
    return given


@pytest.mark.parametrize("lost", ["POLE_SECRET_KEY", "POLE_REDIS_PASSWORD"])
def test_without_a_secret_nothing_is_written(entrypoint, environ, tmp_path, lost):
    Path(environ[f"{lost}_FILE"]).unlink()
    with pytest.raises(entrypoint.Missing, match=lost):
        entrypoint.write_ini(environ, tmp_path / "run" / "ckan.ini", tmp_path)
    assert not (tmp_path / "run").exists()


def test_an_empty_secret_is_no_secret(entrypoint, environ, tmp_path):
    Path(environ["POLE_JWT_KEY_FILE"]).write_text("\n", "utf-8")
    with pytest.raises(entrypoint.Missing, match="POLE_JWT_KEY"):
        entrypoint.values(environ, tmp_path)


def test_without_an_address_it_does_not_start(entrypoint, environ, tmp_path):
    with pytest.raises(entrypoint.Missing, match="POLE_SITE_URL"):
        entrypoint.values({**environ, "POLE_SITE_URL": ""}, tmp_path)


def test_the_ini_is_for_our_eyes_only_and_a_password_may_hold_anything(entrypoint, environ, tmp_path):
    ini = tmp_path / "run" / "ckan.ini"
    entrypoint.write_ini(environ, ini, tmp_path)
    assert stat.S_IMODE(ini.stat().st_mode) == 0o600
    read = RawConfigParser()
    read.read(ini, "utf-8")
    main = read["app:main"]
    assert main["ckan.site_url"] == "https://donnees.example.org"
    assert main["SECRET_KEY"] == "s3cret%%/@-0"  # CKAN halves it again
    assert main["sqlalchemy.url"] == "postgresql://ckan:s3cret%%25%%2F%%40-3@postgres:5432/ckan"
    assert main["solr_url"] == "http://solr:8983/solr/ckan"
    assert main["ckan.plugins"].split()[:3] == ["pole_guard", "pole_second_factor", "pole"]


def container(folder: Path) -> list[str]:
    """The files of the image in one folder, as the Dockerfile copies them, and the command that starts them."""
    for name in IMAGE:
        shutil.copy(ROOT / name, folder)
    # In the image the state and the ini have fixed places; here they are the test's.
    start = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import entrypoint as e;"
        "e.STATE = pathlib.Path(sys.argv[2]); e.INI = pathlib.Path(sys.argv[2]) / 'run/ckan.ini';"
        "e.values.__defaults__ = (e.STATE,); e.initialise.__defaults__ = (e.STATE,);"
        "e.write_ini.__defaults__ = (e.INI, e.STATE); e.main(sys.argv[3:])"
    )
    return [sys.executable, "-c", start, str(folder)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_init_then_web_on_real_services(portal, tmp_path):
    if portal.run("status").returncode:
        portal.must("up")
    secrets = json.loads((portal.local / "secrets.json").read_text("utf-8"))
    ports = json.loads((portal.local / "state.json").read_text("utf-8"))["ports"]
    state, port = tmp_path / "state", free_port()
    state.mkdir()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CKAN_", "POLE_"))} | {
        "POLE_TEMPLATES": str(ROOT / "config/ini"), "POLE_SITE_URL": f"http://127.0.0.1:{port}",
        "POLE_DB_HOST": "127.0.0.1", "POLE_DB_PORT": str(ports["postgres"]),
        "POLE_REDIS_HOST": "127.0.0.1", "POLE_REDIS_PORT": str(ports["redis"]),
        "POLE_SOLR_URL": f"http://127.0.0.1:{ports['solr']}/solr/ckan",
        "POLE_SECRET_KEY": secrets["secret_key"], "POLE_CSRF_KEY": secrets["csrf"], "POLE_JWT_KEY": secrets["jwt"],
        "POLE_DB_PASSWORD": secrets["pg_ckan"], "POLE_DATASTORE_PASSWORD": secrets["pg_datastore_ro"],
        "POLE_REDIS_PASSWORD": secrets["redis"], "POLE_BIND": f"127.0.0.1:{port}",
    }  # fmt: skip
    start = [*container(tmp_path), str(state)]

    for _ in range(2):  # a second time changes nothing and does no harm
        done = subprocess.run([*start, "init"], env=environ, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((state / "xloader_token").stat().st_mode) == 0o600

    web = subprocess.Popen([*start, "web"], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/3/action/status_show", timeout=30) as answer:
                    told = json.load(answer)["result"]
                break
            except (urllib.error.URLError, OSError):
                assert web.poll() is None, web.stderr and web.stderr.read()
                assert time.monotonic() < deadline, "the web role never answered"
                time.sleep(0.2)
        assert "pole_access" in told["extensions"]
    finally:
        web.terminate()
        web.communicate(timeout=60)


def test_a_role_is_its_command_and_any_other_word_is_a_command(entrypoint, monkeypatch):
    monkeypatch.setattr(entrypoint, "PROGRAMS", Path("/programs"))
    assert entrypoint.command(["gather"]) == ["/programs/ckan", "pole", "harvest", "consume", "gather"]
    assert entrypoint.command(["ckan", "user", "list"]) == ["ckan", "user", "list"]
