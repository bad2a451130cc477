"""What the machine must have, looked for by what it gives (a command, a file) and installed only if absent."""

from __future__ import annotations

import ctypes.util
import glob
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import Stop

POSTGRES_OLDEST = 14
JAVA_OLDEST = 11
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT = Path(__file__).with_name("apt.sh")


@dataclass(frozen=True)
class Need:
    """One thing the machine must have.

    Attributes:
        what: its name, for a person.
        packages: what gives it on Debian and Ubuntu.
        present: whether it is there.
    """

    what: str
    packages: tuple[str, ...]
    present: Callable[[], bool]


def which(*names: str) -> str | None:
    """The first of these commands that exists; the administrator's folders are looked in too."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def postgres_folders() -> dict[int, Path]:
    """The PostgreSQL servers on this machine: major version and folder of commands, the newest last."""
    found = {}
    for initdb in glob.glob("/usr/lib/postgresql/*/bin/initdb"):
        folder = Path(initdb).parent
        if folder.parent.name.isdigit() and (folder / "postgres").exists():
            found[int(folder.parent.name)] = folder
    return dict(sorted(found.items()))


def java() -> Path | None:
    """A Java that can compile (the launcher is one source file) and is recent enough for Solr."""
    candidates = [Path(os.environ["JAVA_HOME"]) / "bin/java"] if os.environ.get("JAVA_HOME") else []
    if on_path := which("java"):
        candidates.append(Path(on_path))
    candidates += [Path(path) for path in sorted(glob.glob("/usr/lib/jvm/*/bin/java"), reverse=True)]
    return next((path for path in candidates if _java_serves(path)), None)


def _java_serves(path: Path) -> bool:
    home = path.resolve().parents[1] if path.exists() else None
    if home is None or not (home / "bin" / "javac").exists():
        return False
    try:
        version = re.search(r'JAVA_VERSION="(\d+)', (home / "release").read_text("utf-8"))
    except OSError:
        return False
    return version is not None and int(version[1]) >= JAVA_OLDEST


def can_compile_psycopg() -> bool:
    """Whether psycopg2, which has no ready-made package for Linux, can be built here."""
    headers = [*glob.glob("/usr/include/libpq-fe.h"), *glob.glob("/usr/include/postgresql/libpq-fe.h")]
    python = Path(sysconfig.get_path("include")) / "Python.h"
    return bool(which("gcc", "cc") and which("pg_config") and headers and python.exists())


def redis() -> str | None:
    """The Redis server, or the one that took its place in newer systems."""
    return which("redis-server", "valkey-server")


def browser() -> str | None:
    """The browser of the browser tests."""
    return which(*BROWSERS)


SERVE = (
    Need("PostgreSQL", ("postgresql",), lambda: any(version >= POSTGRES_OLDEST for version in postgres_folders())),
    Need("Redis", ("redis-server",), lambda: redis() is not None),
    Need("Java", ("default-jdk-headless",), lambda: java() is not None),
    Need("libmagic", ("libmagic1",), lambda: bool(_library("magic"))),
    Need("CA", ("ca-certificates",), lambda: Path("/etc/ssl/certs/ca-certificates.crt").exists()),
)
JARS = (Need("Maven", ("maven",), lambda: which("mvn") is not None),)
COMPILE = (Need("psycopg2", ("gcc", "libc6-dev", "libpq-dev", "python3-dev"), can_compile_psycopg),)
BALANCE = (Need("nginx", ("nginx",), lambda: which("nginx") is not None),)
BROWSE = (
    Need("Chromium", ("chromium",), lambda: browser() is not None),
    Need("fonts", ("fonts-dejavu-core",), lambda: bool(glob.glob("/usr/share/fonts/**/*.ttf", recursive=True))),
)


def _library(name: str) -> str | None:
    """A shared library by file, because ctypes' own search needs tools that a bare machine lacks."""
    files = glob.glob(f"/usr/lib/*/lib{name}.so.*") + glob.glob(f"/usr/lib/lib{name}.so.*")
    return files[0] if files else ctypes.util.find_library(name)


def missing(needs: Iterable[Need]) -> list[str]:
    """The packages that would give what is absent, each once, in a steady order."""
    return list(dict.fromkeys(name for need in needs if not need.present() for name in need.packages))


def become_root() -> list[str] | None:
    """What to put before a command so that root runs it.

    Returns:
        Nothing to put (we are root), sudo, or None when neither is to be had.
    """
    if os.getuid() == 0:
        return []
    if not which("sudo"):
        return None
    if sys.stdin.isatty():
        return ["sudo"]
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def install(packages: list[str], log: Path) -> None:
    """Install packages; the machine's own services are neither started nor created.

    Args:
        packages: their names; none is none to install, and apt is not called.
        log: the file that apt's words go to.

    Raises:
        Stop: nobody here may install, or apt failed.
    """
    if not packages:
        return
    by_hand = f"apt-get install --no-install-recommends {' '.join(packages)}"
    prefix = become_root() if which("apt-get") else None
    if prefix is None:
        raise Stop(
            f"Il manque des paquets et il faut être root (ou avoir sudo) pour les installer : {', '.join(packages)}",
            f"Packages are missing, and installing them takes root (or sudo): {', '.join(packages)}",
            do=by_hand,
        )
    with log.open("ab") as out:
        done = subprocess.run([*prefix, "sh", str(APT), *packages], stdout=out, stderr=out, check=False)
    if done.returncode:
        raise Stop("apt n'a pas pu installer les paquets.", "apt could not install the packages.", do=by_hand, log=log)
