"""Portals of every kind, as real servers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from portals import ALL


@pytest.fixture(params=ALL, ids=lambda kind: kind.__name__.lower())
def portal(request):
    """One portal after another: a test that takes this runs once for each kind of source."""
    with request.param() as server:
        yield server
