"""The real loader of tables, on closed resources: by a signed address of the gateway, of which nothing stays."""

from __future__ import annotations

import re
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from ckan.lib import jobs
from ckan.lib.redis import connect_to_redis
from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import NotAuthorized, ObjectNotFound
from ckan.tests import helpers
from freezegun import freeze_time
from rq import SimpleWorker
from werkzeug.serving import make_server

sys.path.append(str(Path(__file__).parent))
import source as sites

SECRET = "canari-table"


@pytest.fixture
def source():
    with sites.running() as server:
        yield server


@pytest.fixture
def site(app, world, ckan_config, clean_queues, source):
    """The site as a server that listens, with someone in the middle who may change what a signed address says."""
    changes = {}

    def serve(environ, start_response):
        change = changes.get(environ["PATH_INFO"].split("/")[3]) if "signature=" in environ["QUERY_STRING"] else None
        if change:
            environ["QUERY_STRING"] = change(environ["QUERY_STRING"])
        return app.flask_app(environ, start_response)

    server = make_server("127.0.0.1", 0, serve, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ckan_config["ckan.site_url"] = f"http://127.0.0.1:{server.server_port}"
    ckan_config["ckanext.xloader.api_token"] = server.token = world.headers("sysadmin")["Authorization"]
    server.changes = changes
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def add(site, custodian, source):
    """Make a closed resource; its table is loaded by the jobs that wait."""
    dataset = custodian.create(access_tier="agreement")
    context = custodian.by(custodian.editor)

    def make(name, **more):
        about = {"package_id": dataset["id"], "format": "CSV", "name_translated": {"fr": name}}
        return helpers.call_action("resource_create", context=dict(context), **about, **more)["id"]

    make.linked = f"http://127.0.0.1:{source.server_port}/table.csv"
    return make


def work():
    """What `ckan jobs worker --burst` does, but for the process of its own that each job gets."""
    SimpleWorker([jobs.get_queue()], connection=connect_to_redis()).work(burst=True)


def rows(world, who, table):
    return [row["mot"] for row in world.call("datastore_search", who, resource_id=table)["records"]]


def remembered(resource_ids):
    """All that the site and the loader keep of the jobs: their state, errors and logs."""
    from ckan import model
    from ckanext.xloader import db

    model.Session.rollback()
    tasks = sa.select(model.TaskStatus).where(model.TaskStatus.entity_id.in_(resource_ids))
    found = [str(task.as_dict()) for task in model.Session.execute(tasks).scalars()]
    db.init(tk.config)
    of_these = "t.job_id IN (SELECT job_id FROM metadata WHERE key = 'resource_id' AND value = ANY(:ids))"
    with db.ENGINE.begin() as connection:
        for name in ("jobs", "logs", "metadata"):
            query = sa.text(f'SELECT json_agg(t)::text FROM "{name}" t WHERE {of_these}')
            found.append(str(connection.execute(query, {"ids": resource_ids}).scalar()))
    return "\n".join(found)


def test_linked_and_uploaded_files_are_loaded_for_those_who_may_and_no_key_to_them_is_kept(
    add, site, world, custodian, capfd
):
    linked = add("Lien", url=add.linked)
    uploaded = add("Dépôt", upload=custodian.upload(f"mot\n{SECRET}\n", "depot.csv"))
    work()
    said = capfd.readouterr()
    for table in (linked, uploaded):
        assert rows(world, "custodian_member", table) == [SECRET]
        for who in ("", "outsider", "partner_member"):
            with pytest.raises(NotAuthorized):
                rows(world, who, table)
    world.sign()
    world.accept("partner_member")
    assert rows(world, "partner_member", linked) == rows(world, "partner_member", uploaded) == [SECRET]

    kept = remembered([linked, uploaded])
    assert f"/access/data/{linked}/data.csv?signature=…" in kept
    for text in (kept, said.out + said.err):
        assert not re.search(r"signature=[\w.%-]", text)
        assert add.linked not in text
        assert site.token not in text


def test_a_table_that_is_loaded_again_has_as_many_rows_as_its_file_has_now(add, site, world, custodian):
    def total() -> int:
        return world.call("datastore_search", "custodian_editor", resource_id=table, limit=0)["total"]

    table = add("Dépôt", upload=custodian.upload("mot\nun\ndeux\n", "depot.csv"))
    work()
    assert total() == 2
    changed = custodian.upload("mot\nun\ndeux\ntrois\n", "depot.csv")
    helpers.call_action("resource_patch", context=custodian.by(custodian.editor), id=table, upload=changed)
    work()
    assert total() == 3


def test_a_signature_that_is_not_good_loads_nothing_and_says_so(add, site, world, capfd):
    from ckanext.pole.access import ledger_keeping, service
    from ckanext.pole.access.ledger_tables import LOG

    forged, late, foreign = (add(name, url=add.linked) for name in ("Forgée", "Tardive", "Autre"))
    with freeze_time(datetime.now(timezone.utc) - timedelta(seconds=service.LIFETIME + 2)):
        old = service.signed("", late)[1:]
    others = service.signed("", forged)[1:]
    site.changes[forged] = lambda query: query[:-5] + ("A" if query[-5] != "A" else "B") + query[-4:]
    site.changes[late] = lambda _: old
    site.changes[foreign] = lambda _: others
    work()
    said = capfd.readouterr()
    for table in (forged, late, foreign):
        with pytest.raises(ObjectNotFound):
            rows(world, "custodian_member", table)
        task = world.call("task_status_show", "custodian_editor", entity_id=table, task_type="xloader", key="xloader")
        assert task["state"] == "error"
        assert "status=403" in task["error"]
        row = ledger_keeping.entries(LOG.c.resource_id == table, LOG.c.event == "data.download", limit=1)[0]
        assert (row["outcome"], row["code"]) == ("deny", "bad_signature")
    for text in (remembered([forged, late, foreign]), said.out + said.err):
        assert not re.search(r"signature=[\w.%-]", text)


def test_connections_that_a_restart_of_the_database_cut_fail_no_page_that_tells_of_a_load(add, site, world):
    from ckanext.xloader import db

    resource = add("Liée", url=add.linked)
    work()
    with db.ENGINE.connect() as connection:
        backend = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    with sa.create_engine(db.ENGINE.url).begin() as other:
        assert other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": backend}).scalar_one()
    told = world.call("xloader_status", "custodian_editor", resource_id=resource)
    assert told["status"] == "complete", told
    assert told["task_info"]["status"] == "complete"
    assert tk.get_action("xloader_status").side_effect_free, "GET asks it too"


@pytest.fixture
def add_open(site, custodian):
    """Make an open resource that anybody who publishes may make."""
    dataset = custodian.create()

    def make(url, **more):
        about = {"package_id": dataset["id"], "format": "CSV", "name_translated": {"fr": "Ouverte"}, "url": url}
        return custodian.world.call("resource_create", "custodian_editor", **about, **more)["id"]

    return make


def state(world, table):
    return world.call("task_status_show", "custodian_editor", entity_id=table, task_type="xloader", key="xloader")


def test_an_open_file_elsewhere_is_loaded_and_keeps_its_address(add, add_open, source, world):
    table = add_open(add.linked)
    source.asked.clear()
    work()
    assert rows(world, "", table) == [SECRET]
    assert world.call("resource_show", id=table)["url"] == add.linked
    assert [headers["User-Agent"] for _, headers in source.asked] != []
    assert all("python-requests" not in headers["User-Agent"] for _, headers in source.asked)
    work()
    assert state(world, table)["state"] == "complete", "nothing is loaded again for ever"


@pytest.mark.parametrize("kind", ["", "datapusher", "xloader"])
def test_the_loader_is_led_into_no_network_of_ours(add_open, source, world, ckan_config, kind):
    ckan_config["ckanext.pole.http.allow_private"] = []
    source.asked.clear()
    table = add_open(f"http://127.0.0.1:{source.server_port}/table.csv", url_type=kind)
    world.call("xloader_submit", "custodian_editor", resource_id=table)
    work()
    assert source.asked == []
    assert state(world, table)["state"] == "error"
    with pytest.raises(ObjectNotFound):
        rows(world, "", table)


@pytest.mark.parametrize("path", ["inside", "cloud"])
def test_nor_by_a_redirect(add_open, source, world, path, monkeypatch):
    monkeypatch.setattr("ckanext.xloader.jobs.max_retries", 0)
    table = add_open(f"http://127.0.0.1:{source.server_port}/{path}.csv")
    work()
    assert state(world, table)["state"] == "error"
    assert "status=502" in state(world, table)["error"]


def test_the_gateway_brings_open_files_of_others_to_nobody_but_the_loader(app, add, add_open):
    from ckanext.pole.access import service

    table = add_open(add.linked)
    assert app.get(f"/access/data/{table}/data.csv", expect_errors=True).status_code == 404
    forged = service.signed("", "another")[1:]
    assert app.get(f"/access/data/{table}/data.csv?{forged}", expect_errors=True).status_code == 403
    assert SECRET in app.get(f"/access/data/{table}/data.csv{service.signed('', table)}").body
