"""The examinations of a running site, each on one that is well and on one that is not."""

from __future__ import annotations

import json
import os

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.search.common import make_connection
from ckan.plugins.toolkit import config
from ckan.tests import factories, helpers
from ckanext.datastore.backend.postgres import get_write_engine

from ckanext.pole.guard.second_factor import model as tables
from ckanext.pole.watch import examinations
from ckanext.pole.watch.accounts import of_second_factors
from ckanext.pole.watch.cli import doctor
from ckanext.pole.watch.doctor import Level


def bad(examination, **changes):
    settings = {**config, **{key.replace("__", "."): value for key, value in changes.items()}}
    return [one for one in examination(settings) if one.level is not Level.WELL]


@pytest.fixture
def site(with_plugins, clean_db, clean_index, clean_queues):
    """An empty one."""


def test_a_site_that_is_well_has_no_failure_but_what_a_test_leaves_out(site, cli):
    told = cli.invoke(doctor, ["--json"])
    found = [json.loads(line) for line in told.output.splitlines()]
    failures = {one["subject"] for one in found if one["level"] == "failure"}
    # A site of tests has short secrets, an address of its own and no worker.
    assert failures <= {"settings", "work"}, found
    wanted = {"versions", "postgresql", "datastore", "redis", "solr", "storage", "clocks", "tables", "index"}
    assert "accounts" in {one["subject"] for one in found}
    assert wanted <= {one["subject"] for one in found if one["level"] == "well"}
    assert told.exit_code == (1 if failures else 0)


def test_people_read_it_in_both_languages(site, cli):
    told = cli.invoke(doctor)
    assert "Toutes les migrations sont faites." in told.output
    assert "All migrations are done." in told.output


def test_a_service_that_is_away_is_named(with_plugins):
    found = bad(examinations.of_services, ckan__redis__url="redis://127.0.0.1:9/0")
    assert [(one.subject, one.level) for one in found] == [("redis", Level.FAILURE)]


@pytest.fixture
def without_temporary_tables(with_plugins):
    """The DataStore as an operator may have closed it: nobody makes temporary tables there."""
    def run(statement):
        with get_write_engine().begin() as connection:
            name, owner = connection.execute(sa.text("SELECT current_database(), current_user")).one()
            connection.execute(sa.text(statement.format(f'"{name}"', f'PUBLIC, "{owner}"')))

    run("REVOKE TEMPORARY ON DATABASE {} FROM {}")
    yield
    run("GRANT TEMPORARY ON DATABASE {} TO {}")


def test_a_datastore_that_refuses_temporary_tables_is_told_with_what_mends_it(without_temporary_tables):
    (found,) = bad(examinations.of_datastore)
    assert found.level is Level.FAILURE
    grants = {said[said.index("GRANT") :] for said in (found.french, found.english)}
    with get_write_engine().begin() as connection:
        connection.execute(sa.text(grants.pop()))
    assert not grants, "both languages say the same"
    assert bad(examinations.of_datastore) == []


def test_a_datastore_is_not_asked_for_it_where_no_directory_is_harvested(without_temporary_tables):
    assert bad(examinations.of_datastore, ckan__plugins="pole datastore") == []


def test_a_storage_that_leads_nowhere_or_is_everybody_s_is_told(with_plugins, tmp_path):
    assert bad(examinations.of_storage, ckan__storage_path=str(tmp_path / "absent"))[0].level is Level.FAILURE
    tmp_path.chmod(0o755)
    assert "chmod o-rwx" in bad(examinations.of_storage, ckan__storage_path=str(tmp_path))[0].english
    tmp_path.chmod(0o750)
    assert bad(examinations.of_storage, ckan__storage_path=str(tmp_path)) == []


def test_a_public_storage_is_told(with_plugins, tmp_path):
    tmp_path.chmod(0o700)
    (found,) = bad(examinations.of_storage, ckan__storage_path=str(tmp_path), extra_public_paths=os.fspath(tmp_path))
    assert found.level is Level.FAILURE


def test_a_solr_core_without_our_fields_is_told(with_plugins, vanilla):
    with vanilla.core(config["solr_url"]) as of_ckan_as_it_comes:
        (found,) = bad(examinations.of_solr_schema, solr_url=of_ckan_as_it_comes)
    assert found.level is Level.FAILURE
    assert bad(examinations.of_solr_schema) == []


def test_a_solr_core_that_is_not_there_is_told(with_plugins):
    with pytest.raises(OSError, match="404"):
        bad(examinations.of_solr_schema, solr_url=config["solr_url"] + "_absent")


def test_a_migration_that_waits_is_told(site):
    table = sa.table("pole_harvest_alembic_version", sa.column("version_num"))
    with model.ensure_engine().begin() as connection:
        head = connection.execute(sa.select(table)).scalar_one()
        connection.execute(sa.delete(table))
    try:
        assert "pole_harvest" in bad(examinations.of_migrations)[0].french
    finally:
        with model.ensure_engine().begin() as connection:
            connection.execute(sa.insert(table).values(version_num=head))
    assert bad(examinations.of_migrations) == []


def test_an_index_that_lacks_a_dataset_is_told(site):
    owner = factories.Organization(title_translated={"fr": "Ville"})["id"]
    factories.Dataset(owner_org=owner, title_translated={"fr": "Jeu"}, notes_translated={"fr": "Note"})
    assert bad(examinations.of_index) == []
    make_connection().delete(q="*:*", commit=True)
    assert "--repair" in bad(examinations.of_index)[0].french


def test_jobs_without_a_worker_are_told(site):
    (found,) = bad(examinations.of_work)
    assert found.level is Level.FAILURE


@pytest.fixture
def accounts(site):
    """Two sysadmins and two custodians, one of each with a second factor, and people who need none."""
    def protect(user):
        tables.add(user["id"], "sealed", 0, ["0" * 64])
        return user

    runs, answers = factories.Sysadmin(name="sans-runs"), factories.User(name="sans-answers")
    runs_safely = protect(factories.Sysadmin(name="avec-runs"))
    answers_safely = protect(factories.User(name="avec-answers"))
    edits, left = factories.User(name="redige"), factories.Sysadmin(name="partie")
    factories.Organization(
        title_translated={"fr": "Ville"},
        users=[{"name": one["name"], "capacity": "admin"} for one in (answers, answers_safely)]
        + [{"name": edits["name"], "capacity": "editor"}],
    )
    helpers.call_action("user_delete", id=left["id"])
    helpers.call_action("get_site_user", context={"ignore_auth": True})
    model.Session.commit()
    return runs, answers, runs_safely, answers_safely


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        ("", [("advice", "sysadmins 1, custodians 1", {"sans-runs", "sans-answers"})]),
        ("sysadmins", [("warning", "sysadmins 1, custodians 0", {"sans-runs"}),
                       ("advice", "sysadmins 0, custodians 1", {"sans-answers"})]),
        ("sysadmins custodians", [("warning", "sysadmins 1, custodians 1", {"sans-runs", "sans-answers"})]),
    ],
)  # fmt: skip
def test_who_has_no_second_factor_is_named_and_weighed_by_what_the_site_requires(accounts, required, expected):
    found = bad(of_second_factors, ckanext__pole__guard__second_factor__required=required)
    assert [(one.level.value, set(one.names)) for one in found] == [(level, names) for level, _, names in expected]
    for one, (_, counts, _) in zip(found, expected, strict=True):
        assert counts in one.english
        assert counts.replace("sysadmins", "administrateurs système").replace("custodians", "fiduciaires") in one.french


def test_the_operator_reads_names_and_programs_how_many(accounts, cli):
    shown, told = cli.invoke(doctor).output, cli.invoke(doctor, ["--json"]).output
    assert "- sans-runs" in shown
    assert "- avec-runs" not in shown
    assert "sans-runs" not in told
    (found,) = [one for one in map(json.loads, told.splitlines()) if one["subject"] == "accounts"]
    assert "sysadmins 1, custodians 1" in found["english"]


def test_where_all_have_a_second_factor_it_is_well(accounts):
    runs, answers, _, _ = accounts
    for user in (runs, answers):
        tables.add(user["id"], "sealed", 0, ["0" * 64])
    assert bad(of_second_factors, ckanext__pole__guard__second_factor__required="sysadmins custodians") == []


@pytest.mark.parametrize(("required", "level"), [("", Level.ADVICE), ("sysadmins", Level.FAILURE)])
def test_a_site_without_the_plugin_is_told_so_and_fails_where_it_counts_on_it(with_plugins, required, level):
    (found,) = bad(
        of_second_factors, ckan__plugins="pole_guard pole", ckanext__pole__guard__second_factor__required=required
    )
    assert found.level is level
    assert "pole_second_factor" in found.french
