"""The HTTP loop of a source: any method, faults of the answer and of the wire, a thread of its own."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from pole_demo.faults import Fault, Faults, spoil
from pole_demo.reply import Reply, Request

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?$|\[[0-9a-fA-F:]+\](:\d+)?$")


class SourceServer:
    """A source on a port. Whoever derives from it says what it answers.

        with SourceServer() as server:
            urlopen(server.url)

    Attributes:
        faults: the faults in force.
        requests: the last requests, oldest first, as (method, path, query, user agent).
        stopping: set when the server stops, so that nothing waits longer.
    """

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", faults: Iterable[Fault] = ()) -> None:
        """Bind the port; `start` begins to answer.

        Args:
            port: TCP port; 0 takes a free one.
            host: address to listen on.
            faults: faults in force from the start.

        Raises:
            OSError: the port is taken.
        """
        self.faults = Faults(list(faults))
        self.requests: deque[tuple[str, str, str, str]] = deque(maxlen=20_000)
        self.stopping = threading.Event()
        self._httpd = _Listener((host, port), self)
        self._thread: threading.Thread | None = None
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._httpd.server_address[1]}"

    def answer(self, request: Request) -> Reply:
        """Give the answer to a request, before any fault."""
        return Reply(404, data={"error": f"Not Found: {request.path}"})

    def start(self) -> SourceServer:
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

    def __enter__(self) -> SourceServer:
        """Start."""
        return self.start()

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.stop()


class _Listener(ThreadingHTTPServer):
    """A threading server that knows its source."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], source: SourceServer) -> None:
        self.source = source
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
        source = self.server.source
        request = self._request()
        source.requests.append((request.method, request.path, request.query, request.headers.get("user-agent", "")))
        fault = None if request.path in ("/health", "/_faults") else source.faults.match(request)
        if fault and fault.kind == "drop":
            self.close_connection = True
            return
        reply = source.answer(request)
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
        base = f"http://{host}" if _HOST.match(host) else self.server.source.url
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
        stopping = self.server.source.stopping
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
        """Say nothing: the command prints one line when it is ready."""
