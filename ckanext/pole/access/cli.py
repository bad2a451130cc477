"""The `ckan pole access …` commands."""

from __future__ import annotations

import click

from ckanext.pole.access.probe.command import probe

__all__ = ["access"]


@click.group()
def access() -> None:
    """Accès : ententes et vérifications · access: agreements and checks."""


access.add_command(probe)


@access.command("expiring")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3_660), help="How soon the end is.")
def expiring(days: int) -> None:
    """Avise les deux parties des ententes qui prennent fin · tell both sides of agreements that end soon.

    Run it every day: of each agreement one notice leaves for the same number of days.
    """
    from ckanext.pole.access import expiry

    found = expiry.remind(days)
    for agreement in found:
        click.echo(f"{agreement.valid_until.date().isoformat()} {agreement.id}")
    click.echo(f"{len(found)} avis · {len(found)} notices")
