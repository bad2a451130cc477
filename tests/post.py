"""A post office for tests: as much of SMTP (RFC 5321) as a letter needs, on a port of its own."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 post.exemple.test")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            self._say("354 go on" if verb == "DATA" else "250 ok")
            if verb == "DATA":
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.letters.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
                self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def post(ckan_config, monkeypatch) -> Iterator[list[EmailMessage]]:
    """The letters that arrived at a post office of our own, the first one first."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation) as server:
        server.letters = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setitem(ckan_config, "smtp.server", f"127.0.0.1:{server.server_address[1]}")
        monkeypatch.setitem(ckan_config, "smtp.mail_from", "pole@exemple.test")
        yield server.letters
        server.shutdown()
