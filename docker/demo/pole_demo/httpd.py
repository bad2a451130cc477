"""The demo's sources on one port: routes to the two APIs, sets faults over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pole_demo import city, directory, hsds2, montreal
from pole_demo.faults import Fault
from pole_demo.reply import Reply, Request
from pole_demo.serving import SourceServer

CONTENT = Path(__file__).resolve().parent.parent / "content"


class DemoServer(SourceServer):
    """The demo's sources on one port, in a thread of their own.

        with DemoServer() as server:
            urlopen(f"{server.url}/health")

    Attributes:
        city: what `/city` serves; `city.portal.packages` may be changed.
        directory: what `/hsds` serves; its feeds may be changed.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        content: Path | str = CONTENT,
        montreal_file: Path | str | None = None,
        hsds_dir: Path | str | None = None,
        faults: Iterable[Fault] = (),
        control: bool = False,
    ) -> None:
        """Read the content and bind the port; `start` begins to answer.

        Args:
            port: TCP port; 0 takes a free one.
            host: address to listen on.
            content: folder of the demo's content.
            montreal_file: a capture of Montréal's catalogue, in place of city.yaml.
            hsds_dir: an HSDS 2 data package (folder or zip), in place of the demo's directory.
            faults: faults in force from the start.
            control: answer `/_faults`, where a test sets faults over HTTP.

        Raises:
            OSError: the port is taken.
            FileNotFoundError: content is missing.
        """
        folder = Path(content)
        portal = montreal.load(Path(montreal_file)) if montreal_file else city.load(folder)
        self.city = city.City(portal, folder / "files")
        if hsds_dir:
            feed, package = hsds2.load(Path(hsds_dir))
            self.directory = directory.Directory({"": feed}, package)
        else:
            self.directory = directory.load(folder / "directory")
        self.control = control
        super().__init__(port, host=host, faults=faults)

    def answer(self, request: Request) -> Reply:
        """Give the answer to a request, before any fault."""
        first, _, rest = request.path.lstrip("/").partition("/")
        if first == "city":
            return self.city.answer(request, rest)
        if first == "hsds":
            return self.directory.answer(request, rest)
        if first == "health":
            return Reply(data={"status": "ok"})
        if first == "_faults" and self.control:
            return self._control(request)
        if not first:
            return Reply(data={"city": f"{request.base}/city", "hsds": f"{request.base}/hsds"})
        return Reply(404, data={"error": "Not Found"})

    def _control(self, request: Request) -> Reply:
        """Set (POST one fault as JSON), list (GET) or clear (DELETE) the faults."""
        try:
            if request.method == "POST":
                self.faults.add(**json.loads(request.body))
            elif request.method == "DELETE":
                self.faults.clear()
        except (TypeError, ValueError) as error:
            return Reply(400, data={"error": str(error)})
        return Reply(data=self.faults.list())
