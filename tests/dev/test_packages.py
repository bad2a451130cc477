"""What the machine must have, and what is said when it may not be installed."""

from __future__ import annotations

import io
import os
import subprocess

import pytest
from local import packages
from local.errors import Stop
from local.packages import Need


def need(what, *names, present):
    return Need(what, names, lambda: present)


def test_only_what_is_absent_is_asked_for_and_once():
    absent = [need("a", "gcc", "libpq-dev", present=False), need("c", "gcc", present=False)]
    assert packages.missing([*absent, need("b", "maven", present=True)]) == ["gcc", "libpq-dev"]


def test_with_nothing_missing_apt_is_not_called(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a command was run"))
    packages.install([], tmp_path / "log")


def test_without_root_or_sudo_the_packages_and_the_command_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(packages, "which", lambda *names: None)
    with pytest.raises(Stop) as stopped:
        packages.install(["redis-server", "maven"], tmp_path / "log")
    assert stopped.value.code == 1
    assert stopped.value.do == "apt-get install --no-install-recommends redis-server maven"
    assert "redis-server, maven" in stopped.value.french
    assert not (tmp_path / "log").exists()


def test_sudo_is_asked_without_a_question_where_nobody_can_answer(monkeypatch):
    asked = []

    def refuse(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(packages, "which", lambda *names: "/usr/bin/sudo")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr(subprocess, "run", refuse)
    assert packages.become_root() is None
    assert asked == [["sudo", "-n", "true"]]


def test_a_java_that_cannot_compile_or_is_too_old_will_not_do(tmp_path, monkeypatch):
    def jdk(name, version, *programs):
        home = tmp_path / name
        (home / "bin").mkdir(parents=True)
        for program in ("java", *programs):
            (home / "bin" / program).write_text("")
        (home / "release").write_text(f'JAVA_VERSION="{version}"\n')
        return home

    runtime, old, good = jdk("jre", "17.0.1"), jdk("old", "1.8.0", "javac"), jdk("jdk", "21.0.2", "javac")
    assert not packages._java_serves(runtime / "bin" / "java")
    assert not packages._java_serves(old / "bin" / "java")
    assert not packages._java_serves(tmp_path / "absent" / "bin" / "java")
    monkeypatch.setenv("JAVA_HOME", str(good))
    assert packages.java() == good / "bin" / "java"


def test_the_installer_script_touches_no_service_of_the_machine():
    text = packages.APT.read_text("utf-8")
    assert "exit 101" in text
    assert "create_main_cluster = false" in text
    assert subprocess.run(["sh", "-n", str(packages.APT)], check=False).returncode == 0
