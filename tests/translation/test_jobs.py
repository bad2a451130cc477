"""The machine's round, against a server that speaks LibreTranslate's protocol."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories, helpers

from ckanext.pole.translation import jobs

KEY = "clé"


class Host(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Talk)
        self.asked, self.status = [], 200


class Talk(BaseHTTPRequestHandler):
    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.server.status if sent.get("api_key") == KEY else 403
        self.server.asked += sent["q"]
        data = json.dumps({"translatedText": [f"{text} ({sent['target']})" for text in sent["q"]]}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def host(monkeypatch, with_plugins, clean_db, clean_index):
    monkeypatch.setenv(jobs.KEY, KEY)
    server = Host()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setitem(tk.config, "ckanext.pole.translator.url", f"http://127.0.0.1:{server.server_port}")
    factories.User(name="ana")
    factories.Organization(name="pp", title_translated={"fr": "V"}, users=[{"name": "ana", "capacity": "editor"}])
    yield server
    server.shutdown()
    server.server_close()


def create(name, **fields):
    wanted = {"title_translated": {"fr": "Jardins"}, "notes_translated": {"fr": "Où jardiner"}, **fields}
    return helpers.call_action("package_create", context={"user": "ana"}, name=name, owner_org="pp", **wanted)


def show(name):
    model.Session.expire_all()
    return helpers.call_action("package_show", id=name)


def test_without_an_engine_nothing_is_queued_nor_asked(host, monkeypatch):
    monkeypatch.setitem(tk.config, "ckanext.pole.translator.url", "")
    create("jeu")
    assert not jobs.enqueue_due()
    assert jobs.translate_waiting() == {"asked": 0, "written": 0}
    assert host.asked == []


def test_a_wrong_key_changes_nothing(host, monkeypatch):
    monkeypatch.setenv(jobs.KEY, "fausse")
    create("jeu")
    jobs.translate_waiting()
    assert show("jeu")["title_translated"] == {"fr": "Jardins"}


def test_texts_are_marked_as_a_machines_and_each_is_asked_for_once(host):
    create("aa", resources=[{"url": "https://exemple.test/page", "name_translated": {"fr": "Jardins"}}])
    create("bb", title_translated={"fr": "Lieux", "en": "Places"})
    assert jobs.translate_waiting() == {"asked": 2, "written": 2}
    assert sorted(host.asked) == ["Jardins", "Où jardiner"]
    assert show("aa")["title_translated"] == {"fr": "Jardins", "en-t-fr": "Jardins (en)"}
    assert show("aa")["resources"][0]["name_translated"] == {"fr": "Jardins", "en-t-fr": "Jardins (en)"}
    assert show("bb")["title_translated"] == {"fr": "Lieux", "en": "Places"}
    assert jobs.translate_waiting() == {"asked": 0, "written": 0}


def test_a_machines_text_is_made_again_when_its_source_changed(host):
    create("jeu")
    jobs.translate_waiting()
    host.asked.clear()
    changed = {"fr": "Parcs", "en-t-fr": "Jardins (en)"}
    helpers.call_action("package_patch", context={"user": "ana"}, id="jeu", title_translated=changed)
    jobs.translate_waiting()
    assert host.asked == ["Parcs"]
    assert show("jeu")["title_translated"]["en-t-fr"] == "Parcs (en)"


def test_a_round_is_queued_once_in_a_while(host):
    from ckan.lib.redis import connect_to_redis

    connect_to_redis().delete(f"ckan:{tk.config['ckan.site_id']}:pole:translation:queued")
    assert jobs.enqueue_due()
    assert not jobs.enqueue_due()
