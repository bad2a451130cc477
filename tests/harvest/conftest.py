"""A city's portal, and it as a source."""

from __future__ import annotations

import pytest


@pytest.fixture
def portal():
    """The demonstration's city, with ten datasets on two pages."""
    from pole_demo.httpd import DemoServer

    with DemoServer() as server:
        del server.city.portal.packages[10:]
        yield server


@pytest.fixture
def city(harvest, portal):
    """It as a source of ours."""
    return harvest(f"{portal.url}/city", "pole_ckan", language="fr", page_size=5)
