"""What the tests of `./dev` share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docker"))

_spec = importlib.util.spec_from_file_location("pole_portal", Path(__file__).with_name("portal.py"))
assert _spec is not None
assert _spec.loader is not None
_portal = sys.modules.setdefault("pole_portal", importlib.util.module_from_spec(_spec))
if not hasattr(_portal, "Portal"):
    _spec.loader.exec_module(_portal)

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
