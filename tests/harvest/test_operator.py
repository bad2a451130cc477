"""What the operator of a source sees and decides: preview, report, quarantine, held deletions, stop and resume."""

from __future__ import annotations

import re
from threading import Event

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories, helpers

from ckanext.pole.harvest import runs
from ckanext.pole.harvest.consumer import consume


def call(city, action, **data):
    return tk.get_action(action)(city.context(), {"source_id": city.source_id, **data})


def test_a_preview_shows_each_record_beside_the_raw_one_and_writes_nothing(city, portal):
    portal.city.portal.packages[1]["title"] = ""
    found = call(city, "pole_harvest_preview", limit=3)
    assert [record["action"] for record in found["records"]] == ["new", "bad", "new"]
    assert found["records"][0]["mapped"]["title_translated"]["fr"] == found["records"][0]["raw"]["title"]
    assert found["records"][1]["problem"]
    assert found["expected"] == 10
    assert not model.Session.query(model.Package).filter_by(type="dataset").count()


def test_a_preview_of_a_source_that_does_not_answer_says_why(city, portal):
    portal.faults.add("error", path="*/package_search", status=404)
    found = call(city, "pole_harvest_preview")
    assert not found["records"]
    assert found["problem"].startswith("Il n'y a plus rien à cette adresse"), "in the page's language"


def test_the_report_names_each_field_that_changed_with_both_values_and_what_people_kept(city, portal):
    city.run()
    first = portal.city.portal.packages[0]
    before, first["title"], first["notes"] = first["title"], "Tout autre titre", "Tout autre texte"
    dataset = city.package(fq=f'name:"{first["name"]}"')
    curated = {**dataset["notes_translated"], "fr": "Notre description"}
    helpers.call_action("package_patch", context=city.context(), id=dataset["id"], notes_translated=curated)
    city.run()
    report = call(city, "pole_harvest_report")
    assert (report["state"], report["changed"], report["written"], report["whole"]) == ("finished", 1, 1, True)
    (change,) = report["changes"]
    assert change["fields"]["title_translated.fr"] == [before, "Tout autre titre"]
    assert change["kept"] == ["notes_translated.fr"]
    again = tk.get_action("package_show")({"ignore_auth": True}, {"id": dataset["id"]})
    assert again["notes_translated"]["fr"] == "Notre description"


def test_a_bad_record_waits_in_quarantine_is_not_tried_while_it_is_the_same_and_leaves_when_mended(city, portal):
    packages = portal.city.portal.packages
    title, packages[2]["title"] = packages[2]["title"], ""
    city.run()
    (row,) = call(city, "pole_harvest_quarantine_list")
    assert (row["guid"], row["reason"]) == (packages[2]["id"], "unreadable")
    city.run()
    assert len(call(city, "pole_harvest_quarantine_list")) == 1
    packages[2]["title"] = title
    city.run()
    assert not call(city, "pole_harvest_quarantine_list")
    assert len(city.packages()) == 10


def test_what_is_held_stays_until_a_person_decides_and_a_refusal_is_remembered(city, portal):
    city.run()
    gone = portal.city.portal.packages[6:]
    del portal.city.portal.packages[6:]
    city.run()
    rows = call(city, "pole_harvest_held_deletions_list")
    assert {row["guid"] for row in rows} == {package["id"] for package in gone}
    assert len(city.packages()) == 10
    with pytest.raises(tk.ValidationError):
        call(city, "pole_harvest_held_deletion_decide", ids=[rows[0]["id"]], decision="peut-être")
    done = call(city, "pole_harvest_held_deletion_decide", ids=[row["id"] for row in rows[:2]], decision="approve")
    assert done == {"approved": 2, "refused": 0}
    assert len(city.packages()) == 8
    call(city, "pole_harvest_held_deletion_decide", ids=[row["id"] for row in rows[2:]], decision="refuse")
    city.run()
    assert not call(city, "pole_harvest_held_deletions_list")
    assert len(city.packages()) == 8
    portal.city.portal.packages.extend(gone)
    city.run()
    assert len(city.packages()) == 10


def test_a_stopped_run_writes_nothing_until_it_is_resumed(city):
    job = tk.get_action("harvest_job_create")(city.context(), {"source_id": city.source_id, "run": True})
    consume("gather", Event(), until_empty=True)
    call(city, "pole_harvest_run_stop")
    consume("fetch", Event(), until_empty=True)
    assert not city.packages()
    call(city, "pole_harvest_run_resume")
    consume("fetch", Event(), until_empty=True)
    assert len(city.packages()) == 10
    assert runs.get(job["id"]).state == "finished"


def test_of_two_sources_with_the_same_dataset_the_first_in_order_owns_it(city, portal):
    city.run()
    helpers.call_action(
        "harvest_source_create", context={"user": city.user},
        **{**city.details, "name": "autre", "url": f"{portal.url}/city/"}, config='{"language": "fr", "priority": 200}',
    )  # fmt: skip
    other = tk.get_action("harvest_source_show")(city.context(), {"id": "autre"})["id"]
    tk.get_action("harvest_job_create")(city.context(), {"source_id": other, "run": True})
    consume("gather", Event(), until_empty=True)
    consume("fetch", Event(), until_empty=True)
    report = tk.get_action("pole_harvest_report")(city.context(), {"source_id": other})
    assert (report["duplicates"], report["new"], report["written"]) == (10, 0, 0)
    assert len(city.packages()) == 10


def test_a_stranger_sees_and_steers_nothing(city):
    city.run()
    stranger = factories.User()
    for action in ("report", "run_list", "quarantine_list", "held_deletions_list", "preview", "run_stop"):
        with pytest.raises(tk.NotAuthorized):
            tk.get_action(f"pole_harvest_{action}")({"user": stranger["name"]}, {"source_id": city.source_id})


PAGES = {
    "report": "Report of a run",
    "history": "History",
    "quarantine": "Quarantine",
    "held": "Held deletions",
    "preview": "Preview",
}
#: "22 novembre 2026 à 14 h 05", in one line from the hour on.
MOMENT = re.compile(r"(1er|\d{1,2}) \w+ \d{4} à \d{1,2}\u00a0h\u00a0\d{2}")


def test_each_page_opens_for_who_looks_after_the_source_and_for_nobody_else(city, portal, app):
    portal.city.portal.packages[2]["title"] = ""
    city.run()
    del portal.city.portal.packages[4:]
    city.run()
    admin = factories.SysadminWithToken()
    for page, title in PAGES.items():
        answer = app.get(f"/en/harvest/source/{page}", headers={"Authorization": admin["token"]})
        assert answer.status_code == 200, page
        assert f"<h1>{title}</h1>" in answer.body
        french = app.get(f"/fr/harvest/source/{page}", headers={"Authorization": admin["token"]})
        assert "Suppressions retenues" in french.body, page
        if page in ("report", "history", "quarantine"):
            assert MOMENT.search(french.body), page
        if page == "quarantine":
            assert "La fiche n’a pas de titre · The record has no title" in french.body
        assert app.get(f"/harvest/source/{page}", follow_redirects=False).status_code in (302, 403), page
    (last, _first) = call(city, "pole_harvest_run_list")
    assert last["same"] == 3
    # ckanext-harvest's own pages, of a run that has written nothing
    for path, said in (
        ("admin/source", "3 not modified"), (f"source/job/{last['id']}", "3 not modified"),
        ("source/job", "<td>0</td><td>0</td><td>0</td><td>3</td>"),
    ):  # fmt: skip
        page = app.get(f"/en/harvest/{path}", headers={"Authorization": admin["token"]}).body
        assert said in " ".join(page.split()), path
        assert "0 errors" not in page, "nothing failed: nothing is said of it"


def test_a_source_that_never_ran_is_neither_stopped_nor_resumed_and_the_page_says_so(city, app):
    admin = factories.SysadminWithToken()
    for verb in ("stop", "resume"):
        answer = app.post(
            f"/harvest/source/{verb}", headers={"Authorization": admin["token"]}, follow_redirects=False
        )
        assert answer.status_code == 302


def test_a_list_that_never_adds_up_asks_a_person_once_its_absences_have_lasted(city, portal):
    city.run()
    gone = portal.city.portal.packages.pop()
    # One id stands twice in it, today and tomorrow: nothing of it can be trusted at once.
    portal.city.portal.packages.append(dict(portal.city.portal.packages[0]))
    for _ in range(2):
        city.run()
        assert not call(city, "pole_harvest_held_deletions_list")
        assert call(city, "pole_harvest_report")["held"] == 0
    city.run()
    (row,) = call(city, "pole_harvest_held_deletions_list")
    assert (row["guid"], row["reason"], row["misses"]) == (gone["id"], "doubtful", 3)
    assert call(city, "pole_harvest_report")["held"] == 1
    portal.city.portal.packages.pop()
    city.run()
    assert not call(city, "pole_harvest_held_deletions_list"), "a list that adds up again decides by itself"
    assert len(city.packages()) == 9
