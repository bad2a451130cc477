"""What runs our code: one command line a role, the same under `./dev` and in the image."""

from __future__ import annotations

from pathlib import Path

CONSUMERS = {
    "worker": ["ckan", "jobs", "worker"],
    "gather": ["ckan", "pole", "harvest", "consume", "gather"],
    "fetch": ["ckan", "pole", "harvest", "consume", "fetch"],
    "scheduler": ["ckan", "pole", "scheduler"],
}
ROLES = ("web", *CONSUMERS)


def command(role: str, programs: Path, templates: Path) -> list[str]:
    """The command line of a role.

    Args:
        role: one of ROLES.
        programs: the folder that holds `ckan` and `gunicorn`.
        templates: the folder of gunicorn.py and wsgi.py; `web` runs in it.

    Raises:
        KeyError: no such role.
    """
    if role == "web":
        return [str(programs / "gunicorn"), "-c", str(templates / "gunicorn.py"), "wsgi:application"]
    name, *words = CONSUMERS[role]
    return [str(programs / name), *words]
