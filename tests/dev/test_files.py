"""State, secrets, settings: what `./dev` writes."""

from __future__ import annotations

import configparser
import os
import stat

import pytest
from local import databases, environment, programs, python_env, site, solr, store, terminal
from local.layout import SOCKET_PATH_LIMIT, Layout
from local.site import Place

PORTS = {"postgres": 20001, "redis": 20002, "solr": 20003, "demo": 20004, "web": 20005}


def test_a_file_cut_short_by_a_crash_reads_as_empty(tmp_path):
    path = tmp_path / "state.json"
    path.write_text('{"ports": {"web": 50')
    assert store.read(path) == {}
    assert store.update(path, a=1) == {"a": 1}
    assert store.read(path) == {"a": 1}


def test_a_json_file_that_holds_no_object_reads_as_empty(tmp_path):
    path = tmp_path / "state.json"
    path.write_text("[1]")
    assert store.read(path) == {}


def test_secrets_are_drawn_once_and_readable_by_their_owner_only(tmp_path):
    path = tmp_path / "secrets.json"
    first = store.drawn_secrets(path)
    assert store.drawn_secrets(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(store.SECRET_NAMES) <= set(first)
    assert len({first[name] for name in store.SECRET_NAMES}) == len(store.SECRET_NAMES)
    assert min(len(first[name]) for name in store.SECRET_NAMES) >= 32


def test_a_secret_that_is_new_in_this_version_is_added_and_the_others_stay(tmp_path):
    path = tmp_path / "secrets.json"
    store.write(path, {"jwt": "known"})
    assert store.drawn_secrets(path)["jwt"] == "known"
    assert "redis" in store.read(path)


def test_a_percent_in_a_value_survives_ckans_reading():
    text = site.render("[app:main]\nckan.storage_path = $storage\n", {"storage": "/tmp/50%/x"})
    parser = configparser.ConfigParser()
    parser.read_string(text)
    assert parser["app:main"]["ckan.storage_path"] == "/tmp/50%/x"


def test_a_template_with_a_value_that_nobody_gives_is_an_error():
    with pytest.raises(KeyError):
        site.render("a = $nobody", {})


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The real templates, in a checkout of another name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    real = Layout(site.Path(__file__).resolve().parents[2])
    made = Layout(tmp_path / "50% de pôle")
    (made.root / "config").mkdir(parents=True)
    (made.root / "config" / "ini").symlink_to(real.templates)
    made.make()
    return made


def test_both_ini_files_are_whole_and_differ_where_they_must(checkout):
    secrets = store.drawn_secrets(checkout.secrets)
    place = Place(PORTS, "127.0.0.1")
    site.write_ini(checkout, place, secrets)
    site.write_test_ini(checkout, place, secrets)
    parsed = []
    for path in (checkout.ini, checkout.test_ini):
        parser = configparser.ConfigParser()
        parser.read(path, "utf-8")
        parsed.append(parser["app:main"])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for setting in (
        "sqlalchemy.url",
        "ckan.datastore.write_url",
        "ckan.datastore.read_url",
        "ckan.redis.url",
        "solr_url",
        "ckan.storage_path",
        "ckan.site_id",
        "ckan.site_url",
        "ckanext.xloader.jobs_db.uri",
    ):
        assert parsed[0][setting] != parsed[1][setting], setting
    assert parsed[0]["ckan.plugins"] == parsed[1]["ckan.plugins"]
    assert parsed[0]["ckan.locale_default"] == parsed[1]["ckan.locale_default"] == "fr"
    assert secrets["pg_ckan"] not in parsed[0]["ckan.datastore.read_url"]


@pytest.mark.parametrize(
    ("host", "url", "internal"),
    [
        ("127.0.0.1", "http://localhost:20005", "http://127.0.0.1:20005"),
        ("0.0.0.0", "http://localhost:20005", "http://127.0.0.1:20005"),
        ("192.0.2.7", "http://192.0.2.7:20005", "http://192.0.2.7:20005"),
    ],
)
def test_the_site_is_named_so_that_it_can_be_reached(host, url, internal):
    place = Place(PORTS, host)
    assert (place.url, place.internal_url) == (url, internal)


def test_the_managers_configuration_can_be_read_back_whatever_the_path(checkout):
    odd = programs.Program("odd", ["/a b/50%", "c;d", "e ;f", 'g"h'], 10, variables={"NAME": "50%"})
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";",), strict=True)
    parser.read_string(programs.render(checkout, [odd], as_root=False))
    section = parser["program:odd"]
    assert "50%%" in section["command"]
    assert section["stdout_logfile"].endswith("/odd.log")
    assert "user" not in parser["supervisord"]


def test_a_socket_in_a_deep_folder_moves_to_a_short_one(tmp_path):
    assert Layout(site.Path("/srv/pole")).socket == site.Path("/srv/pole/.local/run/supervisor.sock")
    deep = Layout(tmp_path / ("x" * 120))
    assert len(os.fsencode(deep.socket)) <= SOCKET_PATH_LIMIT
    assert deep.socket != Layout(tmp_path / ("y" * 120)).socket


def test_a_short_folder_that_someone_else_opened_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = Layout(tmp_path / ("x" * 120))
    deep.root.mkdir()
    deep.socket.parent.mkdir(mode=0o777)
    deep.socket.parent.chmod(0o777)
    with pytest.raises(PermissionError):
        deep.make()


def test_another_portals_variables_do_not_reach_ckan(monkeypatch):
    for name in ("CKAN_SQLALCHEMY_URL", "CKAN_INI", "PYTHONPATH", "VIRTUAL_ENV", "POLE_PORT"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "intra.example")
    env = environment.clean()
    assert not {"CKAN_SQLALCHEMY_URL", "CKAN_INI", "PYTHONPATH", "VIRTUAL_ENV", "POLE_PORT"} & set(env)
    assert env["http_proxy"]
    assert set(env["no_proxy"].split(",")) >= {"intra.example", "localhost", "127.0.0.1"}


def test_the_installer_is_told_what_pip_knows(monkeypatch):
    for name in ("UV_DEFAULT_INDEX", "SSL_CERT_FILE", "UV_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    known = {"index-url": "https://pypi.example/simple", "cert": "/etc/ca.pem", "find-links": "/w"}
    told = environment.installer(known)
    assert told["UV_DEFAULT_INDEX"] == "https://pypi.example/simple"
    assert told["SSL_CERT_FILE"] == "/etc/ca.pem"
    assert told["UV_FIND_LINKS"] == "/w"
    assert told["UV_PYTHON_DOWNLOADS"] == "never"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.example/simple")
    told = environment.installer({"index-url": "https://pypi.example/simple"})
    assert told["UV_DEFAULT_INDEX"] == "https://mine.example/simple"


def test_the_environments_stamp_follows_what_it_is_made_from(layout):
    first = python_env.stamp(layout, "serve")
    (layout.root / "requirements.txt").write_text("ckan==2.12.0\n")
    second = python_env.stamp(layout, "serve")
    po = layout.root / "i18n" / "fr" / "LC_MESSAGES" / "ckanext-pole.po"
    po.parent.mkdir(parents=True)
    po.write_text("msgid")
    third = python_env.stamp(layout, "serve")
    assert len({first, second, third}) == 3
    assert not python_env.is_ready(layout, "serve")


def test_the_datastores_rights_name_our_databases(tmp_path):
    script = tmp_path / "set_permissions.sql"
    script.write_text("\\connect {datastoredb}\nREVOKE CONNECT ON DATABASE {maindb} FROM {readuser};\n")
    text = databases.permissions(script, databases.TEST)
    assert text == "\\connect datastore_test\nREVOKE CONNECT ON DATABASE ckan_test FROM datastore_ro;\n"


def test_jars_of_another_pom_are_not_taken_for_ours(layout):
    layout.solr_sources.mkdir(parents=True)
    (layout.solr_sources / "pom.xml").write_text("<project/>")
    layout.solr_lib.mkdir(parents=True)
    assert not solr.jars_ready(layout)
    (layout.solr_lib / ".stamp").write_text("older")
    assert not solr.jars_ready(layout)


def test_the_end_of_a_log_is_shown_even_if_it_is_huge_or_not_text(tmp_path):
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * 300_000 + b"\n\xff\xfe\n" + b"".join(b"line %d\n" % n for n in range(50)))
    assert terminal.tail(log, 2) == ["line 48", "line 49"]
    assert terminal.tail(tmp_path / "absent.log") == []
