"""A portal whose files lie where anybody finds them does not start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ckan.exceptions import CkanConfigurationException
from ckan.lib import files


def check(config: Mapping[str, Any]) -> None:
    """Refuse a storage of uploaded data that is public, and folders of theirs under a public one.

    Args:
        config: CKAN's.

    Raises:
        CkanConfigurationException: with what to change.
    """
    name = config.get("ckan.files.default_storages.resource") or ""
    try:
        storage: Any = files.get_storage(name) if name else None
    except files.exc.UnknownStorageError:
        storage = None
    settings = getattr(storage, "settings", None)
    if getattr(settings, "public", False):
        raise CkanConfigurationException(
            f"ckanext-pole: the storage {name!r} of uploaded data is public, so closed files would be open."
            f" Set ckan.files.storage.{name}.public = false."
        )
    folders = [str(getattr(settings, "path", "") or "")]
    if config.get("ckan.storage_path"):
        folders.append(os.path.join(str(config["ckan.storage_path"]), "resources"))
    shown = str(config.get("extra_public_paths") or "").split(",") + list(config.get("plugin_public_paths") or [])
    for folder in filter(None, folders):
        for public in filter(None, (path.strip() for path in shown)):
            if Path(folder).resolve().is_relative_to(Path(public).resolve()):
                raise CkanConfigurationException(
                    f"ckanext-pole: uploaded data lie in {folder}, under {public}, which is served to everybody."
                )
