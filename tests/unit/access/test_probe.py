"""The probe's judgement: what counts as a leak, as missing, as unknown; and what it sends."""

from __future__ import annotations

import pytest

from ckanext.pole.access.probe import arguments, matrix, telling
from ckanext.pole.access.probe.canaries import DATASETS, PARTS, Cage, Canary
from ckanext.pole.access.probe.garden import SCRAP, SOME, Garden, Person, each
from ckanext.pole.access.probe.matrix import CALLERS, Finding


@pytest.fixture(scope="module")
def expected():
    return matrix.load()


@pytest.fixture
def garden():
    made = Garden(Cage())
    for place in (*DATASETS, "scrap"):
        made.datasets[place] = f"dataset-{place}"
        made.activities[place] = [f"first-{place}", f"last-{place}"]
    for part in (*PARTS, "scrap"):
        made.views[part] = f"view-{part}"
        made.resources |= {(part, how): f"{how}-{part}" for how in ("link", "upload")}
    made.orgs = {name: f"org-{name}" for name in ("custodian", "partner", "lapsed", "outsider")}
    made.people = {caller: Person(f"id-{caller}", caller, "t") for caller in CALLERS[1:]}
    made.others = {name: name for name in ("policy", "agreement", "source", "scrap_source", "job", "object")}
    return made


def test_a_canary_is_found_in_whatever_letters():
    cage = Cage()
    page = f"<a href='/x/{cage.word('micro', 'row').upper()}.csv'>{cage.word('open', 'title')}…</a>"
    assert cage.seen(page) == {Canary("micro", "row"), Canary("open", "title")}


def test_the_canary_of_another_run_is_none_of_ours():
    assert not Cage().seen(Cage().word("open", "title"))


def test_every_right_is_named_for_places_that_exist(expected):
    known = {*DATASETS, *PARTS, "source"}
    assert set(expected.callers) == set(CALLERS)
    for caller in CALLERS:
        for level, places in expected.callers[caller].items():
            assert level in expected.kinds
            assert set(places) <= known


@pytest.mark.parametrize("level", ["metadata", "data", "preview", "address", "source"])
def test_nobody_in_particular_sees_no_more_than_somebody(expected, level):
    for caller in CALLERS:
        assert set(expected.callers["anonymous"].get(level, ())) <= set(expected.callers[caller].get(level, ()))


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "editor"])
def test_where_closed_data_lie_is_for_the_editor_alone(expected, caller):
    assert set(expected.callers[caller]["address"]) == {"open", "summary"}


def test_what_is_promised_or_excused_is_listed(expected):
    assert {*expected.promised, *expected.broken} <= set(expected.class_of)


def test_a_row_of_closed_data_is_a_leak_to_one_and_promised_to_another(expected):
    row = Canary("agreement", "row")
    seen = {("datastore_search", "lapsed"): {row}, ("datastore_search", "partner"): set()}
    assert expected.judge(seen, {row}) == [
        Finding("leak", "datastore_search", "lapsed", row),
        Finding("missing", "datastore_search", "partner", row),
    ]


def test_data_in_a_list_of_datasets_are_a_leak_to_whoever_may_read_them_elsewhere(expected):
    assert expected.allowed("datastore_search", "partner", Canary("agreement", "row"))
    assert not expected.allowed("package_search", "partner", Canary("agreement", "row"))


def test_not_even_the_editor_finds_the_address_outside_of_its_form(expected):
    address = Canary("confidential", "address")
    assert expected.allowed("pole_location_show", "editor", address)
    assert not expected.allowed("package_show", "editor", address)


def test_an_action_that_nobody_listed_is_a_finding(expected):
    assert expected.unlisted(["package_show", "new_plugin_dump"]) == [Finding("unlisted", "new_plugin_dump")]


def test_a_door_that_only_breaks_was_not_tried(expected):
    codes = {
        ("package_show", "lapsed"): [500, 500], ("package_search", "lapsed"): [500, 200],
        ("send_mail", "lapsed"): [500], ("status_show", "lapsed"): [429],
        ("/access/data/<resource_id>", "partner"): [502],
    }  # fmt: skip
    assert expected.unanswered(codes) == [
        Finding("broken", "package_show", "lapsed"), Finding("limited", "status_show", "lapsed"),
    ]  # fmt: skip


def test_an_action_that_no_line_names_gets_the_ids_of_everything(garden):
    sent = arguments.of_action("new_plugin_dump", garden, SOME, reading=True)
    assert {"id": "upload-confidential"} in sent
    assert any(one.get("package_id") == "dataset-agreement" for one in sent)


def test_an_editor_changes_nothing_but_what_may_be_spoilt(garden, expected):
    for name in expected.class_of:
        if not name.startswith("/"):
            told = str(arguments.of_action(name, garden, SCRAP, reading=False))
            assert not [place for place in DATASETS if f"dataset-{place}" in told], name


def test_each_route_is_filled_and_asked_once(garden, expected):
    for rule in expected.class_of:
        if rule.startswith("/"):
            paths = arguments.of_route(rule, garden, each("upload"))
            assert paths
            assert len(set(paths)) == len(paths)
            assert not [path for path in paths if "<" in path or "{" in path], rule


def test_findings_are_told_in_both_languages_and_together():
    found = [Finding("leak", "x_show", "lapsed", Canary("micro", kind)) for kind in ("row", "file")]
    assert list(telling.findings([*found, Finding("unlisted", "y_list")])) == [
        "✗ FUITE · LEAK  x_show  lapsed  micro/row, micro/file",
        "✗ INCONNU · UNLISTED  y_list",
    ]


def test_the_table_tells_what_was_not_asked_from_what_showed_nothing():
    seen = {("x_show", "anonymous"): set(), ("x_show", "editor"): {Canary("open", "title")}}
    head, line = telling.table(seen)
    assert line.split()[1:] == ["·", "–", "–", "–", "–", "–", "1"]
    assert head.split() == list(CALLERS)


@pytest.mark.parametrize(
    "said", ["private", "private, max-age=60", "no-store, s-maxage=60", "public, max-age=0", "", "no-cache"]
)
def test_what_says_so_comes_from_no_store(said):
    assert not matrix.may_be_kept(f"200 OK\nCache-Control: {said}\n\nCache-Control: public, max-age=60")


@pytest.mark.parametrize("said", ["public", "max-age=60", "Public, S-Maxage=60, max-age=0", "s-maxage=1"])
def test_what_a_proxy_may_give_to_others_is_known_by_its_header(said):
    assert matrix.may_be_kept(f"200 OK\ncache-control: {said}\n\n")


def test_what_is_kept_was_asked_by_nobody_and_shows_what_is_open(expected):
    closed, file, title = Canary("agreement", "title"), Canary("open", "file"), Canary("open", "title")
    for wrong in (("/", "member", False), ("/", "anonymous", True), ("package_show", "anonymous", False)):
        assert expected.judge_kept({wrong: {title}}) == [Finding("kept", *wrong[:2])]
    page = ("/dataset/<id>", "anonymous", False)
    assert expected.judge_kept({page: {title, closed, file}}) == [
        Finding("kept", *page[:2], closed), Finding("kept", *page[:2], file)
    ]  # fmt: skip
    assert expected.judge_kept({page: {title}, ("/dataset/", "anonymous", False): {closed}}) == []
    hidden = Canary("confidential", "title")
    assert expected.judge_kept({("/", "anonymous", False): {hidden}}) == [Finding("kept", "/", "anonymous", hidden)]
