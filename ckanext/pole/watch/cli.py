"""`ckan pole doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

_SIGNS = {"well": "✓", "advice": "→", "warning": "!", "failure": "✗"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: one object a line.")
def doctor(as_json: bool) -> None:
    """Examine le portail · examine the portal; ends with 1 when something asks for a hand.

    Settings, versions, services, storage, clocks, tables, Solr's schema, index, queues, loading, accounts. Changes
    nothing.
    """
    import ckan.plugins.toolkit as tk

    from ckanext.pole.watch import examinations
    from ckanext.pole.watch.doctor import Level, examine

    failed = False
    for finding in examine(tk.config, examinations.ALL):
        failed = failed or finding.level is Level.FAILURE
        if as_json:
            # What programs read ends in logs: how many people, not who.
            told = {key: value for key, value in asdict(finding).items() if key != "names"}
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            click.echo(f"{_SIGNS[finding.level.value]} {finding.subject:<12} {finding.french}")
            click.echo(f"  {'':<12} {finding.english}")
            for name in finding.names:
                click.echo(f"  {'':<12} - {name}")
    if failed:
        raise click.exceptions.Exit(1)
