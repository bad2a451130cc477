"""What the tests of the image share: the entry point as a module, and a portal whose services it can use."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_spec = importlib.util.spec_from_file_location("pole_portal", ROOT / "tests/dev/portal.py")
assert _spec is not None
assert _spec.loader is not None
_portal = sys.modules.setdefault("pole_portal", importlib.util.module_from_spec(_spec))
if not hasattr(_portal, "Portal"):
    _spec.loader.exec_module(_portal)

portal = _portal.portal


@pytest.fixture
def entrypoint(monkeypatch):
    """The image's entry point, which finds `roles` beside itself there and in docker/local here."""
    monkeypatch.setenv("POLE_TEMPLATES", str(ROOT / "config/ini"))
    monkeypatch.syspath_prepend(str(ROOT / "docker/local"))
    monkeypatch.syspath_prepend(str(ROOT / "docker/image"))
    for name in ("entrypoint", "roles"):
        sys.modules.pop(name, None)
    return importlib.import_module("entrypoint")
