"""A whole catalogue written as rows: thousands of datasets a second where `package_create` makes twenty.

A test compares what comes out with what the action makes, key by key.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from ckan import model

BATCH = 2000
#: The day on which the first dataset was written; the others follow minute by minute.
BEGUN = datetime(2024, 1, 1)


class Catalogue:
    """Writes datasets of one site.

    Args:
        pole: whether the site is ours.
        creator: id of the account that made them.
    """

    def __init__(self, pole: bool, creator: str) -> None:
        self.pole = pole
        self.creator = creator
        self._tags: dict[str, str] = {}

    def write(self, datasets: Iterable[dict[str, Any]]) -> int:
        """Write datasets as `package_create` takes them; gives their number."""
        written = 0
        batch: list[dict[str, Any]] = []
        for dataset in datasets:
            batch.append(dataset)
            if len(batch) == BATCH:
                written += self._flush(batch, written)
                batch = []
        return written + self._flush(batch, written)

    def _flush(self, batch: list[dict[str, Any]], before: int) -> int:
        tables: dict[Any, list[dict[str, Any]]] = {
            model.package_table: [], model.resource_table: [], model.member_table: [], model.tag_table: [],
            model.package_tag_table: [],
        }  # fmt: skip
        for at, dataset in enumerate(batch, before):
            for table, rows in self._rows(dataset, BEGUN + timedelta(minutes=at)):
                tables[table] += rows
        for table, rows in tables.items():
            if rows:
                model.Session.execute(sa.insert(table), rows)
        model.Session.commit()
        return len(batch)

    def _rows(self, dataset: dict[str, Any], moment: datetime) -> Iterable[tuple[Any, list[dict[str, Any]]]]:
        dataset = _stored(dataset) if self.pole else dataset
        extras = dataset["extras"]
        package = {column.name: dataset.get(column.name) for column in model.package_table.c}
        package |= {
            "type": "dataset", "state": "active", "creator_user_id": self.creator, "metadata_created": moment,
            "metadata_modified": moment, "plugin_data": sa.null(),
            "extras": {extra["key"]: extra["value"] for extra in extras},
        }  # fmt: skip
        yield model.package_table, [package]
        yield model.resource_table, [
            {
                **{column.name: resource.get(column.name) for column in model.resource_table.c},
                "package_id": dataset["id"], "position": at, "state": "active", "created": moment, "hash": "",
                "metadata_modified": moment, "extras": resource.get("extras", {}),
            }
            for at, resource in enumerate(dataset["resources"])
        ]  # fmt: skip
        yield model.member_table, [membership("package", dataset["id"], dataset["owner_org"], "organization")]
        for tag in dataset.get("tags", []):
            if tag["name"] not in self._tags:
                self._tags[tag["name"]] = str(uuid.uuid4())
                yield model.tag_table, [{"id": self._tags[tag["name"]], "name": tag["name"]}]
            marked = {"id": str(uuid.uuid4()), "package_id": dataset["id"], "tag_id": self._tags[tag["name"]]}
            yield model.package_tag_table, [{**marked, "state": "active"}]


def organisations(numbers: Sequence[int], pole: bool, identity: Any) -> None:
    """Write organisations by their numbers."""
    from ckanext.pole.bilingual import values

    rows = []
    for at in numbers:
        title = {"fr": f"Table de quartier {at}", "en": f"Neighbourhood council {at}"}
        about = {"fr": "Un lieu de concertation.", "en": "A place to work together."}
        extras = {"title_translated": values.dump(title), "description_translated": values.dump(about)}
        rows.append(
            {
                "id": identity("organisation", at), "name": f"table-{at:05}", "title": title["fr"],
                "description": about["fr"], "image_url": "", "created": BEGUN, "type": "organization",
                "is_organization": True, "approval_status": "approved", "state": "active",
                "extras": extras if pole else {},
            }
        )  # fmt: skip
    model.Session.execute(sa.insert(model.group_table), rows)
    model.Session.commit()


def memberships(user_id: str, organisation_ids: Iterable[str], capacity: str) -> None:
    """Make a person a member of many organisations."""
    rows = [membership("user", user_id, group_id, capacity) for group_id in organisation_ids]
    model.Session.execute(sa.insert(model.member_table), rows)
    model.Session.commit()


def membership(kind: str, table_id: str, group_id: str, capacity: str) -> dict[str, Any]:
    """A row of `member`."""
    return {
        "id": str(uuid.uuid4()), "table_name": kind, "table_id": table_id, "group_id": group_id,
        "capacity": capacity, "state": "active",
    }  # fmt: skip


def _stored(dataset: dict[str, Any]) -> dict[str, Any]:
    """A dataset of ours as its rows keep it: core fields in French, all else as texts."""
    from ckanext.pole.bilingual import states, values

    dataset = states.settled(dataset)
    resources = []
    for resource in dataset["resources"]:
        kept = {name: values.dump(resource[name]) for name in ("name_translated", "description_translated")}
        kept["language"] = "[]"
        core = {"name": resource["name_translated"]["fr"], "description": resource["description_translated"]["fr"]}
        resources.append({**resource, **core, "extras": kept})
    empty = ("purpose", "limitations", "collection_method", "provenance")
    extras: dict[str, str] = {f"{name}_translated": "" for name in empty}
    extras |= {"access_policy": "", "access_tier": dataset["access_tier"], "frequency": dataset["frequency"]}
    for name in ("title_translated", "notes_translated", "keywords"):
        extras[name] = values.dump(dataset[name])
    for name in ("themes", "places", "data_languages", "population_groups"):
        extras[name] = values.dump(dataset.get(name, []))
    return {
        **dataset, "title": dataset["title_translated"]["fr"], "notes": dataset["notes_translated"]["fr"],
        "resources": resources, "extras": [{"key": key, "value": value} for key, value in extras.items()],
    }  # fmt: skip
