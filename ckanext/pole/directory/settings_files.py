"""Where the files that a non-programmer may edit are: `config/directory/*.yaml`, in a checkout or installed."""

from __future__ import annotations

from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = "ckanext.pole.config"


def text_of(name: str) -> str:
    """Read `config/directory/<name>`."""
    if find_spec(_PACKAGE):
        return resources.files(_PACKAGE).joinpath("directory").joinpath(name).read_text("utf-8")
    # A checkout that was not installed: the folder is not mapped into the package yet.
    return Path(__file__).parents[3].joinpath("config", "directory", name).read_text("utf-8")


def yaml_of(name: str) -> Any:
    """Parse `config/directory/<name>`."""
    return yaml.safe_load(text_of(name))
