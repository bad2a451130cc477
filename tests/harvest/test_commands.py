"""`ckan pole harvest run|preview|report|resume`: what an operator reads in a terminal, and what stays written."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories

from ckanext.pole.cli import get_commands
from ckanext.pole.harvest import model as tables
from ckanext.pole.harvest import runs


@pytest.fixture
def said(cli):
    """Run `ckan pole harvest …` and give its code and what it printed."""

    def run(*words):
        (pole,) = get_commands()
        done = cli.invoke(pole, ["harvest", *words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return done.exit_code, done.output

    return run


def rows():
    """How many rows each table has, and when each dataset changed: what a dry run must not touch."""
    names = [name for name in sa.inspect(model.ensure_engine()).get_table_names() if "alembic" not in name]
    counts = {name: model.Session.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar() for name in names}
    stamps = model.Session.execute(sa.select(model.Package.id, model.Package.metadata_modified, model.Package.state))
    return counts, sorted(map(tuple, stamps))


class TestRun:
    def test_it_harvests_here_and_says_what_it_did(self, said, city):
        code, text = said("run", "source")
        assert code == 0, text
        assert "finished" in text
        assert "new=10" in text
        assert "written=10" in text
        assert len(city.packages()) == 10

    def test_a_source_that_fails_ends_with_the_reason_in_both_languages(self, said, city, portal):
        portal.faults.add("error", path="*/package_search", status=404)
        code, text = said("run", "source")
        assert code == 1
        assert "failed" in text
        assert " · " in text.splitlines()[-1]

    def test_a_source_that_does_not_exist_is_named(self, said, city):
        code, text = said("run", "nulle-part")
        assert code == 1
        assert "nulle-part" in text


class TestPreview:
    def test_the_first_records_are_listed(self, said, city):
        code, text = said("preview", "source", "--limit", "3")
        assert code == 0
        assert [line.split()[0] for line in text.splitlines()] == ["new"] * 3

    def test_as_json_it_is_what_the_action_gives(self, said, city):
        code, text = said("preview", "source", "--limit", "2", "--json")
        assert code == 0
        assert len(json.loads(text)["records"]) == 2

    def test_all_of_it_counts_and_shows_what_a_run_would_do_and_writes_nothing(self, said, city, portal):
        city.run()
        packages = portal.city.portal.packages
        old, packages[0]["title"] = packages[0]["title"], "Un autre titre"
        gone = packages.pop(1)
        packages.append({**packages[3], "id": "tout-neuf", "name": "tout-neuf", "title": "Tout neuf", "url": ""})
        packages[2]["title"] = ""
        before = rows()
        code, text = said("preview", "source", "--all")
        assert code == 0, text
        for count in ("records=10", "new=1", "changed=1", "same=7", "bad=1", "gone=1", "held=1"):
            assert count in text, count
        assert f"title_translated.fr: {old} → Un autre titre" in text
        assert "Tout neuf" in text
        assert gone["title"] in text
        assert rows() == before
        city.run()
        report = tk.get_action("pole_harvest_report")(city.context(), {"source_id": city.source_id})
        assert (report["new"], report["changed"], report["same"]) == (1, 1, 7), "and the run does just that"

    def test_a_source_that_breaks_off_deletes_nothing_even_in_thought(self, said, city, portal):
        city.run()
        portal.faults.add("error", path="*/package_search", after=1, status=404)
        code, text = said("preview", "source", "--all", "--json")
        assert code == 1
        found = json.loads(text[: text.rindex("}") + 1])
        assert (found["held"], found["reason"], found["whole"]) == (5, "incomplete", False)

    def test_it_is_for_those_who_look_after_the_source(self, city):
        with pytest.raises(tk.NotAuthorized):
            tk.get_action("pole_harvest_rehearse")({"user": factories.User()["name"]}, {"source_id": city.source_id})


class TestReport:
    def test_it_shows_each_field_that_changed(self, said, city, portal):
        city.run()
        portal.city.portal.packages[0]["title"] = "Un autre titre"
        city.run()
        code, text = said("report", "source")
        assert code == 0
        assert "changed=1" in text
        assert "→ Un autre titre" in text

    def test_a_source_that_never_ran_has_none(self, said, city):
        code, text = said("report", "source")
        assert code == 1
        assert "·" in text


class TestResume:
    def test_a_run_that_is_not_stopped_is_not_resumed(self, said, city):
        city.run()
        code, text = said("resume", "source")
        assert code == 1
        assert text.startswith("Error")

    def test_it_goes_on_after_the_last_page_that_was_read_and_still_deletes_what_is_gone(self, said, city, portal):
        city.run()
        gone = portal.city.portal.packages.pop()
        portal.city.portal.packages[0]["title"] = "Un autre titre"
        job = stopped_after_a_page(city)
        portal.requests.clear()
        code, text = said("resume", "source")
        assert code == 0, text
        assert [query for _, path, query, _ in portal.requests if "start=0" in query] == []
        row = runs.get(job)
        assert (row.state, row.records, row.changed, row.whole, row.deleted) == ("finished", 9, 1, True, 1)
        assert not city.packages(fq=f'name:"{gone["name"]}"')
        assert not model.Session.execute(sa.select(tables.page)).all()

    def test_after_long_the_source_is_read_from_its_beginning(self, said, city, portal):
        job = stopped_after_a_page(city)
        model.Session.execute(sa.update(tables.page).values(at=sa.func.now() - sa.text("interval '1 hour'")))
        model.Session.commit()
        portal.requests.clear()
        assert said("resume", "source")[0] == 0
        assert [query for _, path, query, _ in portal.requests if "start=0" in query]
        assert (runs.get(job).records, len(city.packages())) == (10, 10)


def stopped_after_a_page(city):
    """A run that a person stopped while its first page was compared."""
    from ckanext.harvest import queue
    from ckanext.harvest.model import HarvestJob

    job_id = tk.get_action("harvest_job_create")(city.context(), {"source_id": city.source_id, "run": False})["id"]
    job = model.Session.get(HarvestJob, job_id)
    job.status = "Running"
    model.Session.commit()

    def stop(tally):
        tk.get_action("pole_harvest_run_stop")(city.context(), {"source_id": city.source_id})

    queue.get_harvester("pole_ckan").gather_stage(job, progress=stop)
    assert runs.get(job_id).state == "stopped"
    return job_id


class TestTwoAtOnce:
    def test_of_two_processes_that_run_one_source_one_waits_and_finds_nothing_left_to_do(
        self, request, city, portal, cli
    ):
        # Long enough for the second process to start within the first one's run on a busy machine as well.
        portal.faults.add("slow", path="*/package_search", times=2, delay=12, chunk=20_000)
        ini = str(Path(request.config.option.ckan_ini).resolve())
        command = [str(Path(sys.executable).with_name("ckan")), "-c", ini, "pole", "harvest", "run", "source"]
        one, other = (
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)
        )
        texts = [process.communicate(timeout=120)[0] for process in (one, other)]
        assert [one.returncode, other.returncode] == [0, 0], texts
        assert sorted("new=10" in text for text in texts) == [False, True], texts
        assert sorted("waiting for another run" in text for text in texts) == [False, True], texts
        first, second = model.Session.execute(sa.select(tables.run).order_by(tables.run.c.started)).all()
        assert (first.new, second.new, second.same) == (10, 0, 10)
        assert second.started >= first.finished
        starts = [query.split("start=")[1].split("&")[0] for _, _, query, _ in portal.requests if "start=" in query]
        assert starts == ["0", "5", "0", "5"], "the two do not read at once"
        assert len(city.packages()) == 10

    def test_a_job_that_is_read_twice_is_read_by_one_after_the_other(self, request, city, portal):
        """Two gather consumers, a job given out twice, an operator who aborts and starts again: the lease decides."""
        from threading import Thread

        from ckanext.harvest import queue
        from ckanext.harvest.model import HarvestJob

        portal.faults.add("slow", path="*/package_search", times=2, delay=0.3, chunk=20_000)
        jobs = []
        for _ in range(2):
            jobs.append(tk.get_action("harvest_job_create")(city.context(), {"source_id": city.source_id})["id"])
            model.Session.execute(sa.text("UPDATE harvest_job SET status = 'Finished'"))
            model.Session.commit()

        def read(job_id):
            job = model.Session.get(HarvestJob, job_id)
            queue.get_harvester("pole_ckan").gather_stage(job)
            model.Session.remove()

        threads = [Thread(target=read, args=[job_id]) for job_id in jobs]
        for thread in threads:
            thread.start()
            time.sleep(0.2)
        for thread in threads:
            thread.join()
        starts = [query.split("start=")[1].split("&")[0] for _, _, query, _ in portal.requests if "start=" in query]
        assert starts == ["0", "5", "0", "5"]
        assert not model.Session.execute(sa.select(tables.lease)).all()
