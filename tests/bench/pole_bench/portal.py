"""Portals that both harvesters read, in a process of their own: what they cost is nobody's time.

Their lists are made of texts prepared beforehand, so that who asks faster does not wait for a portal that cannot
answer as fast.
"""

from __future__ import annotations

import copy
import json
import multiprocessing
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parents[3] / "docker" / "demo"
#: What both harvesters ask for, page by page, sorted by id.
LIST = "/city/api/3/action/package_search"


class Portals:
    """CKAN portals, each of so many records that no other has.

        with Portals([1000, 1000]) as portals:
            portals.urls[0]

    Args:
        records: of each portal.
        directory: an HSDS 2 data package that the first one serves as well, under `/hsds`.

    Attributes:
        urls: where each is.
    """

    def __init__(self, records: Sequence[int], directory: Path | None = None) -> None:
        self._settings = (records, directory)
        self.urls: list[str] = []

    def __enter__(self) -> Portals:
        """Start them; before CKAN is loaded, or the process would hold all of it twice."""
        context = multiprocessing.get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, *self._settings), daemon=True)
        self._process.start()
        theirs.close()
        self.urls = self._pipe.recv()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop them."""
        self._pipe.close()
        self._process.join(10)

    def change(self, at: int, round_: int) -> int:
        """Give one record in a hundred of a portal another title; gives how many."""
        self._pipe.send((at, round_))
        return self._pipe.recv()


def _serve(pipe: Any, records: Sequence[int], directory: Path | None) -> None:
    sys.path.append(str(DEMO))
    from pole_demo.city import HERE
    from pole_demo.httpd import DemoServer
    from pole_demo.reply import Reply, Request

    class Prepared(DemoServer):
        """A portal whose list is ready before it is asked for."""

        def prepare(self) -> None:
            """Write the records as a page holds them."""
            found = sorted(self.city.portal.packages, key=lambda package: package["id"])
            here = f"{self.url}/city"
            self.texts = [json.dumps(one, ensure_ascii=False).replace(HERE, here).encode() for one in found]

        def answer(self, request: Request) -> Reply:
            """A page of the list; anything else as the demonstration's portal answers it."""
            asked = request.params() if request.path == LIST else {}
            if set(asked) != {"rows", "start", "sort"} or asked["sort"] != "id asc":
                return super().answer(request)
            start, rows = int(asked["start"]), min(int(asked["rows"]), 1000)
            page = b", ".join(self.texts[start : start + rows])
            head = b'{"success": true, "result": {"count": %d, "results": [' % len(self.texts)
            return Reply(body=head + page + b"]}}")

    servers = [Prepared(hsds_dir=None if at else directory) for at in range(len(records))]
    for at, server in enumerate(servers):
        fill(server.city.portal.packages, records[at], at)
        server.prepare()
        server.start()
    pipe.send([server.url for server in servers])
    try:
        while True:
            at, round_ = pipe.recv()
            changed = _change(servers[at].city.portal.packages, round_)
            servers[at].prepare()
            pipe.send(changed)
    except EOFError:  # whoever started us has ended
        for server in servers:
            server.stop()


def fill(packages: list[dict[str, Any]], number: int, portal: int) -> None:
    """Make so many datasets out of the demonstration's."""
    seeds = copy.deepcopy(packages)
    packages.clear()
    for at in range(number):
        package = copy.deepcopy(seeds[at % len(seeds)])
        package |= {"id": _id(portal, at), "name": f"{package['name'][:80]}-{portal}-{at}"}
        package |= {"landing_page": f"https://donnees-{portal}.exemple.test/dataset/{at}"}
        for place, resource in enumerate(package["resources"]):
            resource |= {"id": _id(portal, at, place), "package_id": package["id"]}
        packages.append(package)


def _change(packages: Sequence[dict[str, Any]], round_: int) -> int:
    chosen = packages[round_ % 100 :: 100] or packages[:1]
    for package in chosen:
        package |= {"title": f"{package['title']} ({round_})", "metadata_modified": f"2030-01-01T00:{round_:02}:00"}
    return len(chosen)


def _id(*parts: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, " ".join(map(str, parts))))
