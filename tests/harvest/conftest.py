"""A city's portal, and it as a source."""

from __future__ import annotations

import pytest


@pytest.fixture
def size():
    """Datasets of the city: a few behave as forty-six do, in a quarter of the time."""
    return 10


@pytest.fixture
def portal(size):
    """The demonstration's city, as a real server, on pages of five; its datasets may be changed between runs."""
    from pole_demo.httpd import DemoServer

    with DemoServer() as server:
        del server.city.portal.packages[size:]
        yield server


@pytest.fixture
def city(harvest, portal):
    """It as a source of ours."""
    return harvest(f"{portal.url}/city", "pole_ckan", language="fr", page_size=5)
