"""The demo's sources, started in a thread on a free port."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docker" / "demo"))

from pole_demo import DemoServer  # noqa: E402  (the folder must be on the path first)

CONTENT = ROOT / "docker" / "demo" / "content"
FIXTURES = Path(os.environ.get("POLE_FIXTURES", ROOT.parent / "shared" / "fixtures"))


class _Stay(HTTPRedirectHandler):
    """Does not follow redirects: a test wants to see them."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


_OPENER = build_opener(_Stay)


@dataclass
class Answer:
    """What a request got."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


def fetch(url: str, method: str = "GET", body: bytes | None = None, timeout: float = 10, **headers: str) -> Answer:
    """Send a request; an error status is an answer like another. `if_none_match` is If-None-Match."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(url, data=body, method=method, headers=named)
    try:
        with _OPENER.open(request, timeout=timeout) as reply:
            return Answer(reply.status, dict(reply.headers), reply.read())
    except HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoServer]:
    """One server on the demo's own content; tests do not change it."""
    with DemoServer() as server:
        yield server


@pytest.fixture
def faulty() -> Iterator[DemoServer]:
    """A server of the test's own, to break at will."""
    with DemoServer(control=True) as server:
        yield server


@pytest.fixture(scope="session")
def call(demo: DemoServer) -> Callable[..., Answer]:
    """Call an action of the city's portal."""

    def act(action: str, /, **params: Any) -> Answer:
        return fetch(f"{demo.url}/city/api/3/action/{action}?{urlencode(params)}")

    return act


@pytest.fixture(scope="session")
def packages(call: Callable[..., Answer]) -> list[dict[str, Any]]:
    """Every package of the city, as the API gives them."""
    return call("package_search", rows=1000, sort="name asc").data["result"]["results"]


@pytest.fixture(scope="session")
def services(demo: DemoServer) -> dict[str, list[dict[str, Any]]]:
    """Every service in full, by language."""
    return {
        language: fetch(f"{demo.url}/hsds/{language}/services?full=true&per_page=500").data["contents"]
        for language in ("fr", "en")
    }


@pytest.fixture(scope="session")
def fixture_file() -> Callable[[str], Path]:
    """Give a shared fixture; skip loudly where the fixtures are not."""

    def find(name: str) -> Path:
        path = FIXTURES / name
        if not path.exists():
            pytest.skip(f"shared fixture absent: {path} (set POLE_FIXTURES)")
        return path

    return find


@pytest.fixture(scope="session")
def yaml_of() -> Callable[[str], Any]:
    """Read a YAML file of the content."""
    return lambda name: yaml.safe_load((CONTENT / name).read_text("utf-8"))


@pytest.fixture(scope="session")
def content() -> Path:
    """The content folder."""
    return CONTENT


@pytest.fixture(scope="session")
def get() -> Callable[..., Answer]:
    """Send a request."""
    return fetch
