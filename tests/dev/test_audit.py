"""What is known against the packages of the lock, asked of a small service that speaks OSV's protocol."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from local import audit

HASH = f"--hash=sha256:{'0' * 64}"
ADVISORY = {
    "id": "PYSEC-2099-1",
    "affected": [
        {
            "package": {"name": "weak", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
            "versions": ["1.0"],
        }
    ],
}


class Service(BaseHTTPRequestHandler):
    """Answers `POST /v1/query` as OSV does: it knows one package, and one weakness of it."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = {"vulns": [ADVISORY]} if asked["package"]["name"] == "weak" else {}
        body = json.dumps(known).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def osv():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    server.server_close()


def test_a_weak_package_is_named_with_the_version_that_mends_it(osv, tmp_path, capsys):
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"weak==1.0 \\\n    {HASH}\nsound==2.0 \\\n    {HASH}\n")
    answer = audit.ask(Path(sys.executable), lock, osv)
    assert answer == audit.Answer(asked=2, skipped=0, known=[("weak", "1.0", "PYSEC-2099-1", "1.1")])
    assert audit.tell(answer) == audit.KNOWN
    assert "✗ weak 1.0  PYSEC-2099-1" in capsys.readouterr().out


def test_where_nobody_answers_it_is_said_loudly_and_is_not_a_clean_bill(tmp_path, capsys):
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"weak==1.0 \\\n    {HASH}\n")
    answer = audit.ask(Path(sys.executable), lock, "http://127.0.0.1:1/v1/query")
    assert audit.tell(answer) == audit.NOBODY
    assert "NOT audited" in capsys.readouterr().out


def test_packages_that_a_service_passes_over_are_not_audited():
    report = {"dependencies": [{"name": "weak", "skip_reason": "not found"}], "fixes": []}
    assert audit.read(json.dumps(report)) == audit.Answer(asked=0, skipped=1)


def test_a_clean_bill_says_how_many_were_looked_up(capsys):
    report = {"dependencies": [{"name": "sound", "version": "2.0", "vulns": []}], "fixes": []}
    assert audit.tell(audit.read(json.dumps(report))) == 0
    assert "1 paquets" in capsys.readouterr().out
