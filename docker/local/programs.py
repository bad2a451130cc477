"""The programs of a portal, and the process manager's configuration made from them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import packages, pairs, postgres, roles, solr
from .layout import Layout

SERVICES = ("postgres", "redis", "solr")
CONSUMERS = tuple(roles.CONSUMERS)
APPLICATION = ("web", *CONSUMERS)
"""What runs our code, and is started again when it changes."""
ALL = (*SERVICES, "demo", *APPLICATION)
SECOND = "2"
"""What the name of the second of a pair ends in."""


def doubled(names: Iterable[str]) -> tuple[str, ...]:
    """Each name, and the second's of its pair."""
    return tuple(each for name in names for each in (name, name + SECOND))


PAIRED_SERVICES = ("postgres", "redis", "zookeeper", *doubled(["solr"]), "nginx")
PAIRED_ALL = (*PAIRED_SERVICES, "demo", *doubled(APPLICATION))
STOPPING = (("demo", *doubled(APPLICATION)), PAIRED_SERVICES)
"""What may stop side by side: first those that use the services, then these. A name that does not run is none."""


def services(*, paired: bool) -> tuple[str, ...]:
    """What the portal stands on."""
    return PAIRED_SERVICES if paired else SERVICES


def webs(*, paired: bool) -> tuple[str, ...]:
    """The web servers."""
    return doubled(["web"]) if paired else ("web",)


def consumers(*, paired: bool) -> tuple[str, ...]:
    """What works the queues, and the scheduler."""
    return doubled(CONSUMERS) if paired else CONSUMERS


@dataclass(frozen=True)
class Program:
    """One process that is kept running.

    Attributes:
        name: also its log's.
        command: the words of its command line.
        order: lower starts earlier and stops later.
        signal: what asks it to stop.
        patience: seconds it may take to stop.
        user: who runs it, when that is not us.
        folder: where it runs, when that is not the checkout.
        variables: added to its environment.
    """

    name: str
    command: list[str]
    order: int
    signal: str = "TERM"
    patience: int = 20
    user: str = ""
    folder: str = ""
    variables: dict[str, str] = field(default_factory=dict)


def programs(layout: Layout, ports: dict[str, int], host: str, *, paired: bool = False) -> list[Program]:
    """Every program of the checkout.

    Args:
        layout: the checkout.
        ports: of the services and of `web`.
        host: the address that `web` listens on.
        paired: whether there are two of each.
    """
    owner = postgres.owner()
    ours = {role: roles.command(role, layout.venv / "bin", layout.templates) for role in roles.ROLES}
    as_owner = {} if owner is None else {"HOME": owner.pw_dir, "USER": owner.pw_name}
    return [
        Program(
            "postgres", postgres.command(layout), 10, signal="INT", patience=60,  # INT: without waiting for clients
            user=owner.pw_name if owner else "", folder="/", variables=as_owner,
        ),
        Program("redis", [packages.redis() or "redis-server", str(layout.run / "redis.conf")], 10),
        Program(
            "demo", [str(layout.python), str(layout.root / "docker/demo/server.py"), "--port", str(ports["demo"])], 20
        ),
        *(_pairs(layout, ports, ours) if paired else _alone(layout, ports, host, ours)),
    ]


def _alone(layout: Layout, ports: dict[str, int], host: str, ours: dict[str, list[str]]) -> list[Program]:
    return [
        Program("solr", solr.command(layout, ports["solr"]), 10),
        _web(layout, "web", ours["web"], f"{host}:{ports['web']}"),
        *(Program(role, ours[role], 40) for role in CONSUMERS),
    ]


def _pairs(layout: Layout, ports: dict[str, int], ours: dict[str, list[str]]) -> list[Program]:
    return [
        Program("zookeeper", pairs.zookeeper_command(layout), 5),
        *(
            Program(node, solr.command(
                layout, ports[port], pairs.node_home(layout, node), pairs.node_properties(ports, node)
            ), 10)
            for node, port in pairs.NODES.items()
        ),
        Program("nginx", pairs.nginx_command(pairs.nginx_folder(layout)), 20),
        *(_web(layout, name, ours["web"], f"127.0.0.1:{ports[port]}") for name, port in pairs.WEBS.items()),
        *(Program(name, ours[name.removesuffix(SECOND)], 40) for name in consumers(paired=True)),
    ]


def _web(layout: Layout, name: str, command: list[str], bind: str) -> Program:
    return Program(name, command, 30, folder=str(layout.templates), variables={"POLE_BIND": bind})


MANAGER = """; Written by ./dev at each start.
[unix_http_server]
file = {socket}
chmod = 0700

[supervisord]
logfile = {log}/supervisord.log
logfile_maxbytes = 5MB
logfile_backups = 1
loglevel = info
pidfile = {run}/supervisord.pid
childlogdir = {run}
nocleanup = true
directory = {root}
identifier = pole
{user}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

SECTION = """
[program:{name}]
command = {command}
priority = {order}
autostart = false
autorestart = true
startsecs = 1
startretries = 1000000
stopsignal = {signal}
stopwaitsecs = {patience}
stopasgroup = {group}
killasgroup = true
redirect_stderr = true
stdout_logfile = {log}/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""


def _literal(text: str) -> str:
    """Supervisor expands % in its values, and takes ` ;` for the start of a comment."""
    return text.replace("%", "%%").replace(" ;", r" \;")


def render(layout: Layout, wanted: list[Program], *, as_root: bool) -> str:
    """The process manager's configuration.

    Args:
        layout: the checkout.
        wanted: the programs.
        as_root: whether the manager runs as root, which it wants to be told.
    """
    text = MANAGER.format(
        socket=_literal(str(layout.socket)), log=_literal(str(layout.log)), run=_literal(str(layout.run)),
        root=_literal(str(layout.root)), user="user = root\n" if as_root else "",
    )
    for program in wanted:
        text += SECTION.format(
            name=program.name, command=_literal(shlex.join(program.command)), order=program.order,
            signal=program.signal, patience=program.patience, log=_literal(str(layout.log)),
            # PostgreSQL's own children take their orders from it; asked beside it they would end in an error.
            group="false" if program.name.removesuffix(SECOND) in ("postgres", "web", "worker") else "true",
        )
        if program.user:
            text += f"user = {program.user}\n"
        if program.folder:
            text += f"directory = {_literal(program.folder)}\n"
        if program.variables:
            pairs = ",".join(f'{name}="{_literal(value)}"' for name, value in program.variables.items())
            text += f"environment = {pairs}\n"
    return text
