"""A 211 centre for the tests: a real server that answers AIRS files, iCarol's export and the search API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pole_demo import DemoServer
from pole_demo.reply import Reply, Request

KEY = "cle-de-test-8d1f"


class Centre(DemoServer):
    """The demonstration's server, its faults included, with more behind it.

    Attributes:
        files: what `GET /files/NAME` gives: media type and bytes.
        records: what the search API knows, by language.
        searches: the bodies of the searches asked, oldest first.
    """

    key = KEY

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, tuple[str, bytes]] = {}
        self.records: dict[str, list[dict[str, Any]]] = {"fr": [], "en": []}
        self.searches: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Reply:
        """Answer as the demonstration does, and as a 211 centre."""
        if request.path.startswith("/files/"):
            found = self.files.get(request.path.removeprefix("/files/"))
            return Reply(body=found[1], content_type=found[0]) if found else Reply(404, data={"error": "Not Found"})
        if request.path == "/api/v2/search" and request.method == "POST":
            return self._search(request)
        return super().answer(request)

    def _search(self, request: Request) -> Reply:
        asked = request.params()
        if asked.get("key") != KEY:
            return Reply(401, data={"message": "Invalid key"})
        self.searches.append(asked)
        found = self.records[asked["Lang"]]
        start = asked["PageIndex"] * asked["PageSize"]
        wanted = {name.strip() for name in asked["Fields"].split(",")}
        page = [{k: v for k, v in row.items() if k in wanted} for row in found[start : start + asked["PageSize"]]]
        # The real one says the number as text.
        return Reply(data={"RecordCount": str(len(found)), "Records": page})


@pytest.fixture
def centre(monkeypatch: pytest.MonkeyPatch) -> Iterator[Centre]:
    """The centre, and its key in the environment."""
    monkeypatch.setenv("POLE_SECRET_211_KEY", KEY)
    with Centre() as server:
        yield server
