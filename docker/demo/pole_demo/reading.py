"""Reads the content's YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# The compiled reader is ten times faster; PyYAML has it wherever libyaml was there to build with.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Args:
        path: the file.

    Raises:
        FileNotFoundError: it is not there.
        yaml.YAMLError: it is not YAML.
    """
    return yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506  (both loaders are the safe one)
