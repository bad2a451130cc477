"""The HTTP server: routes to the two APIs, carries out the faults of the wire."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pole_demo import city, directory, hsds2, montreal
from pole_demo.faults import Fault, Faults, spoil
from pole_demo.reply import Reply, Request

CONTENT = Path(__file__).resolve().parent.parent / "content"
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?$|\[[0-9a-fA-F:]+\](:\d+)?$")


class DemoServer:
    """The demo's sources on one port, in a thread of their own.

        with DemoServer() as server:
            urlopen(f"{server.url}/health")

    Attributes:
        city: what `/city` serves; `city.portal.packages` may be changed.
        directory: what `/hsds` serves; its feeds may be changed.
        faults: the faults in force.
        requests: the last requests, oldest first, as (method, path, query, user agent).
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
        self.faults = Faults(list(faults))
        self.control = control
        self.requests: deque[tuple[str, str, str, str]] = deque(maxlen=20_000)
        self.stopping = threading.Event()
        self._httpd = _Listener((host, port), self)
        self._thread: threading.Thread | None = None
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._httpd.server_address[1]}"

    def start(self) -> DemoServer:
        """Begin to answer, in a thread."""
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def run(self) -> None:
        """Answer in this thread until interrupted."""
        self._httpd.serve_forever()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self.stopping.set()
        if self._thread:
            self._httpd.shutdown()
            self._thread.join()
            self._thread = None
        self._httpd.server_close()

    def __enter__(self) -> DemoServer:
        """Start."""
        return self.start()

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.stop()

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


class _Listener(ThreadingHTTPServer):
    """A threading server that knows its DemoServer."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], demo: DemoServer) -> None:
        self.demo = demo
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no error of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: _Listener
    protocol_version = "HTTP/1.1"
    server_version = "pole-demo"
    # One write an answer: without it each answer waits 40 ms for the caller's delayed ACK.
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        """Answer any method: the server decides by path."""
        demo = self.server.demo
        request = self._request()
        demo.requests.append((request.method, request.path, request.query, request.headers.get("user-agent", "")))
        fault = None if request.path in ("/health", "/_faults") else demo.faults.match(request)
        if fault and fault.kind == "drop":
            self.close_connection = True
            return
        reply = demo.answer(request)
        if fault:
            reply = spoil(fault, reply)
        if fault and fault.kind in ("endless", "slow", "cut"):
            self.close_connection = True
            with suppress(ConnectionError, TimeoutError):
                self._spoilt(fault, reply)
        else:
            self._head(reply, len(reply.content()))
            if request.method != "HEAD":
                self.wfile.write(reply.content())

    do_HEAD = do_POST = do_DELETE = do_GET

    def _request(self) -> Request:
        """Read the request."""
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers["content-length"]) if headers.get("content-length", "").isdigit() else 0
        host = headers.get("host", "")
        base = f"http://{host}" if _HOST.match(host) else self.server.demo.url
        body = self.rfile.read(length) if length else b""
        return Request(self.command, unquote(parts.path), parts.query, headers, body, base)

    def _head(self, reply: Reply, length: int | None) -> None:
        """Write the status and the headers; no length means: until the connection closes."""
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if length is None:
            self.send_header("Connection", "close")
        elif reply.status != 304:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _spoilt(self, fault: Fault, reply: Reply) -> None:
        """Write an answer that is cut, slow or without end."""
        whole = reply.content()
        stopping = self.server.demo.stopping
        if fault.kind == "cut":
            self._head(reply, len(whole))
            self.wfile.write(whole[: len(whole) // 2])
            self.wfile.flush()
        elif fault.kind == "slow":
            self._head(reply, len(whole))
            for at in range(0, len(whole), fault.chunk):
                self.wfile.flush()
                if stopping.wait(fault.delay):
                    return
                self.wfile.write(whole[at : at + fault.chunk])
            self.wfile.flush()
        else:
            self._head(reply, None)
            piece, sent = (whole or b" ") * (1 + 65536 // max(1, len(whole))), 0
            while sent < fault.limit and not stopping.is_set():
                self.wfile.write(piece)
                sent += len(piece)
                time.sleep(0.001)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the demo prints one line when it is ready."""
