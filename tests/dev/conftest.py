"""What the tests of `./dev` share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docker"))


def _beside(name: str, file: str) -> ModuleType:
    """A module of this folder, loaded once, under a name that nothing else has."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(file))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault(name, importlib.util.module_from_spec(spec))
    if not hasattr(module, "ROOT"):
        spec.loader.exec_module(module)
    return module


_portal = _beside("pole_portal", "portal.py")
_beside("pole_striking", "striking.py")
_beside("pole_scaled", "scaled.py")

portal = _portal.portal
bare_portal = _portal.bare_portal


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """A checkout that holds only what the modules under test read."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # where a socket goes when the folder's name is long
    from local.layout import Layout

    made = Layout(tmp_path / "checkout")
    made.root.mkdir()
    made.make()
    return made


@pytest.fixture
def running(portal):
    """The shared portal, up: started only if the test before has left it down."""
    if portal.run("status").returncode:
        portal.must("up")
    return portal


@pytest.fixture
def stopped(portal):
    """The shared portal, down."""
    if portal.processes():
        portal.must("down")
    return portal
