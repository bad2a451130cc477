"""`./dev audit`: what is known against the packages of the lock (pip-audit); it reports, and stops nothing."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import environment, python_env, stack, up
from .errors import Stop
from .layout import Layout
from .terminal import say

WHOLE = 120
"""Seconds that all questions may take: a network that swallows them must not hold a run up."""
OSV = "POLE_OSV_URL"
"""Environment variable: a mirror of the OSV service, asked in the place of PyPI's and OSV's own."""
KNOWN, NOBODY = 1, 3
"""Exit codes: something is known; nobody could be asked."""


@dataclass(frozen=True)
class Answer:
    """What the advisories say of a lock.

    Attributes:
        asked: packages that were looked up.
        skipped: packages that the service did not know, or of which it did not answer.
        known: package, version, number of the advisory, versions that mend it.
    """

    asked: int = 0
    skipped: int = 0
    known: list[tuple[str, str, str, str]] = field(default_factory=list)


def run(layout: Layout, arguments: list[str]) -> int:
    """Ask, and tell.

    Returns:
        0 nothing is known; 1 something is; 3 nobody could be asked.

    Raises:
        Stop: an argument, or the packages could not be had.
    """
    if arguments:
        raise Stop("./dev audit ne prend rien.", "./dev audit takes nothing.", code=2)
    stack.check_owner(layout)
    layout.make()
    with stack.locked(layout):
        up.install(layout, "test")
    return tell(ask(layout.python, layout.root / python_env.LOCKS["serve"], os.environ.get(OSV, "")))


def ask(python: Path, lock: Path, osv: str = "") -> Answer:
    """Ask what is known of a lock's packages.

    Args:
        python: with pip-audit.
        lock: pinned packages with their hashes.
        osv: address of a mirror; empty: PyPI's service, and if that knows none of them OSV's.
    """
    services = [["osv", "--osv-url", osv]] if osv else [["pypi"], ["osv"]]
    answer = Answer()
    for service in services:
        answer = read(_pip_audit(python, lock, service))
        if answer.asked:
            break
    return answer


def read(report: str) -> Answer:
    """What pip-audit's JSON says; a text that is none says that nobody answered."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Answer()
    looked_up = [one for one in packages if "skip_reason" not in one]
    known = [
        (one["name"], one["version"], weakness["id"], " ".join(weakness["fix_versions"]))
        for one in looked_up for weakness in one["vulns"]
    ]  # fmt: skip
    return Answer(len(looked_up), len(packages) - len(looked_up), sorted(known))


def tell(answer: Answer) -> int:
    """Print the answer, loudly where there is none; gives the exit code."""
    if not answer.asked:
        say("!" * 100)
        say("AUCUN AVIS DE SÉCURITÉ N'A PU ÊTRE CONSULTÉ : les paquets ne sont PAS vérifiés.")
        say("NO ADVISORY COULD BE ASKED: the packages are NOT audited.")
        say(f"./dev audit, là où répond · where answers: pypi.org, osv.dev, {OSV}=…")
        say("!" * 100)
        return NOBODY
    for name, version, number, mended in answer.known:
        say(f"✗ {name} {version}  {number}  corrigé · mended: {mended or '-'}")
    say(
        f"{'✗' if answer.known else '✓'} {answer.asked} paquets vérifiés · packages audited, "
        f"{len(answer.known)} faiblesses connues · known weaknesses, {answer.skipped} sans réponse · without an answer"
    )
    return KNOWN if answer.known else 0


def _pip_audit(python: Path, lock: Path, service: list[str]) -> str:
    command = [
        str(python), "-m", "pip_audit", "-r", str(lock), "--require-hashes", "--disable-pip", "--format", "json",
        "--progress-spinner", "off", "--desc", "off", "--timeout", "10", "-s", *service,
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, env=environment.clean(), capture_output=True, text=True, check=False, timeout=WHOLE
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout
