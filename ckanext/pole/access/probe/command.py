"""`ckan pole access probe`."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import ckan.plugins.toolkit as tk
import click

from ckanext.pole.access.probe import telling
from ckanext.pole.access.probe.canaries import PREFIX


@click.command("probe")
@click.option("--yes", is_flag=True, help="Do not ask before it plants.")
@click.option("--brief", is_flag=True, help="Fewer callers: a minute instead of several.")
@click.option("--json", "path", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write all of it.")
@click.pass_context
def probe(ctx: click.Context, yes: bool, brief: bool, path: Path | None) -> None:
    """Sonde chaque porte au nom de chacun · ask every door as everybody.

    Plants canaries in every tier, asks every action and every route as seven callers, and looks for each canary in
    what comes back. Ends with 1 when something leaks, when a partner does not get what is promised, or when an action
    or a route is not on the list (ckanext/pole/access/probe/expected.yaml).

    It may run on a portal that is in use. While it runs, five datasets whose names begin with pole-sonde- stand in the
    catalogue and in searches; all that it plants goes when it ends, also on Ctrl-C, and a run that was killed is
    cleared up by the next. What questions change in the database is undone after each. What stays are the ledger's
    rows of what its accounts were given and refused, as of everybody.
    """
    from ckanext.pole.access.probe import run

    if not yes:
        click.confirm(
            f"Des jeux {PREFIX}… seront visibles quelques minutes · {PREFIX}… datasets will show for minutes. OK?",
            abort=True,
        )
    # As Ctrl-C: what was planted goes before the process does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    application = ctx.obj.app
    flask_app = ctx.meta["flask_app"]
    report = run.probe(application, flask_app, asks=run.briefly if brief else run.everybody)
    for line in telling.table(report.seen):
        click.echo(line)
    for line in telling.findings(report.findings):
        click.secho(line, fg="red")
    if path is not None:
        path.write_text(json.dumps(telling.as_json(report.seen, report.codes, report.findings), indent=1), "utf-8")
    count = len(report.findings)
    click.echo(
        f"{'✗' if count else '✓'} {report.questions} questions, {count} constats · findings"
        f"    {report.seconds:.0f} s    {tk.config['ckan.site_url']}"
    )
    if count:
        raise click.exceptions.Exit(1)


