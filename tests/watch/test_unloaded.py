"""A file was taken and its table was not loaded, because a service was away: it is loaded when the service is back."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib import jobs
from ckan.lib.redis import connect_to_redis
from ckan.tests import factories, helpers
from redis import ConnectionPool
from rq import SimpleWorker, Worker

from ckanext.pole.watch import examinations, lost, unloaded
from ckanext.pole.watch.doctor import Level

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index", "clean_queues")]
SOLR_AWAY = (
    "Solr returned an error: Solr responded with an error (HTTP 502): [Reason: None]\n<html>502 Bad Gateway</html>"
)
LATER = timedelta(minutes=5)


def table(url: str = "http://127.0.0.1:9/t.csv") -> str:
    """A resource that xloader is asked to load; gives its id."""
    by = {"user": factories.Sysadmin()["name"]}
    owner = factories.Organization(title_translated={"fr": "Ville"})["id"]
    dataset = helpers.call_action(
        "package_create", context=by, owner_org=owner, name=f"jeu-{owner[:8]}", title_translated={"fr": "Jeu"},
        notes_translated={"fr": "Note"}, license_id="cc-by",
    )  # fmt: skip
    return helpers.call_action(
        "resource_create", context=by, package_id=dataset["id"], url=url, format="CSV",
        name_translated={"fr": "Table"},
    )["id"]  # fmt: skip


def queued() -> list[str]:
    return [job.args[0]["metadata"]["resource_id"] for job in jobs.get_queue().get_jobs() if "xloader" in job.func_name]


def note(resource: str) -> str:
    model.Session.expire_all()
    found = tk.get_action("task_status_show")(
        {"ignore_auth": True}, {"entity_id": resource, "task_type": "xloader", "key": "xloader"}
    )
    return found["state"]


def ended(resource: str, error: str) -> None:
    """What xloader writes when a job of its own has failed."""
    jobs.get_queue().empty()
    helpers.call_action(
        "task_status_update", entity_id=resource, entity_type="resource", task_type="xloader", key="xloader",
        value="{}", state="error", error=error, last_updated=str(datetime.now(timezone.utc).replace(tzinfo=None)),
    )  # fmt: skip


def work() -> None:
    """What `ckan jobs worker --burst` does, but for the process of its own that each job gets."""
    SimpleWorker([jobs.get_queue()], connection=connect_to_redis()).work(burst=True)


def load_again(later: timedelta = LATER) -> int:
    return unloaded.load_again(datetime.now(timezone.utc) + later)


def test_a_job_that_redis_did_not_take_is_given_to_it_when_it_is_back(monkeypatch):
    with monkeypatch.context() as away:
        away.setattr("ckan.lib.redis._connection_pool", ConnectionPool.from_url("redis://127.0.0.1:9/0"))
        jobs._queues.clear()
        resource = table()
        assert note(resource) == "submitting", "the file was acknowledged all the same"
        assert load_again() == 0, "it is still away"
    jobs._queues.clear()
    assert queued() == []
    assert unloaded.load_again() == 0, "xloader may be about to do it"
    assert load_again() == 1
    assert queued() == [resource]
    assert note(resource) == "pending"
    assert load_again() == 0, "once is enough"


def test_a_job_that_failed_while_nobody_could_write_it_down_is_tried_again_and_later_each_time(ckan_config):
    ckan_config["ckan.site_url"] = "http://127.0.0.1:9"  # a web process that is not there hears of no end
    resource = table()
    work()
    assert (note(resource), queued()) == ("pending", [])
    assert unloaded.load_again() == 0, "xloader may be about to do it"
    assert load_again() == 1
    assert queued() == [resource]
    work()
    with model.ensure_engine().begin() as connection:  # as if the file had come ten minutes before the last try
        connection.execute(sa.update(model.Resource).where(model.Resource.id == resource).values(
            metadata_modified=datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(minutes=10)
        ))  # fmt: skip
    assert load_again() == 0
    assert load_again(timedelta(minutes=11)) == 1


def test_a_job_that_is_at_work_still_is_left_alone(ckan_config):
    meanwhile: list[int] = []

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            meanwhile.append(load_again())
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        table()
        ckan_config["ckan.site_url"] = f"http://127.0.0.1:{server.server_port}"  # the loader asks the portal alone
        work()
        server.shutdown()
    assert meanwhile == [0]


@contextmanager
def deadly(worker: Worker) -> Iterator[str]:
    """Where the portal is, or seems to be: every file of it kills whoever loads it."""

    class Deadly(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            os.kill(worker.horse_pid, signal.SIGKILL)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Deadly) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_file_that_kills_its_worker_each_time_is_given_up_until_there_is_another_and_whoever_looks_is_told(
    app, ckan_config
):
    """Each try is a process of its own, as it is with `ckan jobs worker`, which loads CKAN again in each."""
    worker = Worker([jobs.get_queue()], connection=connect_to_redis())
    with deadly(worker) as portal:
        resource = table()
        ckan_config["ckan.site_url"] = portal  # the loader asks the portal alone, whatever the file's address
        for turn in range(1 + lost.TRIES):
            model.Session.remove()
            model.ensure_engine().dispose()  # a process has connections of its own
            worker.work(burst=True)
            assert (note(resource), queued()) == ("pending", [])
            if turn < lost.TRIES:
                assert load_again() == 0, "its job will be put back"
                pause = lost.PAUSES[turn]
                assert not pause or lost.put_back(time.time() + pause - 5) == 0, "not yet"
                assert lost.put_back(time.time() + pause + 5) == 1
                assert queued() == [resource]
        assert lost.put_back(time.time() + 3600) == 0
    assert load_again() == 0
    assert (note(resource), queued()) == ("error", [])
    assert load_again(timedelta(hours=12)) == 0, "for good"

    admin = factories.SysadminWithToken()
    dataset = helpers.call_action("resource_show", id=resource)["package_id"]
    for start, said in (("", "a mis fin plusieurs fois au processus"), ("/en", "ended several times the process")):
        page = app.get(f"{start}/dataset/{dataset}/resource_data/{resource}", headers={"Authorization": admin["token"]})
        assert said in page.body
    status = helpers.call_action("xloader_status", resource_id=resource)
    assert status["error"]["code"] == unloaded.DEADLY
    (found,) = examinations.of_loading({})
    assert (found.level, resource in found.french, resource in found.english) == (Level.WARNING, True, True)

    by = {"user": admin["name"]}
    helpers.call_action("resource_patch", context=by, id=resource, url="http://127.0.0.1:9/better.csv")
    assert (note(resource), queued()) == ("pending", [resource])
    work()
    assert load_again() == 1, "of this one nobody knows how it went"
    assert queued() == [resource]
    assert [one.level for one in examinations.of_loading({})] == [Level.WELL]


@pytest.mark.parametrize(("kind", "again"), [("upload", 1), ("", 0)])
def test_a_file_that_the_portal_itself_could_not_give_is_asked_for_again(kind, again):
    resource = table()
    ended(resource, "b'Xloader received a bad HTTP response status=503 url=http://x/t.csv response=<Response [503]>'")
    model.Session.execute(sa.update(model.Resource).where(model.Resource.id == resource).values(url_type=kind))
    model.Session.commit()
    assert load_again() == again


def test_a_job_that_failed_because_solr_was_away_is_tried_again():
    resource = table()
    ended(resource, SOLR_AWAY)
    assert load_again() == 1
    assert queued() == [resource]


@pytest.mark.parametrize(
    "error",
    ["Only http, https, and ftp resources may be fetched.", "Error during the load into PostgreSQL: invalid input"],
)
def test_a_file_that_is_itself_at_fault_is_not(error):
    ended(table(), error)
    assert load_again() == 0


def test_neither_is_one_that_was_deleted_or_is_old():
    resource = table()
    ended(resource, SOLR_AWAY)
    assert load_again(timedelta(days=2)) == 0
    helpers.call_action("resource_delete", context={"user": factories.Sysadmin()["name"]}, id=resource)
    assert load_again() == 0
