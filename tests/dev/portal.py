"""Whole portals for tests: a copy of this checkout in a folder of its own, on which a real `./dev up` ran.

A conftest loads this file by path and takes its fixtures; however many do, a run has one shared portal:

    _portal = load(ROOT / "tests/dev/portal.py")
    portal = _portal.portal
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UP_SECONDS = 1500
"""A first `up` with the demonstration, on a slow machine that has to download everything."""


@dataclass
class Portal:
    """A checkout of its own with its own portal.

    Attributes:
        root: the checkout.
        port: what the site listens on.
        variables: added to the environment of each command.
        before: words put before each command, to run it as someone else.
    """

    root: Path
    port: int
    variables: dict[str, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def local(self) -> Path:
        return self.root / ".local"

    @property
    def accounts(self) -> dict[str, str]:
        """Account → password: the administrator, and those of the demonstration."""
        secrets = json.loads((self.local / "secrets.json").read_text("utf-8"))
        demo = self.local / "accounts.json"
        return {"admin": secrets["admin"], **(json.loads(demo.read_text("utf-8")) if demo.exists() else {})}

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a person's terminal: nothing of the test run that we are part of."""
        mine = str(ROOT / ".local")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CKAN_", "POLE_", "PYTEST_")) and name != "VIRTUAL_ENV"
        }
        kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if not part.startswith(mine))
        return {**kept, "POLE_PORT": str(self.port), **self.variables, **more}

    def start(self, *args: str, **more: str) -> subprocess.Popen[str]:
        """Start `./dev …` and do not wait for it; its two outputs are one, and it has no terminal."""
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A run of the tests in a shell's background ignores Ctrl-C, and would hand that on.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return subprocess.Popen(
            [*self.before, "./dev", *args],
            cwd=self.root,
            env=self.environment(**more),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *args: str, timeout: float = 300, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `./dev …` to its end.

        Args:
            *args: the command.
            timeout: seconds.
            **more: variables of its environment.
        """
        return subprocess.run(
            [*self.before, "./dev", *args],
            cwd=self.root,
            env=self.environment(**more),
            text=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )

    def must(self, *args: str, timeout: float = 300, **more: str) -> str:
        """Run `./dev …`, which has to succeed.

        Returns:
            What it printed.
        """
        done = self.run(*args, timeout=timeout, **more)
        assert done.returncode == 0, f"./dev {' '.join(args)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def pids(self) -> dict[str, int]:
        """Program → process id, as `./dev status` shows them."""
        lines = self.run("status").stdout.splitlines()[1:]
        rows = [line.split() for line in lines]
        return {row[0]: int(row[2]) for row in rows if len(row) >= 3 and row[2].isdigit()}

    def processes(self) -> list[int]:
        """Every process on the machine that carries this portal's marker, or that works in one of its data folders.

        Looked for here in its own way, to be a check on `./dev` and not its echo.
        """
        wanted = os.fsencode(f"POLE_INSTANCE={self.local}")
        data = {str((self.local / name).resolve()) for name in ("redis", "pg")}
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0") or os.readlink(folder / "cwd") in data:
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def get(self, path: str, token: str = "") -> tuple[int, str]:
        """GET a page.

        Returns:
            The status and the text; 0 when nobody answers.
        """
        return self._ask(urllib.request.Request(self.url + path, headers={"Authorization": token} if token else {}))

    def call(self, action: str, token: str = "", **wanted: object) -> tuple[int, str]:
        """POST to CKAN's action API.

        Returns:
            As `get`.
        """
        headers = {"Content-Type": "application/json", **({"Authorization": token} if token else {})}
        body = json.dumps(wanted).encode()
        return self._ask(urllib.request.Request(f"{self.url}/api/3/action/{action}", body, headers))

    @staticmethod
    def _ask(request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8", "replace")
        except OSError:
            return 0, ""

    def becomes_healthy(self, seconds: float = 90) -> bool:
        """Wait until `./dev status` says that all is well."""
        deadline = time.monotonic() + seconds
        while self.run("status").returncode != 0:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)
        return True


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def copy_checkout(target: Path) -> None:
    """Copy the checkout as it stands, with what is not committed yet, and without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode("utf-8").split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def new_portal(parent: Path | None = None) -> Portal:
    """Copy the checkout into a new folder; nothing is started."""
    folder = Path(tempfile.mkdtemp(prefix="pole-portal-", dir=parent))
    folder.chmod(0o755)
    copy_checkout(folder)
    return Portal(folder, free_port())


def discard(portal: Portal) -> None:
    """Stop a portal and delete all of it."""
    portal.run("reset", "--yes")
    # Tens of thousands of small files: nothing waits for them to go.
    subprocess.Popen(["rm", "-rf", str(portal.root)], start_new_session=True)


_shared = pytest.StashKey[Portal]()


@pytest.fixture(scope="session")
def portal(request: pytest.FixtureRequest) -> Portal:
    """A portal that is up, with the demonstration. Tests that stop it start it again."""
    config = request.config
    if folder := os.environ.get("POLE_TEST_PORTAL"):
        # A portal that a person has up already, to try a test on without waiting for a new one.
        state = json.loads((Path(folder) / ".local" / "state.json").read_text("utf-8"))
        return Portal(Path(folder), state["ports"]["web"])
    if _shared not in config.stash:
        made = new_portal()
        config.stash[_shared] = made
        config.add_cleanup(lambda: discard(made))
        made.must("up", *os.environ.get("POLE_TEST_UP", "").split(), timeout=UP_SECONDS)
    return config.stash[_shared]


@pytest.fixture
def bare_portal() -> Iterator[Portal]:
    """A fresh copy of the checkout on which nothing ran; gone after the test."""
    made = new_portal()
    yield made
    discard(made)
