"""The process manager (supervisor), spoken to over its socket."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
import xmlrpc.client
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import environment, processes, store
from .errors import Stop
from .layout import Layout

RUNNING = ("RUNNING", "STARTING")
PATIENCE = 120
"""Seconds that one order to the manager may take; stopping everything is the longest."""
TRIES = 3
"""A program that had to be started this often while it was waited for will not come up."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)


class Keeper:
    """The manager of one checkout, running or not."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._conf = layout.run / "supervisord.conf"

    def _rpc(self) -> Any:
        proxy = xmlrpc.client.ServerProxy("http://localhost", transport=_UnixTransport(self._layout.socket))
        return proxy.supervisor

    def pid(self) -> int | None:
        """The manager's process id, None when it does not answer."""
        try:
            return int(self._rpc().getPID())
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return None

    def start(self, configuration: str) -> bool:
        """Start the manager, or give a running one its new configuration.

        Programs whose command line changed are stopped; none is started.

        Args:
            configuration: the text of its file.

        Returns:
            Whether it was started now.

        Raises:
            Stop: it does not come up.
        """
        store.write_text(self._conf, configuration)
        if self.pid() is not None:
            self._apply()
            return False
        self._layout.socket.unlink(missing_ok=True)
        command = [str(self._layout.venv / "bin" / "supervisord"), "-c", str(self._conf)]
        done = subprocess.run(
            command, env=environment.service(self._layout), cwd=self._layout.root,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )
        deadline = time.monotonic() + 15
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.pid() is not None:
                return True
            time.sleep(0.05)
        with self._layout.setup_log.open("a", encoding="utf-8") as out:
            out.write(done.stdout + done.stderr)
        raise Stop(
            "Le gestionnaire de processus ne démarre pas.", "The process manager does not start.",
            do="./dev logs supervisord", log=self._layout.setup_log,
        )

    def _apply(self) -> None:
        added, changed, removed = self._rpc().reloadConfig()[0]
        for name in [*changed, *removed]:
            self._rpc().stopProcessGroup(name)
            self._rpc().removeProcessGroup(name)
        for name in [*added, *changed]:
            self._rpc().addProcessGroup(name)

    def table(self) -> dict[str, dict[str, Any]]:
        """What the manager knows of each program; nothing when it does not answer."""
        try:
            return {info["name"]: info for info in self._rpc().getAllProcessInfo()}
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return {}

    def running(self) -> set[str]:
        """The names of the programs that run."""
        return {name for name, info in self.table().items() if info["statename"] in RUNNING}

    def start_program(self, name: str) -> bool:
        """Start a program without waiting for it.

        Returns:
            Whether it was started now.
        """
        if name in self.running():
            return False
        try:
            self._rpc().startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" in fault.faultString:  # it was between two tries, and came back by itself
                return False
            raise Stop(
                f"{name} ne démarre pas : {fault.faultString}", f"{name} does not start: {fault.faultString}",
                log=self.log(name),
            ) from fault
        return True

    def stop_programs(self, names: Iterable[str]) -> None:
        """Stop programs side by side, and wait until all have ended."""
        wanted = set(names)
        for name in wanted:
            try:
                self._rpc().stopProcess(name, False)
            except xmlrpc.client.Fault:  # it was not running
                continue
        deadline = time.monotonic() + PATIENCE
        while self._alive() & wanted and time.monotonic() < deadline:
            time.sleep(0.05)

    def _alive(self) -> set[str]:
        """The programs that have a process, or are about to have one."""
        ended = ("STOPPED", "EXITED", "FATAL")
        return {name for name, info in self.table().items() if info["statename"] not in ended}

    def shutdown(self, order: Iterable[Iterable[str]] = ()) -> None:
        """Stop all programs and the manager, and wait until it is gone.

        Args:
            order: groups of programs to stop one group after the other; what is left the manager stops one by one.
        """
        pid = self.pid()
        if pid is None:
            return
        for names in order:
            self.stop_programs(names)
        self._rpc().shutdown()
        deadline = time.monotonic() + PATIENCE
        while not processes.is_dead(pid) and time.monotonic() < deadline:
            time.sleep(0.05)

    def log(self, name: str) -> Path:
        """Where a program's words go."""
        return self._layout.log / f"{name}.log"

    def watch(self, name: str) -> Watch:
        """Look at a program while it is waited for."""
        return Watch(self, name)


class Watch:
    """Tells when waiting for a program makes no sense any more."""

    def __init__(self, keeper: Keeper, name: str) -> None:
        self._keeper = keeper
        self._name = name
        self._starts: set[int] = set()

    def failed(self) -> Stop | None:
        """Why the program will not come up, None while it may."""
        info = self._keeper.table().get(self._name)
        if info is not None:
            self._starts.add(info["start"])
            if info["statename"] not in ("FATAL", "EXITED", "STOPPED") and len(self._starts) < TRIES:
                return None
        return Stop(
            f"{self._name} s'arrête dès qu'on le démarre.", f"{self._name} stops as soon as it is started.",
            do=f"./dev logs {self._name}", log=self._keeper.log(self._name),
        )

    def late(self, seconds: float) -> Stop:
        """What to say when the program did not answer in time."""
        return Stop(
            f"{self._name} ne répond pas après {seconds:.0f} s.", f"{self._name} gave no answer in {seconds:.0f} s.",
            do=f"./dev logs {self._name}", log=self._keeper.log(self._name),
        )
