"""The compose file, read as docker reads it: what one service names, another gives."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from compose_spec import ComposeSpecification

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docker"))
DOCKER = ROOT / "docker"
OURS = {"web", "worker", "gather", "fetch", "scheduler", "init"}


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))


def dockerfile() -> str:
    return (DOCKER / "image/Dockerfile").read_text("utf-8")


def test_it_keeps_to_the_compose_specification(compose):
    ComposeSpecification.model_validate(compose)


def test_the_dockerfile_has_no_fault_that_a_linter_knows():
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, DOCKER / "image/Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_role_of_the_image_is_a_service(compose, entrypoint):
    import roles

    assert {"init", *roles.ROLES} == OURS
    assert all(compose["services"][role]["command"] == [role] for role in OURS)


def lines_of(path: Path) -> dict[str, str]:
    found = re.findall(r"^(\w+)=(.*)$", path.read_text("utf-8"), re.M)
    return {name: value.strip('"') for name, value in found}


def test_profile_scale_has_the_second_of_all_that_dev_doubles_and_starts_it_the_same_way(compose, entrypoint):
    """`./dev up --scale` runs what this profile names; docker itself is not needed to see it."""
    import roles
    from local import pairs, programs

    services = compose["services"]
    second = {name for name, service in services.items() if service.get("profiles") == ["scale"]}
    doubled = set(programs.doubled([*programs.APPLICATION, "solr"])) - {*programs.APPLICATION, "solr"}
    assert second == {*doubled, "zookeeper", "collection", "solrs"}
    for role in roles.ROLES:
        one, other = dict(services[role]), dict(services[f"{role}2"])
        assert other.pop("profiles") == ["scale"]
        assert one == other, role
    given = lines_of(DOCKER / "scale.env")
    assert given["COMPOSE_PROFILES"] == "scale"
    assert given["POLE_WEBS"] == pairs.servers(["web:5000", "web2:5000"])
    assert services["solrs"]["environment"]["POLE_SOLRS"] == pairs.servers(["solr:8983", "solr2:8983"])
    host, port = given["ZK_HOST"].split(":")
    assert (host in services, port) == (True, "2181")
    assert given["POLE_SOLR_URL"] == "http://solrs:8983/solr/ckan"
    assert {services[name]["environment"]["SOLR_HOST"] for name in ("solr", "solr2")} == {"solr", "solr2"}
    assert {name: services["nginx"]["environment"][name] for name in pairs.PATIENCE} == pairs.PATIENCE
    # All that a template asks for is given, by whoever reads it.
    for service, template in (("nginx", "portal"), ("solrs", "solr")):
        asked = re.findall(r"\$\{(POLE_\w+)\}", (DOCKER / f"nginx/{template}.conf.template").read_text("utf-8"))
        assert set(asked) == {name for name in services[service]["environment"] if name.startswith("POLE_")}


def test_without_a_profile_nothing_waits_in_vain_for_what_is_not_started(compose):
    services = compose["services"]
    for name, service in services.items():
        mine = set(service.get("profiles") or [])
        for other, wish in (service.get("depends_on") or {}).items():
            needed = set(services[other].get("profiles") or [])
            assert not needed or needed == mine or wish.get("required") is False, f"{name} waits for {other}"


def test_who_is_waited_for_can_say_that_it_is_ready(compose):
    image_is_checked = "HEALTHCHECK" in dockerfile()
    for name, service in compose["services"].items():
        for other, wish in (service.get("depends_on") or {}).items():
            known = compose["services"][other]
            if wish["condition"] == "service_healthy":
                ours = known.get("image", "").startswith("ckanext-pole") and image_is_checked
                assert "test" in known.get("healthcheck", {}) or ours, f"{name} waits for {other}"
            else:
                assert known["restart"] == "no", f"{name} waits for {other} to end"


def test_every_secret_that_is_read_is_mounted_drawn_and_kept_out_of_git(compose):
    drawn = (DOCKER / "make-secrets").read_text("utf-8")
    for name, secret in compose["secrets"].items():
        assert secret["file"] == f"./secrets/{name}"
        assert re.search(rf"\b{name}\b", drawn), name
    for name, service in compose["services"].items():
        read = set(re.findall(r"/run/secrets/(\w+)", str(service)))
        assert read <= set(service.get("secrets") or []), name
    if shutil.which("git"):
        wanted = ["docker/secrets/x", "docker/.env"]
        told = subprocess.run(["git", "check-ignore", *wanted], cwd=ROOT, capture_output=True, text=True, check=False)
        assert told.stdout.split() == wanted


def test_drawing_secrets_twice_keeps_the_first(tmp_path):
    tool = shutil.copy(DOCKER / "make-secrets", tmp_path)
    subprocess.run([tool], check=True, capture_output=True)
    first = {path.name: path.read_text("ascii") for path in (tmp_path / "secrets").iterdir()}
    subprocess.run([tool], check=True, capture_output=True)
    assert {path.name: path.read_text("ascii") for path in (tmp_path / "secrets").iterdir()} == first
    drawn = [text for name, text in first.items() if name != "smtp_password"]
    assert all(len(text) == 64 for text in drawn)
    assert len(set(drawn)) == len(drawn)


def test_the_entry_point_gets_every_setting_it_needs(compose, entrypoint):
    given = compose["services"]["web"]["environment"]
    assert set(entrypoint.NEEDED) <= set(given)
    assert {f"{name}_FILE" for name in entrypoint.SECRETS} <= set(given)
    asked = set(re.findall(r"\$(\w+)", (ROOT / "config/ini/ckan.ini.in").read_text("utf-8")))
    environ = {"POLE_SITE_URL": "http://x", **dict.fromkeys(entrypoint.SECRETS, "x")}
    assert asked == set(entrypoint.values(environ))


def test_nothing_but_nginx_is_open_to_the_outside(compose):
    assert {name for name, service in compose["services"].items() if service.get("ports")} == {"nginx"}
    for name in ("postgres", "redis", "solr"):
        assert compose["services"][name]["networks"] == ["inside"]
    assert compose["networks"]["inside"]["internal"] is True


def test_our_processes_run_as_nobody_on_a_root_they_cannot_write(compose):
    for role in OURS:
        service = compose["services"][role]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    assert re.search(r"^USER 10001", dockerfile(), re.M)


def test_what_is_mounted_or_copied_exists(compose):
    for service in compose["services"].values():
        for volume in service.get("volumes") or []:
            source = volume.split(":")[0]
            assert (DOCKER / source).exists() if source.startswith(".") else source in compose["volumes"], volume
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile(), re.M):
        assert all((ROOT / name).exists() for name in line.split()[:-1]), line


def test_every_variable_is_in_the_example_or_has_a_default(compose):
    text = (DOCKER / "compose.yaml").read_text("utf-8")
    example = set(re.findall(r"^(\w+)=", (DOCKER / ".env.example").read_text("utf-8"), re.M))
    for name, mark in re.findall(r"(?<!\$)\$\{(\w+)(:?[-?])?", text):
        assert name in example or mark.endswith("-"), name
