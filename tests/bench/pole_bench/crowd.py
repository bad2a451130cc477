"""A crowd before the portal: what it gets, and what each part of the portal takes for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from local import ports

from pole_bench import content, parts, sizing
from pole_bench.asking import FACETS, ROWS
from pole_bench.site import PATIENCE, BenchError, Where, stop
from pole_bench.sizing import Asked

READERS = Path(__file__).with_name("readers.py")
#: Different questions of a row, which its readers ask again and again.
QUESTIONS = 125
#: The row of what nginx keeps; the readers of all other pages have a cookie, so that it asks the portal for each.
KEPT = "page that nginx keeps"
COOKIE = "reader=1"


@dataclass(frozen=True)
class Front:
    """What docker/local/bench.py prepared besides the site.

    Attributes:
        url: where nginx is to listen.
        nginx: its command line before one gunicorn, and before two.
        webs: addresses of these.
        ports: of `solr`, `postgres` and `redis`, which run.
    """

    url: str
    nginx: list[list[str]]
    webs: list[str]
    ports: dict[str, int]

    @contextmanager
    def open(self, where: Where, webs: int) -> Iterator[dict[str, list[int]]]:
        """The portal with so many gunicorns behind nginx; gives the processes of each part that began it."""
        with ExitStack() as stack, Path(where.log).open("ab") as log:
            pids: dict[str, list[int]] = {"web": [], "nginx": []}
            begun = []
            for address in self.webs[:webs]:
                environment = {**where.environment, "POLE_BIND": address}
                process = subprocess.Popen(where.web, env=environment, cwd=where.folder, stdout=log, stderr=log)
                stack.callback(stop, process)
                begun.append((f"http://{address}/api/3/action/status_show", process))
            for url, process in begun:
                _wait(url, process)
                pids["web"].append(process.pid)
            nginx = subprocess.Popen(self.nginx[webs - 1], stdout=log, stderr=log)
            stack.callback(stop, nginx)
            _wait(f"{self.url}/nginx-alive", nginx)
            pids["nginx"].append(nginx.pid)
            yield pids | {name: [_listener(port)] for name, port in self.ports.items()}

    def paths(self, public: list[str]) -> dict[str, list[str]]:
        """What is asked, by page.

        Args:
            public: names of datasets that everybody may see.
        """
        words = content.questions(QUESTIONS)
        facets = {"rows": ROWS, "facet.field": json.dumps(FACETS)}
        with urllib.request.urlopen(f"{self.url}/", timeout=PATIENCE) as answer:
            theme = re.findall(r'href="(/[^"]+\.css)"', answer.read().decode())
        return {
            "search by API": [f"/api/3/action/package_search?{urlencode({'q': word, **facets})}" for word in words],
            "search page": [f"/dataset/?{urlencode({'q': word})}" for word in words],
            "dataset page": [f"/dataset/{name}" for name in public],
            "home page": ["/"],
            "file of the theme": theme,
            KEPT: ["/", "/en/"],
        }


@dataclass(frozen=True)
class Crowd:
    """Readers who ask all at once.

    Attributes:
        url: of the portal.
        readers: how many.
        seconds: how long they ask one kind of page; half as long before, for caches, templates and Java's compiler.
    """

    url: str
    readers: int
    seconds: float

    def ask(self, page: str, paths: list[str], pids: dict[str, list[int]], datasets: int) -> Asked:
        """Let them ask one kind of page.

        Args:
            page: its name.
            paths: asked in turns.
            pids: the processes of each part.
            datasets: of the portal.

        Raises:
            BenchError: they got something else than the page.
        """
        cookie = "" if page == KEPT else COOKIE
        self.read(paths, self.seconds / 2, cookie)
        before = _used(pids)
        found = self.read(paths, self.seconds, cookie)
        used = {part: after - before[part] for part, after in _used(pids).items()}
        taken = found["taken"]
        if found["other"]:
            raise BenchError(f"{page}: {found['other']} of {len(taken)} answers are no page")
        return Asked(
            page, datasets, len(pids["web"]), len(taken) / found["seconds"],
            sizing.percentile(taken, 0.5) * 1e3, sizing.percentile(taken, 0.95) * 1e3,
            {part: used[part] / len(taken) * 1e3 for part in sizing.PARTS}, found["cached"] / len(taken),
        )  # fmt: skip

    def read(self, paths: list[str], seconds: float, cookie: str = COOKIE) -> dict[str, Any]:
        """Let them read for so many seconds; gives what readers.py says of it."""
        command = [sys.executable, str(READERS), self.url, str(self.readers), str(seconds), cookie]
        done = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"the readers failed: {done.stderr[-2000:]}")
        return json.loads(done.stdout)


def memory(pids: dict[str, list[int]]) -> dict[str, float]:
    """Megabytes by part; of the web one of the processes that answer, with its share of what they have in common."""
    found = {part: sum(map(parts.megabytes, begun)) for part, begun in pids.items()}
    answering = sum(len(list(parts.tree(pid))) - 1 for pid in pids["web"])
    return found | {"web": found["web"] / max(1, answering)}


def machine() -> str:
    """How many processors of what kind."""
    models = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    return f"{os.cpu_count()} × {models[0] if models else os.uname().machine}"


def index_bytes(solr: str) -> int:
    """Bytes of a core's index.

    Args:
        solr: its address.
    """
    base, _, core = solr.rpartition("/")
    with urllib.request.urlopen(f"{base}/admin/cores?action=STATUS&core={core}&wt=json", timeout=PATIENCE) as answer:
        return json.load(answer)["status"][core]["index"]["sizeInBytes"]


def _used(pids: dict[str, list[int]]) -> dict[str, float]:
    return {part: sum(map(parts.processor, begun)) for part, begun in pids.items()}


def _listener(port: int) -> int:
    found = ports.listener(port)
    if found is None:
        raise BenchError(f"nobody whose processor may be read listens on port {port}")
    return found[0]


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE):
                return
        except (urllib.error.URLError, ConnectionError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{url} does not answer") from None
            time.sleep(0.2)
