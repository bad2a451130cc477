"""A partner's site that keeps closed files: a real server, well-behaved and otherwise, on the loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = b"mot,valeur\ncanari-fichier,1\n" + b"x" * 200_000
ETAG = '"v1"'


class Source(BaseHTTPRequestHandler):
    """Answers by path."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        """One path, one behaviour."""
        self.server.asked.append((self.path, {name.title(): value for name, value in self.headers.items()}))  # type: ignore[attr-defined]
        getattr(self, "on_" + self.path.strip("/").partition(".")[0].replace("-", "_"), self.on_missing)()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def on_missing(self) -> None:
        self.answer(404, b"interne.example.org: nothing here")

    def on_file(self) -> None:
        about = {"Content_Type": "text/csv", "ETag": ETAG, "Accept_Ranges": "bytes", "Set_Cookie": "spy=1"}
        if self.headers.get("If-None-Match") == ETAG:
            self.answer(304, **about)
        elif wanted := self.headers.get("Range"):
            first, last = (int(part) for part in wanted.removeprefix("bytes=").split("-"))
            if first >= len(CONTENT):
                self.answer(416, Content_Range=f"bytes */{len(CONTENT)}")
                return
            part = CONTENT[first : last + 1]
            self.answer(206, part, Content_Range=f"bytes {first}-{first + len(part) - 1}/{len(CONTENT)}", **about)
        else:
            self.answer(200, CONTENT, **about)

    def on_table(self) -> None:
        self.answer(200, b"mot\ncanari-table\n", Content_Type="text/csv")

    def on_page(self) -> None:
        self.answer(200, b"<script>alert(1)</script>", Content_Type="text/html")

    def on_inside(self) -> None:
        self.answer(302, Location="http://10.1.2.3/secret.csv")

    def on_cloud(self) -> None:
        self.answer(302, Location="http://169.254.169.254/latest/meta-data/")

    def on_loop(self) -> None:
        self.answer(302, Location="/loop")

    def on_silent(self) -> None:
        time.sleep(5)

    def on_endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"10000\r\n" + b"y" * 65536 + b"\r\n")
        except OSError:
            self.close_connection = True

    def on_huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10**15))
        self.end_headers()
        self.wfile.write(b"z" * 1000)
        self.close_connection = True

    def on_cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"z" * 100_000)
        self.close_connection = True


@contextmanager
def running() -> Iterator[ThreadingHTTPServer]:
    """Serve on a free port; `asked` lists what was asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Source)
    server.daemon_threads = True
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
