"""`docker compose config` has nothing to say of the compose file, with any of its profiles.

Where docker's plugin is not, its loader does the same: the Compose Specification's own library, in the version that
Docker Compose v2.40 is built with (tests/docker/loader). Docker's own errors are also looked for, or a loader that
takes anything would pass for one that found nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOADER = Path(__file__).with_name("loader")
GO = (1, 23)
"""The first version of Go that builds the loader; its go.mod says the same."""

Config = Callable[..., "subprocess.CompletedProcess[str]"]
SCALED = ("--env-file", ".env", "--env-file", "scale.env")
#: What is given to docker compose, and the profiles that it turns on.
WAYS = {
    (): set(), ("-f", "tls.yaml"): set(), ("--profile", "demo"): {"demo"}, ("--profile", "scale"): {"scale"},
    SCALED: {"scale"},
}  # fmt: skip


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that reads a compose file: docker's where it is, otherwise its loader, built here."""
    docker = shutil.which("docker")
    if docker and not subprocess.run([docker, "compose", "version"], check=False, capture_output=True).returncode:
        return [docker, "compose"]
    go = shutil.which("go")
    told = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout if go else ""
    found = re.match(r"go(\d+)\.(\d+)", told)
    if not go or not found or tuple(map(int, found.groups())) < GO:
        pytest.skip("NEITHER `docker compose` NOR GO 1.23: the compose file was not read as docker reads it")
    fetched = subprocess.run([go, "mod", "download"], cwd=LOADER, capture_output=True, text=True, check=False)
    if fetched.returncode:
        pytest.skip(f"THE COMPOSE SPECIFICATION'S LOADER CANNOT BE HAD: {fetched.stderr.strip()}")
    built = tmp_path_factory.mktemp("loader") / "loader"
    # Go keeps what it fetched and compiled: once built, a second or less.
    subprocess.run([go, "build", "-mod=readonly", "-buildvcs=false", "-o", built, "."], cwd=LOADER, check=True)
    return [str(built)]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """docker/ as an operator has it who followed the first three lines of the compose file."""
    folder = tmp_path / "docker"
    shutil.copytree(ROOT / "docker", folder, ignore=shutil.ignore_patterns("secrets", ".env", "__pycache__"))
    subprocess.run([folder / "make-secrets"], check=True, capture_output=True)
    shutil.copy(folder / ".env.example", folder / ".env")
    return folder


@pytest.fixture
def config(program: list[str], site: Path) -> Config:
    """Read the site's compose file: `config("--profile", "demo")`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("POLE_", "COMPOSE_"))}
    end = ["config", "--services"] if program[1:] else []

    def read(*options: str) -> subprocess.CompletedProcess[str]:
        command = [*program, "-f", "compose.yaml", *options, *end]
        return subprocess.run(command, cwd=site, env=clean, capture_output=True, text=True, check=False, timeout=60)

    return read


@pytest.mark.parametrize("options", WAYS, ids=lambda options: " ".join(options) or "no profile")
def test_docker_starts_what_the_profile_names_and_warns_of_nothing(config: Config, options: tuple[str, ...]):
    file = yaml.safe_load((ROOT / "docker/compose.yaml").read_text("utf-8"))
    wanted = {
        name
        for name, service in file["services"].items()
        if not service.get("profiles") or WAYS[options] & set(service["profiles"])
    }
    told = config(*options)
    assert (told.returncode, told.stderr) == (0, "")
    assert set(told.stdout.split()) == wanted


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("postgres: {condition: service_healthy}", "postgress: {condition: service_healthy}", 'undefined service "p'),
        ("networks: [inside]", "networks: [insight]", "undefined network insight"),
        ("    shm_size: 256m", "    shm_sise: 256m", "shm_sise"),
        ("restart: unless-stopped", "restart: [unless-stopped]", "restart"),
    ],
)  # fmt: skip
def test_a_slip_in_the_file_is_found(config: Config, site: Path, right: str, wrong: str, complaint: str):
    file = site / "compose.yaml"
    text = file.read_text("utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong), "utf-8")
    told = config()
    assert told.returncode != 0
    assert complaint in told.stderr


def test_a_portal_without_an_address_is_not_started(config: Config, site: Path):
    file = site / ".env"
    file.write_text(re.sub(r"(?m)^POLE_SITE_URL=.*\n", "", file.read_text("utf-8")), "utf-8")
    told = config()
    assert told.returncode != 0
    assert "required variable POLE_SITE_URL is missing a value" in told.stderr
