"""One site's process: it fills the site, makes its index anew and empties it, as the bench tells it.

Reads one order a line on standard input (`{"do": "fill", …}`) and answers with one line of JSON each. CKAN's settings
are those of CKAN_INI.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from typing import Any

from pole_bench import content, rows

#: Name of a person → of how many organisations, and as what.
PEOPLE = {
    "member-1": (1, "member"),
    "member-50": (50, "member"),
    "member-500": (500, "member"),
    "admin-500": (500, "admin"),
    "editor": (1, "editor"),
}
TABLE_ROWS = 10_000


class Site:
    """The site, as its own process sees it."""

    def __init__(self) -> None:
        from ckan.cli import CKANConfigLoader
        from ckan.config.middleware import make_app

        self.app: Any = make_app(CKANConfigLoader(os.environ["CKAN_INI"]).get_config())._wsgi_app

        import ckan.plugins as p
        import ckan.plugins.toolkit as tk
        from ckan import model

        self.tk, self.model = tk, model
        self.pole = p.plugin_loaded("pole_search")
        self.admin = "bench-admin"

    def empty(self) -> dict[str, Any]:
        """Leave nothing in the database and the index."""
        from ckan.lib import search

        self.model.repo.delete_all()
        search.clear_all()
        return {}

    def fill(self, datasets: int, organisations: int) -> dict[str, Any]:
        """People, organisations and datasets; the index stays empty."""
        from ckan.tests import factories

        admin = factories.Sysadmin(name=self.admin, password=content.PASSWORD)
        rows.organisations(range(organisations), self.pole, content.identity)
        tokens = {
            name: self._person(name, min(count, organisations), capacity) for name, (count, capacity) in PEOPLE.items()
        }
        catalogue = rows.Catalogue(self.pole, admin["id"])
        catalogue.write(self._datasets(content.items(datasets, organisations, self._places())))
        self._table(content.identity("resource", 0, content.FILES[0][1]))
        return {"tokens": tokens, "datasets": datasets, "public": self._public(datasets)}

    def join_many(self, first: int, last: int) -> dict[str, Any]:
        """A person who belongs to all organisations of a range, which are made for it."""
        rows.organisations(range(first, last), self.pole, content.identity)
        return {"token": self._person(f"member-{last - first}", last - first, "member", first)}

    def new(self, start: int, number: int, organisations: int) -> dict[str, Any]:
        """Datasets for `package_create`, of the editor's organisation."""
        found = []
        for item in content.items(number, organisations, self._places(), start):
            owner = content.identity("organisation", 0)
            made = content.for_pole(item, owner) if self.pole else content.for_vanilla(item, owner)
            made |= {"private": False, "name": f"nouveau-{item.at:06}"}
            for part in (made, *made["resources"]):
                del part["id"]  # only a sysadmin may choose it
            found.append(made)
        return {"datasets": found}

    def index(self) -> dict[str, Any]:
        """Fill the index by our own batches, whichever site it is: a test holds them against CKAN's own way."""
        from ckanext.pole.search import rebuilding

        # The other site does not load the plugin that declares it, and gets the same index.
        self.tk.config.setdefault("ckanext.pole.search.segments", 10)
        rebuilding.rebuild()
        return {}

    def rebuild(self, part: int = 0) -> dict[str, Any]:
        """Make the index anew, as the site's own command does.

        Args:
            part: of CKAN's own rebuild, which takes dataset after dataset, only so many; 0: all.
        """
        from ckan.lib import search

        began, used = time.perf_counter(), sum(os.times()[:4])
        if self.pole:
            from ckanext.pole.search import rebuilding

            done, _failed = rebuilding.rebuild()
        elif part:
            wanted = self.model.Session.query(self.model.Package.id).order_by(self.model.Package.id).limit(part)
            ids = [id_ for (id_,) in wanted]
            search.rebuild(package_ids=ids, quiet=True, defer_commit=True)
            done = len(ids)
        else:
            search.rebuild(clear=True, quiet=True, defer_commit=True)
            done = self.model.Session.query(self.model.Package).count()
        search.commit()
        seconds, cpu = time.perf_counter() - began, sum(os.times()[:4]) - used
        return {"rate": done / seconds, "cpu": cpu / done * 1e3}

    def weigh(self) -> dict[str, Any]:
        """Bytes of the database, once PostgreSQL has tidied up and counted."""
        with self.model.meta.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        return {"database": size}

    def shown(self, name: str) -> dict[str, Any]:
        """A dataset as its own process shows it."""
        return self.tk.get_action("package_show")({"ignore_auth": True}, {"id": name})

    def _datasets(self, items: Iterator[content.Item]) -> Iterator[dict[str, Any]]:
        for item in items:
            owner = content.identity("organisation", item.organisation)
            yield content.for_pole(item, owner) if self.pole else content.for_vanilla(item, owner)

    def _places(self) -> list[tuple[str, content.Text]]:
        from ckanext.pole.bilingual import vocabularies

        return [(place.code, {"fr": place.label.fr, "en": place.label.en}) for place in vocabularies.places()]

    def _public(self, datasets: int) -> list[str]:
        """Names of some datasets that everybody may see."""
        return [f"banc-{at:06}" for at in range(0, datasets, max(1, datasets // 200)) if at % content.PRIVATE != 9]

    def _person(self, name: str, count: int, capacity: str, first: int = 0) -> str:
        from ckan.tests import factories

        user = factories.User(name=name, password=content.PASSWORD)
        ids = [content.identity("organisation", at) for at in range(first, first + count)]
        rows.memberships(user["id"], ids, capacity)
        made = self.tk.get_action("api_token_create")({"ignore_auth": True}, {"user": name, "name": "bench"})
        return made["token"]

    def _table(self, resource_id: str) -> None:
        context = {"ignore_auth": True, "user": self.admin}
        with suppress(self.tk.ObjectNotFound):  # of a smaller catalogue, measured before
            self.tk.get_action("datastore_delete")(dict(context), {"resource_id": resource_id, "force": True})
        records = [
            {"annee": 2005 + at % 20, "quartier": f"Quartier {at % 34}", "nombre": at * 7 % 1000, "note": "é" * 20}
            for at in range(TABLE_ROWS)
        ]
        self.tk.get_action("datastore_create")(
            dict(context), {"resource_id": resource_id, "force": True, "records": records},
        )


def main() -> None:
    """Carry out orders until there are no more."""
    orders, answers = sys.stdin, sys.stdout
    with redirect_stdout(sys.stderr):
        site = Site()
        print(json.dumps({"ready": True}), file=answers, flush=True)
        for line in orders:
            order = json.loads(line)
            with site.app.test_request_context():
                done = getattr(site, order.pop("do"))(**order)
                site.model.Session.remove()
            print(json.dumps(done), file=answers, flush=True)


if __name__ == "__main__":
    main()
