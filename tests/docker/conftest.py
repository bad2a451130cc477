"""What the tests of the image share: the entry point as a module."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def entrypoint(monkeypatch):
    """The image's entry point, which finds `roles` and `cloud` beside itself there and in docker/local here."""
    monkeypatch.setenv("POLE_TEMPLATES", str(ROOT / "config/ini"))
    monkeypatch.syspath_prepend(str(ROOT / "docker/local"))
    monkeypatch.syspath_prepend(str(ROOT / "docker/image"))
    for name in ("entrypoint", "cloud", "roles"):
        sys.modules.pop(name, None)
    return importlib.import_module("entrypoint")
