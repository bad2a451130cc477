"""Small JSON files that outlive a run: what was chosen (state) and what was drawn (secrets)."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any


def read(path: Path) -> dict[str, Any]:
    """Read a JSON object; a file that is absent or cut short by a crash reads as empty."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_text(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file in one step: a reader, or a crash, sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.chmod(mode)
    draft.replace(path)


def write(path: Path, values: dict[str, Any]) -> None:
    """Replace a JSON file, readable by its owner only."""
    write_text(path, json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def update(path: Path, **values: Any) -> dict[str, Any]:
    """Set some keys of a JSON file.

    Returns:
        All of it, as written.
    """
    merged = {**read(path), **values}
    write(path, merged)
    return merged


SECRET_NAMES = ("secret_key", "csrf", "jwt", "pg_superuser", "pg_ckan", "pg_datastore_ro", "redis")


def drawn_secrets(path: Path) -> dict[str, Any]:
    """The secrets of this checkout, drawn the first time they are asked for.

    Args:
        path: the secrets file.

    Returns:
        One value for each name in SECRET_NAMES, and `admin`: the system administrator's password.
    """
    known = read(path)
    wanted = {name: secrets.token_urlsafe(32) for name in SECRET_NAMES} | {"admin": secrets.token_urlsafe(9)}
    complete = {**wanted, **known}
    if complete != known:
        write(path, complete)
    return complete
