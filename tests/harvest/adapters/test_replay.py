"""A year in the life of each kind of source: what is stored after each day, and what the report says."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager

import ckan.plugins.toolkit as tk
from ckan.tests.helpers import changed_config

PRIVATE = "http://169.254.169.254/latest/meta-data/"
#: A day that goes wrong: the fault, settings for the day, and what the report says.
BAD_DAYS = {
    "a broken page": ({"kind": "broken-json"}, {}, r"not valid (JSON|RDF)"),
    "a cut connection": ({"kind": "cut"}, {}, r"incomplete|cut the connection"),
    "a truncated list": (
        {"kind": "short-page"},
        {},
        r"not read to its end|many records are missing|records are missing",
    ),
    "an id twice": ({"kind": "duplicate-ids"}, {}, r"lists the record twice|not read to its end"),
    "an empty answer": ({"kind": "empty"}, {}, r"not read to its end"),
    "an empty body": ({"kind": "no-body"}, {}, r"not valid (JSON|RDF)"),
    "too many requests": ({"kind": "rate-limit", "retry_after": 0}, {}, r"too many requests"),
    "a failure of the server": ({"kind": "error", "status": 500}, {}, r"error 500"),
    "a web page instead of data": ({"kind": "html"}, {}, r"web page instead of data"),
    "a refusal in disguise": ({"kind": "rbac"}, {}, r"RBAC"),
    "a body without end": ({"kind": "endless"}, {"ckanext.pole.http.max_bytes": 1 << 20}, r"larger than allowed"),
    "a slow drip": ({"kind": "slow", "delay": 0.1, "chunk": 8}, {"ckanext.pole.http.total_timeout": 1}, r"time"),
    "a redirect to a private address": ({"kind": "redirect", "location": PRIVATE}, {}, r"internal or reserved"),
}
ALWAYS = {"ckanext.pole.http.retries": 1, "ckanext.pole.http.pace": 1, "ckanext.pole.http.max_document_bytes": 1 << 20}


@contextmanager
def settings(**values):
    with ExitStack() as stack:
        for key, value in values.items():
            stack.enter_context(changed_config(key, value))
        yield


class Year:
    """A source and what is stored of it."""

    def __init__(self, harvest, portal):
        self.portal = portal
        self.source = harvest(portal.source_url, portal.source_type, **portal.settings())

    def run(self, **values):
        with settings(**{**ALWAYS, **values}):
            return self.source.run()

    def stored(self):
        """id → (title, last change) of every dataset in the catalogue."""
        return {
            item["id"]: (item["title_translated"]["fr"], item["metadata_modified"]) for item in self.source.packages()
        }

    def titles(self):
        return sorted(title for title, _ in self.stored().values())

    def served(self):
        return sorted(entry.title for entry in self.portal.entries)


def said(job):
    """All that the job's report says."""
    errors = [*job["gather_error_summary"], *job["object_error_summary"]]
    return "\n".join(str(error["message"]) for error in errors)


def test_a_year(harvest, portal):
    year = Year(harvest, portal)
    entries = portal.entries

    # New
    job = year.run()
    assert said(job) == ""
    assert job["stats"]["added"] == 6
    first = year.stored()
    assert year.titles() == year.served()
    sample = year.source.packages()[0]
    assert sample["resources"], "a dataset without anything to open"
    assert sample["license_id"] in ("cc-by", "notspecified")

    # The same
    assert said(year.run()) == ""
    assert year.stored() == first, "a run without news writes nothing"

    # Changed
    entries[0].title = "Un titre tout neuf"
    job = year.run()
    assert (job["stats"]["added"], job["stats"]["updated"], job["stats"]["deleted"]) == (0, 1, 0)
    second = year.stored()
    assert [key for key in first if first[key] != second[key]] == [key for key in second if "neuf" in second[key][0]]

    # Removed
    gone = entries.pop(1)
    job = year.run()
    assert job["stats"]["deleted"] == 1
    assert year.titles() == year.served()
    (missing,) = set(first) - set(year.stored())

    # Back, and with the id that people linked to
    entries.insert(1, gone)
    year.run()
    assert year.stored().keys() == first.keys()
    assert tk.get_action("package_show")({"ignore_auth": True}, {"id": missing})["state"] == "active"

    # Bad days: something is gone at the source, and the source cannot be trusted
    before = year.stored()
    for day, (fault, values, report) in BAD_DAYS.items():
        lost = entries.pop()
        # The second page fails where there are pages: what the first one brought may be stored, nothing is deleted.
        later = {"after": 1} if portal.paged and fault["kind"] in ("broken-json", "cut") else {}
        portal.faults.add(path=portal.lists, **fault, **later)
        job = year.run(**values)
        portal.faults.clear()
        entries.append(lost)
        if fault["kind"] == "short-page" and not portal.counts:
            # Nothing tells a shorter document from one with fewer datasets: the guard on deletions does.
            assert "records are missing" in said(job), day
        else:
            assert re.search(report, said(job)), f"{day}: {said(job)}"
        assert year.stored() == before, f"{day}: something was written"

    # One bad record among good ones
    entries[2].broken = True
    entries[3].title = "Un autre titre"
    job = year.run()
    assert "no title" in said(job)
    assert len(job["gather_error_summary"]) == 1
    assert set(year.stored()) == set(first), "a record that cannot be read is still there at its source"
    assert "Un autre titre" in year.titles()

    # And the day after, all is well
    entries[2].broken = False
    job = year.run()
    assert said(job) == ""
    assert year.titles() == year.served()
    assert set(year.stored()) == set(first)
