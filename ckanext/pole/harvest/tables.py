"""Open tabular files of harvested datasets go to the DataStore, by xloader's own jobs."""

from __future__ import annotations

import logging
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk

from ckanext.pole.harvest import datasets

log = logging.getLogger(__name__)

#: What xloader reads (its default formats), upper case.
TABULAR = frozenset({"CSV", "TSV", "XLS", "XLSX", "ODS"})


def submit(dataset: dict[str, Any]) -> int:
    """Queue the dataset's open tables for xloader, which itself skips a file that has not changed.

    CKAN tells plugins of resources made one by one only, not of those inside of `package_create`.

    Args:
        dataset: as stored.

    Returns:
        How many were queued.
    """
    if not p.plugin_loaded("xloader") or dataset.get("private"):
        return 0
    wanted = [resource for resource in dataset["resources"] if _is_open_table(dataset, resource)]
    for resource in wanted:
        try:
            tk.get_action("xloader_submit")(datasets.context(), {"resource_id": resource["id"]})
        except tk.ValidationError as error:
            # The dataset is in the catalogue; its table can be loaded later from the resource's page.
            log.warning("Resource %s is not loaded in the DataStore: %s", resource["id"], error.error_dict)
    return len(wanted)


def _is_open_table(dataset: dict[str, Any], resource: dict[str, Any]) -> bool:
    tier = resource.get("access_tier") or dataset.get("access_tier") or "open"
    return tier == "open" and str(resource.get("format", "")).upper() in TABULAR and bool(resource.get("url"))
