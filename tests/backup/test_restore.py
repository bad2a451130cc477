"""A portal, its backup, an empty machine, and the same portal again."""

from __future__ import annotations

import io
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.search import clear_all
from ckan.plugins.toolkit import config
from ckan.tests import factories, helpers
from werkzeug.datastructures import FileStorage

from ckanext.pole.access import ledger_keeping
from ckanext.pole.backup import databases, making, restoring, sealing
from ckanext.pole.backup.cli import backup, backup_key
from ckanext.pole.backup.cli import restore as restore_command

ROWS = [{"quartier": "Hochelaga", "ménages": 12}, {"quartier": "Ahuntsic", "ménages": 7}]


@dataclass
class Portal:
    """What is in it, as its readers see it."""

    name: str
    file: str
    table: str

    def seen(self):
        dataset = helpers.call_action("package_show", id=self.name)
        return {
            "dataset": dataset,
            "found": [one["id"] for one in helpers.call_action("package_search", q="ménages")["results"]],
            "bytes": next(making.storage().rglob(self.file[6:])).read_bytes(),
            "rows": helpers.call_action("datastore_search", resource_id=self.table)["records"],
            "labels": helpers.call_action("datastore_info", id=self.table)["fields"],
            "ledger": ledger_keeping.verify(),
        }


@pytest.fixture
def empty_machine(clean_db, clean_index):
    """What an operator has before a restore: databases that `init` prepared, and nothing in the storage."""
    wipe()


def wipe():
    model.Session.remove()
    model.repo.rebuild_db()
    clear_all()
    engine = sa.create_engine(config["ckan.datastore.write_url"])
    with engine.begin() as connection:
        for table in sa.inspect(connection).get_table_names():
            how = "DELETE FROM" if table.startswith("_") else "DROP TABLE"
            connection.execute(sa.text(f'{how} "{table}"'))
    for path in making.storage().iterdir():
        if path.name != "webassets":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def portal(with_plugins, empty_machine):
    admin = factories.Sysadmin()["name"]
    by = {"user": admin}
    owner = factories.Organization(title_translated={"fr": "Centraide"})["id"]
    terms = {"title_translated": {"fr": "Partage"}, "terms_translated": {"fr": "Ne réidentifier personne."}}
    helpers.call_action("pole_policy_create", context=by, owner_org=owner, **terms)
    upload = FileStorage(io.BytesIO("quartier,ménages\nHochelaga,12\n".encode() * 200_000), "ménages.csv", "upload")
    dataset = helpers.call_action(
        "package_create", context=by, name="menages", owner_org=owner, title_translated={"fr": "Ménages"},
        notes_translated={"fr": "Un tableau."}, resources=[{"name_translated": {"fr": "Table"}, "url": "https://x.org/a"}],
    )  # fmt: skip
    uploaded = helpers.call_action(
        "resource_create",
        context=by,
        package_id=dataset["id"],
        name_translated={"fr": "Fichier"},
        upload=upload,
        url="x",
    )
    table = dataset["resources"][0]["id"]
    helpers.call_action("datastore_create", context=by, resource_id=table, records=ROWS, force=True)
    return Portal("menages", uploaded["id"], table)


@pytest.fixture(scope="module")
def keys():
    return sealing.new_key()


@pytest.fixture
def key_file(tmp_path, keys):
    path = tmp_path / "key"
    path.write_text(keys[1])
    return path


def back_up(path, keys):
    return making.make(path, keys[0], lambda *_: None)


def restore(cli, path, key_file, *more):
    return cli.invoke(restore_command, [str(path), "--key-file", str(key_file), *more])


def test_the_portal_that_comes_back_is_the_one_that_was_saved(portal, cli, tmp_path, keys, key_file):
    before = portal.seen()
    file = tmp_path / "pole.age"
    made = cli.invoke(backup, [str(file), "--key", keys[0]])
    assert made.exit_code == 0, made.output
    assert f"{before['ledger']['head']['seq']}:{before['ledger']['head']['hash']}" in made.output
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob(".*")) == []

    full = restore(cli, file, key_file)
    assert full.exit_code == 1
    assert "n’est pas vide" in full.output
    assert portal.seen() == before

    wipe()
    settings = tmp_path / "saved.ini"
    done = restore(cli, file, key_file, "--settings-to", str(settings))
    assert done.exit_code == 0, done.output
    assert portal.seen() == before
    assert settings.read_bytes() == Path(str(config["__file__"])).read_bytes()
    # Those who may only read the DataStore may read what came back.
    with sa.create_engine(config["ckan.datastore.read_url"]).connect() as connection:
        assert connection.execute(sa.text(f'SELECT count(*) FROM "{portal.table}"')).scalar() == len(ROWS)


def test_a_file_cut_changed_or_sealed_for_another_changes_nothing(portal, cli, tmp_path, keys, key_file):
    file = tmp_path / "pole.age"
    back_up(file, keys)
    wipe()
    whole = file.read_bytes()
    for damaged in (whole[:-10], whole[: len(whole) // 2], whole[:5000] + b"?" + whole[5001:], b""):
        file.write_bytes(damaged)
        told = restore(cli, file, key_file)
        assert told.exit_code == 1
        assert "abîmé" in told.output
    file.write_bytes(whole)
    key_file.write_text(sealing.new_key()[1])
    assert "mauvaise clé" in restore(cli, file, key_file).output
    assert model.Session.query(model.Package).count() == 0
    assert [path for path in making.storage().rglob("*") if path.is_file() and "webassets" not in path.parts] == []


def test_a_restore_that_was_interrupted_goes_on_with_the_same_file_only(portal, cli, tmp_path, key_file, monkeypatch):
    keys, before = sealing.new_key(), portal.seen()
    key_file.write_text(keys[1])
    file, other = tmp_path / "pole.age", tmp_path / "other.age"
    back_up(file, keys)
    helpers.call_action("package_patch", id="menages", version="2", context={"user": factories.Sysadmin()["name"]})
    back_up(other, keys)
    wipe()
    # PostgreSQL goes away when the files and the DataStore are back and CKAN's own database is not.
    monkeypatch.setitem(config, "sqlalchemy.url", "postgresql://nobody@127.0.0.1:1/nothing")
    stopped = restore(cli, file, key_file)
    assert stopped.exit_code == 1
    assert "reprend" in stopped.output
    assert model.Session.query(model.Package).count() == 0
    monkeypatch.undo()
    assert "n’est pas vide" in restore(cli, other, key_file).output
    done = restore(cli, file, key_file)
    assert done.exit_code == 0, done.output
    assert portal.seen() == before


def test_a_dump_that_ends_early_leaves_the_database_as_it_was(portal):
    url = str(config["sqlalchemy.url"])
    engine = sa.create_engine(url)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar()
        pieces = list(databases.dump(url, str(snapshot)))
    model.Session.remove()
    model.ensure_engine().dispose()
    with pytest.raises(databases.Failed):
        databases.load(url, [pieces[0][:-1000]])
    assert model.Session.query(model.Package).count() == 1


def test_a_failed_backup_leaves_no_file_and_shows_no_password(portal, cli, tmp_path, keys, monkeypatch):
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    told = cli.invoke(backup, [str(tmp_path / "pole.age"), "--key", keys[0]])
    assert told.exit_code == 1
    assert "pg_dump" in told.output
    assert str(sa.engine.make_url(str(config["sqlalchemy.url"])).password) not in told.output
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_never_written_over(with_plugins, cli, tmp_path, keys):
    file = tmp_path / "pole.age"
    file.write_text("déjà")
    for command, words in ((backup, [str(file), "--key", keys[0]]), (backup_key, [str(file)])):
        told = cli.invoke(command, words)
        assert told.exit_code == 1
        assert "existe déjà" in told.output
    assert file.read_text() == "déjà"


def test_a_drawn_key_is_for_its_owner_only_and_seals(with_plugins, cli, tmp_path):
    file = tmp_path / "key"
    told = cli.invoke(backup_key, [str(file)])
    assert told.output.strip().startswith("age1")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().startswith("AGE-SECRET-KEY-1")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 99}, "format 99"),
        ({"versions": {"ckan": "2.13.0", "ckanext-pole": "0.1.0"}}, "CKAN 2.13.0"),
        ({"versions": {"ckan": "2.12.9", "ckanext-pole": "99.0.0"}}, "plus récente"),
    ],
)
def test_a_backup_of_another_version_is_refused(change, said):
    about = {"format": 1, "versions": {"ckan": "2.12.0", "ckanext-pole": "0.1.0"}}
    with pytest.raises(restoring.Refused, match=said):
        restoring._refuse_another_version({**about, **change})
