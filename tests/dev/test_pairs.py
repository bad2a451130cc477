"""Two of each: what `./dev up --scale` writes, before anything is started."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from local import pairs, ports, programs

ROOT = Path(__file__).resolve().parents[2]
PORTS = {name: 20000 + number for number, name in enumerate(["web", *ports.PRIVATE, *ports.PAIRED])}


@pytest.fixture
def checkout(layout):
    for folder in ("docker/nginx", "docker/solr"):
        shutil.copytree(ROOT / folder, layout.root / folder)
    return layout


def test_every_program_that_can_be_lost_is_there_twice_and_a_port_belongs_to_one(checkout):
    wanted = programs.programs(checkout, PORTS, "127.0.0.1", paired=True)
    names = [program.name for program in wanted]
    assert set(names) == set(programs.PAIRED_ALL)
    assert len(names) == len(set(names))
    for name in ("solr", *programs.APPLICATION):
        assert {name, f"{name}2"} <= set(names)
    first, second = (program for program in wanted if program.name in ("web", "web2"))
    assert (first.command, first.variables) != (second.command, second.variables)
    assert first.command == second.command
    assert len({program.order for program in wanted if program.name.startswith("solr")}) == 1


def test_alone_nothing_of_it_is_there(checkout):
    assert {program.name for program in programs.programs(checkout, PORTS, "127.0.0.1")} == set(programs.ALL)


def test_the_two_kinds_of_template_are_filled_in_whole_and_name_both_of_each(checkout):
    pairs.configure(checkout, PORTS, "127.0.0.1")
    folder = checkout.run / "nginx"
    for name, both in (("portal", pairs.WEBS), ("solr", pairs.NODES)):
        text = (folder / f"{name}.conf").read_text("utf-8")
        assert not re.search(r"\$\{POLE_\w", text)
        assert all(f"127.0.0.1:{PORTS[port]}" in text for port in both.values())
    with pytest.raises(KeyError):
        pairs.fill_in("listen ${POLE_NOTHING};", {})


def test_nginx_takes_the_templates_that_compose_gives_it_too(checkout):
    if not shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"):
        pytest.skip("NGINX ABSENT: apt-get install nginx, or ./dev up --scale, which installs it")
    pairs.configure(checkout, PORTS, "127.0.0.1")
    done = subprocess.run([*pairs.nginx_command(checkout), "-t"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_ports_of_pairs_are_settled_only_when_wanted_and_stay():
    alone = ports.choose({}, set())
    assert set(alone) == set(ports.PRIVATE)
    both = ports.choose(alone, set(), paired=True)
    assert set(both) == {*ports.PRIVATE, *ports.PAIRED}
    assert len(set(both.values())) == len(both)
    assert ports.choose(both, set(), paired=True) == both
