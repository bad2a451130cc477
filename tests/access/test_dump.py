"""CKAN's dump of a table, over HTTP: what a spreadsheet would run is text in it; numbers stay numbers."""

from __future__ import annotations

import csv
import io
import json

import pytest
from ckan.tests import helpers

GUARDED = {
    "=1+1": "'=1+1", "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "+SUM(A1:A9)": "'+SUM(A1:A9)", "-1+1|x": "'-1+1|x",
    "@SUM(A1)": "'@SUM(A1)", "\t=1+1": "'\t'=1+1", "\r=1+1": "'\r'=1+1", "a;=1+1": "a;'=1+1",
}  # fmt: skip
FORMULAS = list(GUARDED)
HARMLESS = ["-12.5", "+1 514 555-0100", "- 3", "a=b", "É. Côté, fils", 'dit "Ti-Jean"\nLévis', "", "'déjà"]


@pytest.fixture
def table(world):
    """Make a table in a dataset of a tier; gives its id."""

    def make(tier: str) -> str:
        dataset = world.make_dataset(f"table-{tier}-{world.policy['id'][:8]}", tier)
        resource = dataset["resources"][0]["id"]
        columns = {"=nom": "text", "nombre": "numeric", "vrai": "bool"}
        helpers.call_action(
            "datastore_create", context={"user": world.accounts["sysadmin"]}, resource_id=resource, force=True,
            fields=[{"id": name, "type": kind} for name, kind in columns.items()],
            records=[{"=nom": text, "nombre": -at, "vrai": True} for at, text in enumerate(FORMULAS + HARMLESS, 1)],
        )  # fmt: skip
        return resource

    return make


def read(answer, separator=","):
    assert answer.status_code == 200
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


@pytest.mark.parametrize(("tier", "who"), [("open", ""), ("agreement", "partner_member")])
def test_no_cell_of_a_dump_is_a_formula_and_every_number_is_one(app, world, table, tier, who):
    resource = table(tier)
    if who:
        refused = app.get(f"/datastore/dump/{resource}", headers=world.headers("outsider"), follow_redirects=False)
        assert refused.status_code == 404, "CKAN does not tell whether there is one"
        world.sign()
        world.accept(who)
    by = world.headers(who)
    for asked, separator in (("csv", ","), ("tsv", "\t"), ("csv&bom=true", ",")):
        head, *rows = read(app.get(f"/datastore/dump/{resource}?format={asked}", headers=by), separator)
        assert head == ["_id", "'=nom", "nombre", "vrai"]
        assert [row[1] for row in rows] == [*GUARDED.values(), *HARMLESS]
        assert [float(row[2]) for row in rows] == [-number for number in range(1, len(rows) + 1)]
        assert rows[0][0] == "1"
    assert app.get(f"/datastore/dump/{resource}?bom=true", headers=by).get_data().startswith(b"\xef\xbb\xbf")


def test_what_programs_read_is_as_it_was_written(app, table):
    resource = table("open")
    told = json.loads(app.get(f"/datastore/dump/{resource}?format=json").get_data())
    assert [row[1] for row in told["records"]] == FORMULAS + HARMLESS
