"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The real captures, which live outside of the project; a test that needs them says so loudly where they are not."""
    folder = Path(os.environ.get("POLE_FIXTURES", ROOT.parent / "shared" / "fixtures"))
    if not folder.is_dir():
        pytest.skip(f"REAL CAPTURES ABSENT: no folder {folder.name}; set POLE_FIXTURES to run this test")
    return folder
