"""A private PostgreSQL cluster: made once, reached over the loopback with passwords only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any

from . import environment, packages, processes, store
from .errors import Stop
from .layout import Layout

SUPERUSER = "postgres"
FALLBACK_USER = "pole"
PREPARED = "pole-prepared"
"""A file in the cluster's folder: what its site was prepared with. It goes when the cluster goes."""

SETTINGS = """# Written by ./dev at each start.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 128MB
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = off
log_line_prefix = '%m [%p] %u@%d '
"""


def owner() -> pwd.struct_passwd | None:
    """The system user that runs the server: PostgreSQL refuses root.

    Returns:
        None when we run it as ourselves.
    """
    if os.getuid() != 0:
        return None
    for name in (SUPERUSER, FALLBACK_USER):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", FALLBACK_USER]
    subprocess.run(command, check=True)
    return pwd.getpwnam(FALLBACK_USER)


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """The arguments that make subprocess drop to a user."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def can_reach(folder: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether a user may go through a folder and all those above it."""
    if user is None:
        return True
    return subprocess.run(["test", "-x", str(folder)], check=False, **_as(user)).returncode == 0


def data_folder(layout: Layout) -> Path:
    """Where the cluster is, whether or not it has been made."""
    return layout.postgres.resolve()


def commands(layout: Layout) -> Path:
    """The folder of PostgreSQL's commands: the cluster's version if it exists, else the newest.

    Raises:
        Stop: the version that made the cluster is gone from the machine.
    """
    installed = packages.postgres_folders()
    version = _read_version(layout)
    if version is None:
        return installed[max(installed)]
    if version in installed:
        return installed[version]
    raise Stop(
        f"Les données de .local ont été faites par PostgreSQL {version}, qui n'est plus installé.",
        f"The data in .local was made by PostgreSQL {version}, which is no longer installed.",
        do=f"apt-get install postgresql-{version}   (ou · or   ./dev reset)",
    )


def _read_version(layout: Layout) -> int | None:
    try:
        return int((data_folder(layout) / "PG_VERSION").read_text("ascii"))
    except (OSError, ValueError):
        return None


def needs_cluster(layout: Layout) -> bool:
    """Whether there is no cluster yet."""
    return _read_version(layout) is None


def make_cluster(layout: Layout, secrets: dict[str, Any]) -> None:
    """Make the cluster; a half-made one is thrown away first.

    Raises:
        Stop: initdb failed.
    """
    user = owner()
    place = _place(layout, user)
    draft = place.with_name(place.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    password = draft.with_name(draft.name + ".password")
    store.write_text(password, secrets["pg_superuser"])
    if user is not None:
        os.chown(draft, user.pw_uid, user.pw_gid)
        os.chown(password, user.pw_uid, user.pw_gid)
    try:
        with layout.setup_log.open("ab") as out:
            done = subprocess.run(
                [
                    str(commands(layout) / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-E", "UTF8",
                    "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password}",
                ],
                env=environment.clean(), cwd="/", stdout=out, stderr=out, check=False, **_as(user),
            )
    finally:
        password.unlink()
    if done.returncode:
        raise Stop("initdb a échoué.", "initdb failed.", log=layout.setup_log)
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'pole.conf'\n")
    draft.rename(place)


def _place(layout: Layout, user: pwd.struct_passwd | None) -> Path:
    """Choose where a new cluster goes: in the checkout, or outside with a link to it."""
    inside = layout.postgres
    if inside.is_symlink():
        inside.unlink()
    shutil.rmtree(inside, ignore_errors=True)
    if can_reach(layout.local, user):
        return inside
    outside = layout.postgres_outside
    outside.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    shutil.rmtree(outside, ignore_errors=True)
    inside.symlink_to(outside)
    return outside


def configure(layout: Layout, port: int) -> None:
    """Write the server's settings."""
    user = owner()
    path = data_folder(layout) / "pole.conf"
    store.write_text(path, SETTINGS.format(port=port))
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def command(layout: Layout) -> list[str]:
    """The command line of the server."""
    return [str(commands(layout) / "postgres"), "-D", str(data_folder(layout))]


def is_ready(layout: Layout, port: int) -> bool:
    """Whether the server accepts connections."""
    asked = subprocess.run(
        [str(commands(layout) / "pg_isready"), "-q", "-t", "2", "-h", "127.0.0.1", "-p", str(port)],
        env=environment.clean(), capture_output=True, check=False,
    )
    return asked.returncode == 0


def postmaster(layout: Layout) -> int | None:
    """The server's process id as it wrote it itself, which a crash leaves behind."""
    try:
        return int((data_folder(layout) / "postmaster.pid").read_text("ascii").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def forget_the_dead(layout: Layout) -> bool:
    """Take away the lock of a server that is no more, which a kill leaves behind.

    PostgreSQL asks with a signal whether the process that the lock names still lives, and refuses to start if it does.
    A zombie takes signals, as long as process 1, which inherits what a dead manager leaves, has not read it; so does
    another program of the same user that has got the number since. A server lives in its data folder: neither does.
    Should one of its own processes have outlived it, PostgreSQL still sees that by their shared memory.

    Returns:
        Whether there was such a lock.
    """
    named, folder = postmaster(layout), data_folder(layout)
    if named is None or named in processes.working_in({str(folder)}, ("postgres",)):
        return False
    (folder / "postmaster.pid").unlink(missing_ok=True)
    return True


def run_sql(layout: Layout, port: int, password: str, sql: str, database: str = SUPERUSER) -> str:
    """Run SQL as the cluster's superuser.

    Returns:
        What it printed, values only.

    Raises:
        Stop: an error in any statement.
    """
    done = subprocess.run(
        [
            str(commands(layout) / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-h", "127.0.0.1", "-p", str(port), "-U", SUPERUSER, "-d", database,
        ],
        env=environment.clean() | {"PGPASSWORD": password, "PGOPTIONS": "-c client_min_messages=warning"},
        input=sql, capture_output=True, text=True, check=False,
    )
    if done.returncode:
        with layout.setup_log.open("a", encoding="utf-8") as out:
            out.write(done.stdout + done.stderr)
        raise Stop("PostgreSQL refuse une commande.", "PostgreSQL refuses a command.", log=layout.setup_log)
    return done.stdout
