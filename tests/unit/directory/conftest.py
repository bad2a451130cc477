"""What the tests of the directory share: the real fixtures, the deny-list, and all output as one text to search."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.pole.directory import denylist
from ckanext.pole.directory.build import Build, build, write

ROOT = Path(__file__).parents[3]
FIXTURES = Path(os.environ.get("POLE_FIXTURES", ROOT.parent / "shared/fixtures"))


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of real captures; without it the test is skipped, loudly."""
    if not FIXTURES.is_dir():
        pytest.skip(f"REAL FIXTURES ABSENT: {FIXTURES} (set POLE_FIXTURES)")
    return FIXTURES


@pytest.fixture(scope="session")
def deny() -> denylist.DenyList:
    """The deny-list that is shipped."""
    return denylist.default()


@pytest.fixture
def built(deny: denylist.DenyList) -> Callable[..., Build]:
    """Redact the items of a reader."""
    return lambda items: build(items, namespace="essai", deny=deny)


@pytest.fixture
def published(tmp_path: Path) -> Callable[[Build], str]:
    """Write everything and give all of it as one text."""

    def publish(built: Build) -> str:
        return "\n".join(outputs(built, tmp_path).values())

    return publish


def outputs(built: Build, folder: Path) -> dict[str, str]:
    """Write everything to `folder` and give the text of each file, members of the zip included."""
    said: dict[str, str] = {}
    for file in write(built, folder, title="Essai"):
        if file.kind == "zip":
            with zipfile.ZipFile(file.path) as archive:
                said |= {name: archive.read(name).decode() for name in archive.namelist()}
        else:
            said[file.path.name] = file.path.read_text("utf-8")
    return said


@pytest.fixture
def rows_of() -> Callable[[Build, str], list[dict[str, Any]]]:
    """Give the rows of one published table."""
    return lambda built, name: list(next(table for table in built.tables if table.name == name).records())


@pytest.fixture
def service() -> Callable[..., dict[str, Any]]:
    """Make one HSDS service with an organisation and a place, as the API sends it."""
    return hsds_service


def hsds_service(key: str = "s1", **changes: Any) -> dict[str, Any]:
    """Make one HSDS service; `address`, `codes`, `place` and `owner` change its parts, other names its fields."""
    address = {
        "id": f"a-{key}",
        "address_1": "4567 rue des Lilas",
        "city": "Montréal",
        "state_province": "QC",
        "postal_code": "H2J 3K5",
        "country": "CA",
        "address_type": "physical",
        **changes.pop("address", {}),
    }
    place = {
        "id": f"l-{key}",
        "location_type": "physical",
        "name": f"Lieu {key}",
        "latitude": 45.531234,
        "longitude": -73.587654,
        "addresses": [address],
        **changes.pop("place", {}),
    }
    owner = {"id": f"o-{key}", "name": f"Organisme {key}", "description": "Un organisme.", **changes.pop("owner", {})}
    return {
        "id": key,
        "name": f"Service {key}",
        "description": "Un service.",
        "status": "active",
        "organization": owner,
        "phones": [{"id": f"p-{key}", "number": "514-555-0101", "type": "voice"}],
        "service_at_locations": [{"id": f"sal-{key}", "location": place}],
        "attributes": [
            {"id": f"t-{key}-{code}", "taxonomy_term": {"id": code, "code": code, "name": code, "description": code}}
            for code in changes.pop("codes", ())
        ],
        **changes,
    }
