"""Where everything of one checkout lives."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOCKET_PATH_LIMIT = 100
"""Bytes. A unix socket's path has at most 107; supervisor adds a process id while it binds."""


@dataclass(frozen=True)
class Layout:
    """The files and folders of a checkout; only `root` is stored, all else follows from it."""

    root: Path

    @property
    def local(self) -> Path:
        """What the machine makes and git ignores."""
        return self.root / ".local"

    @property
    def instance(self) -> str:
        """The value of POLE_INSTANCE in the environment of every process that belongs to this checkout."""
        return str(self.local)

    @property
    def key(self) -> str:
        """A short name for this checkout that no other on the machine has."""
        return hashlib.sha256(os.fsencode(self.local)).hexdigest()[:12]

    @property
    def venv(self) -> Path:
        """The Python environment of the portal."""
        return self.local / "venv"

    @property
    def python(self) -> Path:
        """The portal's Python."""
        return self.venv / "bin" / "python"

    @property
    def tools(self) -> Path:
        """A small environment that holds only the installer."""
        return self.local / "tools"

    @property
    def log(self) -> Path:
        """A log a program, and those of the installation."""
        return self.local / "log"

    @property
    def setup_log(self) -> Path:
        """What apt, pip, Maven and the preparation of the site print."""
        return self.log / "setup.log"

    @property
    def run(self) -> Path:
        """Generated configuration of the services, process ids."""
        return self.local / "run"

    @property
    def socket(self) -> Path:
        """The process manager's socket: in `run`, or in a short folder when the checkout's path is too long."""
        wanted = self.run / "supervisor.sock"
        if len(os.fsencode(wanted)) <= SOCKET_PATH_LIMIT:
            return wanted
        return Path(tempfile.gettempdir()) / f"pole-{os.getuid()}-{self.key}" / "supervisor.sock"

    @property
    def state(self) -> Path:
        """What was chosen and must be found again: ports, what is loaded."""
        return self.local / "state.json"

    @property
    def secrets(self) -> Path:
        """What was drawn once: passwords and keys."""
        return self.local / "secrets.json"

    @property
    def accounts(self) -> Path:
        """Names and passwords of the demonstration's accounts."""
        return self.local / "accounts.json"

    @property
    def lock(self) -> Path:
        """Held while things are started or stopped."""
        return self.local / "dev.lock"

    @property
    def ini(self) -> Path:
        """The site's settings."""
        return self.local / "ckan.ini"

    @property
    def test_ini(self) -> Path:
        """The tests' settings."""
        return self.local / "test.ini"

    @property
    def templates(self) -> Path:
        """The templates of the two ini files, and what the web server needs beside them."""
        return self.root / "config" / "ini"

    @property
    def storage(self) -> Path:
        """Uploaded files."""
        return self.local / "storage"

    @property
    def redis(self) -> Path:
        """Redis' data."""
        return self.local / "redis"

    @property
    def postgres(self) -> Path:
        """The database cluster; a link when the database's user cannot reach the checkout."""
        return self.local / "pg"

    @property
    def postgres_outside(self) -> Path:
        """Where the cluster goes when it cannot be in the checkout."""
        return Path("/var/lib/ckanext-pole") / self.key

    @property
    def solr_lib(self) -> Path:
        """Solr's jars."""
        return self.local / "solr" / "lib"

    @property
    def solr_classes(self) -> Path:
        """The compiled launcher."""
        return self.local / "solr" / "classes"

    @property
    def solr_home(self) -> Path:
        """Solr's cores and configset."""
        return self.local / "solr" / "home"

    @property
    def solr_sources(self) -> Path:
        """The pom and the launcher."""
        return self.root / "docker" / "solr"

    def make(self) -> None:
        """Create the folders that are always there, readable by their owner only where they hold data."""
        self.local.mkdir(exist_ok=True)
        for folder in (self.log, self.run):
            folder.mkdir(exist_ok=True)
        for folder in (self.storage, self.redis):
            folder.mkdir(mode=0o700, exist_ok=True)
        if self.socket.parent != self.run:
            self.socket.parent.mkdir(mode=0o700, exist_ok=True)
            found = self.socket.parent.lstat()
            if found.st_uid != os.getuid() or found.st_mode & 0o077:
                raise PermissionError(f"{self.socket.parent}: not ours")


def from_here() -> Layout:
    """The checkout that this very file belongs to."""
    return Layout(Path(__file__).resolve().parents[2])
