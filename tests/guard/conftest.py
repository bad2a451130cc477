"""What the tests of the guard share: a site, and counters that start at nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from ckanext.pole.guard.counting import Counter

#: The database is emptied once for the tests of this folder: what they change is a setting, or an account of their own.
_EMPTIED: list[bool] = []


@pytest.fixture
def counter(ckan_config) -> Counter:
    """A counter of a test's own, on the tests' Redis."""
    return Counter(ckan_config["ckan.redis.url"], f"pole:guard:{uuid4()}")


@pytest.fixture
def site(app, request) -> Any:
    """The portal, with nobody's tries counted."""
    import sqlalchemy as sa
    from ckan import model

    from ckanext.pole.guard import doors

    if not _EMPTIED or not sa.inspect(model.ensure_engine()).has_table("pole_policy"):
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        _EMPTIED.append(True)
    counter = doors.counter()
    names = list(counter._redis.scan_iter(f"{counter.prefix}:*"))
    if names:
        counter._redis.delete(*names)
    return app.test_client()  # without anybody's cookies


@pytest.fixture
def log_in(app, site) -> Callable[..., Any]:
    """Try to log in from an address: `log_in("anna", "wrong", "203.0.113.1")`."""

    def start(name: str, password: str, address: str = "203.0.113.1", **headers: str) -> Any:
        return app.test_client().post(
            "/user/login", data={"login": name, "password": password}, headers=headers, follow_redirects=False,
            environ_overrides={"REMOTE_ADDR": address},
        )  # fmt: skip

    return start
