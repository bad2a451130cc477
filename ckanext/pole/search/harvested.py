"""What ckanext-harvest adds to an index document, for many datasets by one statement.

Its own `before_dataset_index` runs two or three statements a dataset, one of them for datasets that were never
harvested too. A test compares what comes out, key by key.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import ckan.plugins as p
import sqlalchemy as sa
from ckan import model

#: The plugin that adds it.
PLUGIN = "harvest"

#: Dataset → the extras that the plugin adds; none where no record stands behind a dataset.
Marks = dict[str, dict[str, str]]


def marks(ids: Collection[str]) -> Marks | None:
    """What is to be added to some datasets; None where ckanext-harvest is not loaded."""
    if not p.plugin_loaded(PLUGIN):
        return None
    from ckanext.harvest.model import HarvestObject, HarvestSource

    wanted = (
        sa.select(HarvestObject.package_id, HarvestObject.id, HarvestSource.id, HarvestSource.title)
        .join(HarvestSource, HarvestSource.id == HarvestObject.harvest_source_id)
        .where(HarvestObject.package_id.in_(ids), HarvestObject.current.is_(True))
        .order_by(HarvestObject.import_finished.desc())
    )
    found: Marks = {}
    for dataset, *values in model.Session.execute(wanted):
        names = ("harvest_object_id", "harvest_source_id", "harvest_source_title")
        found.setdefault(dataset, dict(zip(names, values, strict=True)))
    return found


def add(document: dict[str, Any], added: dict[str, str]) -> dict[str, Any]:
    """Do what the plugin's hook does (ckanext.harvest.plugin.Harvest.before_dataset_index), without its statements.

    Args:
        document: the flat dict that the hook receives; it is changed.
        added: the dataset's marks.

    Returns:
        The same dict.
    """
    if not added:
        return document
    for kept in ("data_dict", "validated_data_dict"):
        dataset = json.loads(document[kept])
        for key, value in added.items():
            if key in dataset:
                dataset[key] = value
                continue
            extras = dataset["extras"] = dataset.get("extras") or []
            known = next((extra for extra in extras if extra.get("key") == key), None)
            if known:
                known["value"] = value
            else:
                extras.append({"key": key, "value": value})
        document[kept] = json.dumps(dataset)
    return {**added, **document}
