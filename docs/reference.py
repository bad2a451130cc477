"""Write docs/reference and the picture of the architecture from the code: `python docs/reference.py`.

A test fails when what is committed is not what this writes, so that nothing new stays undocumented.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import click
import yaml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
HEAD = "<!-- Written by docs/reference.py from the code: change it there. -->\n\n"


def settings() -> str:
    """Each setting: name, default, what it is for."""
    declared = yaml.safe_load((ROOT / "config" / "declaration.yaml").read_text("utf-8"))
    lines = [
        HEAD,
        "# Réglages · Settings\n\n",
        "They stand in CKAN's ini file; `ckan config declaration pole` shows them too.\n",
    ]
    for group in declared["groups"]:
        lines.append(f"\n## {group['annotation']}\n")
        for option in group["options"]:
            default = option.get("default", option.get("placeholder", ""))
            lines.append(f"\n### `{option['key']}`\n\n{' '.join(option['description'].split())}\n\n")
            lines.append(f"Default: `{default}`\n" if default not in ("", None) else "Default: empty\n")
    return "".join(lines)


def actions() -> str:
    """Each action: its name, and what its docstring says."""
    lines = [
        HEAD,
        "# Actions\n\n",
        "Each is `/api/3/action/NAME`, a POST of a JSON object; reading ones answer GET too.\n",
    ]
    for name, (arguments, text) in sorted(documented_actions().items()):
        lines.append(f"\n## `{name}`\n\n{text}\n")
        if arguments:
            lines.append(f"\n```text\n{arguments}\n```\n")
    return "".join(lines)


def documented_actions() -> dict[str, tuple[str, str]]:
    """The slices' actions, functions `pole_*(context, data_dict)`: name → (sections of the docstring, its text)."""
    found = {}
    for path in sorted((ROOT / "ckanext" / "pole").rglob("*.py")):
        if path.stem.startswith("auth") or path.stem.endswith("auth"):
            continue  # the same names, for who may
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("pole_"):
                continue
            if [one.arg for one in node.args.args][-2:] == ["context", "data_dict"]:
                text = inspect.cleandoc(ast.get_docstring(node) or "")
                head, mark, rest = text.partition("\n\nArgs:")
                if not mark:
                    head, mark, rest = text.partition("\n\nReturns:")
                found[node.name] = ((mark + rest).strip(), head.strip())
    return found


def commands(group: click.Group) -> str:
    """Each command below `ckan pole`, with what its help says."""
    lines = [HEAD, "# Commandes · Commands\n\n", "`ckan -c ckan.ini pole …`; under `./dev`: `./dev ckan pole …`.\n"]
    for path, command in walk(group, "pole"):
        usage = command.collect_usage_pieces(click.Context(command))
        lines.append(f"\n## `ckan {path} {' '.join(usage)}`\n\n{inspect.cleandoc(command.help or '').strip()}\n")
        told = [one for one in command.params if isinstance(one, click.Option)]
        if told:
            lines.append("\n")
        lines.extend(f"- `{'`, `'.join(one.opts)}`: {one.help or ''}\n" for one in told)
    return "".join(lines)


def walk(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """The commands of a group and of those inside, with the words that lead to each."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from walk(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def layers() -> list[str]:
    """The slices from the top down, as import-linter's contract orders them."""
    contracts: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    return [name.rpartition(".")[2] for name in contracts[0]["layers"]]


def imports() -> set[tuple[str, str]]:
    """Which slice imports which, read from the import statements."""
    rooms, found = set(layers()), set()
    for path in (ROOT / "ckanext" / "pole").rglob("*.py"):
        room = path.relative_to(ROOT / "ckanext" / "pole").parts[0].removesuffix(".py")
        for match in re.finditer(
            r"^\s*(?:from|import) ckanext\.pole(?:\.(\w+)| import ([\w, ]+))", path.read_text("utf-8"), re.M
        ):
            for other in filter(None, [match[1], *(match[2] or "").replace(" ", "").split(",")]):
                if room in rooms and other in rooms and room != other:
                    found.add((room, other))
    return found


def picture() -> str:
    """The slices one above the other, an arrow from each to those it imports."""
    names, edges = layers(), imports()
    height, width, step = 34, 200, 64
    place = {name: 20 + index * step for index, name in enumerate(names)}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {20 + len(names) * step}" role="img" '
        'font-family="sans-serif" font-size="15"><title>Slices and their imports, from the top down</title>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#33566b"/></marker></defs>'
    ]  # fmt: skip
    for number, (one, other) in enumerate(sorted(edges, key=lambda edge: (place[edge[1]] - place[edge[0]], edge))):
        start, end = place[one] + height / 2, place[other] + height / 2
        bend = 250 + (end - start) * 0.62 + (number % 5) * 9
        lines.append(
            f'<path d="M{20 + width} {start:.0f}C{bend:.0f} {start:.0f} {bend:.0f} {end:.0f} {22 + width} {end:.0f}" '
            'fill="none" stroke="#33566b" stroke-opacity=".55" marker-end="url(#tip)"/>'
        )  # fmt: skip
    for name, top in place.items():
        lines.append(
            f'<rect x="20" y="{top}" width="{width}" height="{height}" rx="6" fill="#eef4f7" stroke="#33566b"/>'
            f'<text x="{20 + width / 2:.0f}" y="{top + 22}" text-anchor="middle" fill="#17242c">{escape(name)}</text>'
        )
    return "\n".join([*lines, "</svg>\n"])


def pages() -> dict[str, str]:
    """All that is written: path below docs/ → content."""
    from ckanext.pole import cli
    from ckanext.pole.harvest import commands as harvesting

    for command in harvesting.COMMANDS:  # a site adds them when it loads pole_harvest
        cli.harvest.add_command(command)
    return {
        "reference/settings.md": settings(), "reference/actions.md": actions(),
        "reference/commands.md": commands(cli.pole), "reference/architecture.svg": picture(),
    }  # fmt: skip


if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, "utf-8")
        print(name)
