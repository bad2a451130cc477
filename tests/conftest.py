"""Fixtures that every test may use."""

from __future__ import annotations

import copy
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
# The demonstration's sources are real servers for the tests as well.
sys.path.append(str(ROOT / "docker" / "demo"))
# So is what the bench compares datasets with.
sys.path.append(str(ROOT / "tests" / "bench"))

#: Folders whose tests share nothing, and those whose tests share portals; all others share the tests' database.
FREE = ("unit", "demo", "packaging")
ON_PORTALS = ("arrival", "browser", "dev", "docker")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay in one process, and in order, when several run the suite.

    Raises:
        pytest.UsageError: a test has another name in each process, so that two of them cannot share the suite: it was
            made from a set, whose order a process draws for itself, or from an object's address.
    """
    for item in items:
        values = getattr(getattr(item, "callspec", None), "params", {}).values()
        if " at 0x" in item.name or any(isinstance(v, set | frozenset) and repr(v) in item.name for v in values if v):
            raise pytest.UsageError(f"{item.nodeid} is named after a set or an address, which no other process repeats")
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        if folder in ON_PORTALS or (folder == "watch" and "portal" in getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("portal"))
        elif folder not in FREE:
            item.add_marker(pytest.mark.xdist_group("database"))


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The real captures, which live outside of the project; a test that needs them says loudly that they are absent."""
    folder = Path(os.environ.get("POLE_FIXTURES", ROOT.parent / "shared" / "fixtures"))
    if not folder.is_dir():
        pytest.skip(f"REAL CAPTURES ABSENT: no folder {folder.name}; set POLE_FIXTURES to run this test")
    return folder


@pytest.fixture(scope="session")
def vanilla() -> ModuleType:
    """CKAN as it comes, beside ours."""
    return _load("pole_vanilla", ROOT / "tests" / "search" / "vanilla.py")


@pytest.fixture(scope="session")
def loaded() -> Iterator[None]:
    """The plugins of the ini, once for all tests: loading and unloading them takes CKAN several seconds."""
    import ckan.plugins as p
    from ckan.common import config

    before = copy.deepcopy(config)
    p.load_all()
    yield
    p.unload_all()
    config.clear()
    config.update(before)


#: The site as it was made with the plugins that are loaded.
_SERVED: list[Any] = []


@pytest.fixture
def with_plugins(loaded, ckan_config):
    """In the place of CKAN's fixture, which loads and unloads all of them for each test."""
    import ckan.plugins as p
    import ckan.plugins.toolkit as tk

    if not all(p.plugin_loaded(name) for name in tk.aslist(ckan_config["ckan.plugins"])):
        p.load_all()  # a test before did without some
        _SERVED.clear()


@pytest.fixture
def app(with_plugins) -> Any:
    """In the place of CKAN's fixture, which makes the site anew for each test; nobody is logged in."""
    from ckan.lib.app_globals import _CONFIG_CACHE
    from ckan.tests import helpers

    if not _SERVED:
        _SERVED.append(helpers._get_test_app())
    _CONFIG_CACHE.clear()  # or settings of an earlier test would stand
    _SERVED[0].client = _SERVED[0].test_client()
    return _SERVED[0]


#: The plugins that have tables of their own.
WITH_TABLES = (
    "activity", "harvest", "pole_access", "pole_harvest", "pole_directory", "pole_translation", "pole_second_factor",
)  # fmt: skip


@pytest.fixture
def clean_db(reset_db, migrate_db_for):
    """An empty database that has the tables of the extensions too."""
    import sqlalchemy as sa
    from ckan import model

    reset_db()
    # CKAN empties the tables and leaves them; only after it dropped them are there migrations to run again.
    standing = set(sa.inspect(model.ensure_engine()).get_table_names())
    for plugin in WITH_TABLES:
        if f"{plugin}_alembic_version" not in standing or plugin not in _MIGRATED:
            migrate_db_for(plugin)
            _MIGRATED.add(plugin)


_MIGRATED: set[str] = set()


@dataclass
class Harvest:
    """A source, and its runs."""

    source_id: str
    user: str
    details: dict[str, Any]

    def context(self) -> dict[str, Any]:
        """Of an action that a sysadmin calls; a new one each time."""
        from ckan import model

        return {"model": model, "session": model.Session, "ignore_auth": True, "user": self.user}

    def run(self) -> dict[str, Any]:
        """Queue the source and work the queues empty, as the two consumers would; gives the job."""
        import ckan.plugins.toolkit as tk
        from ckan import model

        from ckanext.pole.harvest.consumer import consume

        job = tk.get_action("harvest_job_create")(self.context(), {"source_id": self.source_id, "run": True})
        consume("gather", Event(), until_empty=True)
        consume("fetch", Event(), until_empty=True)
        tk.get_action("harvest_jobs_run")(self.context(), {"source_id": self.source_id})
        job = tk.get_action("harvest_job_show")(self.context(), {"id": job["id"]})
        assert job["status"] == "Finished"
        model.Session.expire_all()
        return job

    def configure(self, **config: Any) -> None:
        """Change the source's settings."""
        import ckan.plugins.toolkit as tk

        wanted = {**self.details, "id": self.source_id, "config": json.dumps(config)}
        tk.get_action("harvest_source_update")(self.context(), wanted)

    def package(self, **search: Any) -> dict[str, Any]:
        """The one dataset that a search finds."""
        found = self.packages(**search)
        assert len(found) == 1, [item["name"] for item in found]
        return found[0]

    def packages(self, **search: Any) -> list[dict[str, Any]]:
        """The datasets of the catalogue, all of them."""
        import ckan.plugins.toolkit as tk

        answer = tk.get_action("package_search")({"ignore_auth": True}, {"rows": 1000, **search})
        return answer["results"]


@pytest.fixture
def harvest(with_plugins, clean_db, clean_index):
    """Make a harvest source: `harvest(url, "pole_ckan", language="fr")`."""
    from ckan.tests import factories, helpers
    from ckanext.harvest import queue

    queue.get_gather_consumer().queue_purge()
    queue.get_fetch_consumer().queue_purge()

    def make(url: str, source_type: str, **config: Any) -> Harvest:
        admin = factories.Sysadmin()
        organisation = factories.Organization(title_translated={"fr": "Ville"})
        details = {
            "name": "source", "title": "Source", "url": url, "source_type": source_type, "owner_org": organisation["id"]
        }  # fmt: skip
        source = helpers.call_action(
            "harvest_source_create", context={"user": admin["name"]}, **details, config=json.dumps(config)
        )
        return Harvest(source["id"], admin["name"], details)

    return make


def _load(name: str, path: Path) -> ModuleType:
    """Import a file by its path; once, whichever conftest asks first."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


# A copy of this checkout on which a real `./dev up` ran, with the demonstration: one for the whole run.
portal = _load("pole_portal", ROOT / "tests" / "dev" / "portal.py").portal
# Where the portal's letters arrive.
post = _load("pole_post", ROOT / "tests" / "post.py").post
