"""The bench's hold on one site: its own process, its web server, its worker."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

INSIDE = Path(__file__).resolve().parents[1] / "inside.py"
VANILLA = Path(__file__).resolve().parents[2] / "search" / "vanilla.py"
PATIENCE = 120
#: Where a page of CKAN has what a form has to carry.
_TOKEN = re.compile(r'name="_csrf_token" content="([^"]+)"')


class BenchError(RuntimeError):
    """A site does not do what the bench needs of it."""


@dataclass(frozen=True)
class Where:
    """What `./dev bench` prepared of a site.

    Attributes:
        name: `pole` or `vanilla`.
        ini: its settings.
        url: where its web server is to listen.
        solr: address of its core.
        web: the server's command line, and the folder that it runs in.
        worker: command line of its worker.
    """

    name: str
    ini: str
    url: str
    solr: str
    web: list[str]
    folder: str
    worker: list[str]
    log: str

    @property
    def environment(self) -> dict[str, str]:
        """Of all its processes."""
        parts = urlsplit(self.url)
        return {**os.environ, "CKAN_INI": self.ini, "POLE_BIND": f"{parts.hostname}:{parts.port}"}


class Process:
    """CKAN in a process of its own, which does what it is told (inside.py)."""

    def __init__(self, where: Where, python: str) -> None:
        self._where = where
        with Path(where.log).open("ab") as log:
            self._process = subprocess.Popen(
                [python, str(INSIDE)], env=where.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                text=True, encoding="utf-8",
            )  # fmt: skip

    def ready(self) -> None:
        """Wait until CKAN is loaded."""
        self._answer()

    def __call__(self, order: str, **details: Any) -> dict[str, Any]:
        """Give an order and wait for its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": order, **details}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"{self._where.name}: CKAN ended, see {Path(self._where.log).name}")
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        stop(self._process)


def core(solr: str, configset: str = "") -> AbstractContextManager[str]:
    """A core of Solr for the site, gone afterwards.

    Args:
        solr: its address.
        configset: of the core; by default it has the schema that CKAN ships.
    """
    spec = importlib.util.spec_from_file_location("pole_vanilla", VANILLA)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.core(solr, solr.rsplit("/", 1)[1], configset=configset)


@contextmanager
def serving(where: Where) -> Iterator[int]:
    """The site's web server, with one process that answers one request at a time; gives that process' id."""
    with Path(where.log).open("ab") as log:
        command = [*where.web[:-1], "--workers", "1", "--threads", "1", where.web[-1]]
        process = subprocess.Popen(command, env=where.environment, cwd=where.folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(where):
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{where.name}: the web server does not start, see {Path(where.log).name}")
            time.sleep(0.2)
        yield next(iter(_children(process.pid)), process.pid)
    finally:
        stop(process)


@contextmanager
def working(where: Where) -> Iterator[int]:
    """The site's worker, waiting for work; gives its process id."""
    with Path(where.log).open("ab") as log:
        process = subprocess.Popen(where.worker, env=where.environment, stdout=log, stderr=log)
    try:
        deadline, before = time.monotonic() + PATIENCE, -1.0
        # It is loaded once it uses next to nothing of the processor.
        while (used := processor(process.pid)) - before > 0.05 or used < 1:
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{where.name}: the worker does not start, see {Path(where.log).name}")
            before = used
            time.sleep(1.5)
        yield process.pid
    finally:
        stop(process)


@contextmanager
def together(
    start: Callable[[Where], AbstractContextManager[int]], sites: dict[str, Where]
) -> Iterator[dict[str, int]]:
    """Start something of both sites side by side; gives the process ids."""
    with ExitStack() as stack, ThreadPoolExecutor(len(sites)) as pool:
        starting = {name: start(where) for name, where in sites.items()}
        begun = {name: pool.submit(one.__enter__) for name, one in starting.items()}
        for name, one in starting.items():
            wait([begun[name]])
            if begun[name].exception() is None:
                stack.push(one.__exit__)
        yield {name: one.result() for name, one in begun.items()}


def megabytes(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise BenchError(f"no memory of process {pid}")


class Client:
    """One connection to a site, kept open."""

    def __init__(self, where: Where) -> None:
        parts = urlsplit(where.url)
        self._to = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._url = where.url
        self._connection: http.client.HTTPConnection | None = None
        self._cookies = ""

    def login(self, name: str, password: str) -> dict[str, str]:
        """Log in as a browser does; gives the headers of whoever is logged in.

        Raises:
            BenchError: the site does not let them in.
        """
        _seconds, _status, page = self.seconds("/user/login")
        kept = self._cookies
        token = _TOKEN.search(page.decode())
        form = {"login": name, "password": password, "_csrf_token": token[1] if token else ""}
        headers = {"Cookie": kept, "Content-Type": "application/x-www-form-urlencoded", "Referer": self._url}
        _seconds, status, page = self.seconds("/user/login", headers, urlencode(form).encode())
        if status != 302 or self._cookies == kept:
            raise BenchError(f"{self._url}: {name} cannot log in ({status})")
        return {"Cookie": self._cookies}

    def seconds(self, path: str, headers: dict[str, str] | None = None, body: Any = None) -> tuple[float, int, bytes]:
        """Ask for a path.

        Args:
            path: with its query.
            headers: of whoever asks.
            body: bytes as they are, anything else as JSON.

        Returns:
            Seconds until the whole answer was here, its status, and the answer.
        """
        headers, data = dict(headers or {}), body
        if body is not None and not isinstance(body, bytes):
            data, headers["Content-Type"] = json.dumps(body), "application/json"
        for _ in range(2):
            # The server closes a connection after two seconds of silence: then another one, which is not counted.
            connection = self._connection or http.client.HTTPConnection(*self._to, timeout=PATIENCE)
            if connection.sock is None:
                connection.connect()
            self._connection = connection
            began = time.perf_counter()
            try:
                connection.request("POST" if data else "GET", path, data, headers)
                answer = connection.getresponse()
                content = answer.read()
            except (http.client.RemoteDisconnected, ConnectionError):
                connection.close()
                self._connection = None
                continue
            taken = time.perf_counter() - began
            if given := answer.headers.get_all("Set-Cookie"):
                self._cookies = "; ".join(cookie.partition(";")[0] for cookie in given)
            if answer.will_close:
                connection.close()
            return taken, answer.status, content
        raise BenchError(f"no answer to {path}")


def _answers(where: Where) -> bool:
    try:
        return Client(where).seconds("/api/3/action/status_show")[1] == 200
    except (OSError, BenchError):
        return False


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processor(pid: int) -> float:
    """Seconds of the processor that a process has used, all its threads."""
    used = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has ended
            used += int((thread / "schedstat").read_text().split()[0])
    return used / 1e9


def stop(process: subprocess.Popen[Any]) -> None:
    """End a process, by force if it does not by itself."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
