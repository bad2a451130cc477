"""The Python environment of the checkout, filled from the lock file."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

from . import environment, store
from .errors import Stop
from .layout import Layout

LOCKS = {"serve": "requirements.txt", "test": "requirements-test.txt"}
STAMP = "pole-stamp.json"


def interpreter() -> str:
    """The Python that the environment is made with: never one that sits in someone's virtual environment."""
    return getattr(sys, "_base_executable", "") or sys.executable


def stamp(layout: Layout, profile: str) -> str:
    """What the environment depends on; while it stays the same nothing is installed.

    Args:
        layout: the checkout.
        profile: a key of LOCKS.
    """
    words = sorted((layout.root / "i18n").glob("*/LC_MESSAGES/*.po"))
    return f"{_packages(layout, profile)} {_digest(words)}"


def _packages(layout: Layout, profile: str) -> str:
    """The first half of a stamp: what makes the packages; the second half is the catalogues of words."""
    made = [layout.root / LOCKS[profile], layout.root / "setup.py", layout.root / "pyproject.toml"]
    return _digest(made, f"{sys.version_info[:3]} {interpreter()}\n")


def _digest(paths: list[Path], begin: str = "") -> str:
    digest = hashlib.sha256(begin.encode())
    for path in paths:
        digest.update(f"{path.name} {path.parent.parent.name}\n".encode())
        digest.update(path.read_bytes() if path.exists() else b"-")
    return digest.hexdigest()


def is_ready(layout: Layout, profile: str) -> bool:
    """Whether the environment holds what this profile wants. The test profile holds all of the serve profile."""
    return layout.python.exists() and _stamps(layout).get(profile) == stamp(layout, profile)


def has_psycopg(layout: Layout) -> bool:
    """Whether the one package that has to be compiled is there already."""
    return any(layout.venv.glob("lib/python*/site-packages/psycopg2/__init__.py"))


def _stamps(layout: Layout) -> dict[str, str]:
    return store.read(layout.venv / STAMP)


def install(layout: Layout, profile: str) -> None:
    """Bring the environment up to date.

    Raises:
        Stop: the packages could not be had, or built.
    """
    lock = layout.root / LOCKS[profile]
    if not lock.exists():
        raise Stop(f"Il manque {lock.name} à la racine.", f"{lock.name} is missing from the root.")
    made_with = _stamps(layout).get("python")
    if layout.venv.exists() and made_with != f"{interpreter()} {sys.version_info[:3]}":
        shutil.rmtree(layout.venv)
    with layout.setup_log.open("ab") as out:
        if layout.python.exists() and _stamps(layout).get(profile, "").split(" ")[0] == _packages(layout, profile):
            _run([str(layout.python), "-m", "ckanext.pole.words", "compile"], environment.clean(), layout, out)
        else:
            _install_packages(layout, lock, out)
    known = _stamps(layout) if profile == "test" else {}
    fresh = {profile: stamp(layout, profile), "python": f"{interpreter()} {sys.version_info[:3]}"}
    if profile == "test":
        fresh["serve"] = stamp(layout, "serve")
    store.write(layout.venv / STAMP, {**known, **fresh})


def _install_packages(layout: Layout, lock: Path, out: IO[bytes]) -> None:
    installer, env = _installer(layout, out)
    _make_venv(layout, installer, env, out)
    for left in layout.root.glob("*.egg-info"):
        # A build of another tool leaves it; found first, it would hide the plugins that came since.
        shutil.rmtree(left, ignore_errors=True)
    for arguments in (["-r", str(lock)], ["--no-deps", "--no-build-isolation", "-e", str(layout.root)]):
        _run([*installer, *arguments], env, layout, out)


def _installer(layout: Layout, out: IO[bytes]) -> tuple[list[str], dict[str, str]]:
    """The install command: uv, or pip where uv cannot be had."""
    tool_python = layout.tools / "bin" / "python"
    if not tool_python.exists():
        _run([interpreter(), "-m", "venv", "--clear", str(layout.tools)], environment.clean(), layout, out)
    uv = layout.tools / "bin" / "uv"
    env = environment.installer(_pip_settings(tool_python))
    if not uv.exists():
        subprocess.run(
            [str(tool_python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv"],
            env=environment.clean(), stdout=out, stderr=out, check=False,
        )
    if uv.exists():
        return [str(uv), "pip", "install", "--python", str(layout.python)], env
    return [str(layout.python), "-m", "pip", "install", "--disable-pip-version-check"], environment.clean()


def _pip_settings(python: Path) -> dict[str, str]:
    """The machine's pip configuration, files and variables together; the later line wins, as in pip."""
    command = [str(python), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, env=environment.clean(), capture_output=True, text=True, check=False)
    settings = {}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        settings[name.rpartition(".")[2]] = value.strip("'\"")
    return settings


def _make_venv(layout: Layout, installer: list[str], env: dict[str, str], out: IO[bytes]) -> None:
    if layout.python.exists():
        return
    if installer[0].endswith("uv"):
        _run([installer[0], "venv", "--clear", "--python", interpreter(), str(layout.venv)], env, layout, out)
    else:
        _run([interpreter(), "-m", "venv", "--clear", str(layout.venv)], env, layout, out)


def _run(command: list[str], env: dict[str, str], layout: Layout, out: IO[bytes]) -> None:
    out.write(f"\n$ {' '.join(command)}\n".encode())
    out.flush()
    done = subprocess.run(command, env=env, cwd=layout.root, stdout=out, stderr=out, check=False)
    if done.returncode:
        raise Stop(
            "L'environnement Python n'a pas pu être installé.",
            "The Python environment could not be installed.",
            do="./dev up", log=layout.setup_log,
        )
