"""`ckan pole access probe`."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import ckan.plugins.toolkit as tk
import click

from ckanext.pole.access.probe import telling
from ckanext.pole.access.probe.canaries import PREFIX

#: Questions between two lines: some twenty seconds.
_STEP = 500


@click.command("probe")
@click.option("--yes", is_flag=True, help="Sans confirmation · do not ask before it plants.")
@click.option("--brief", is_flag=True, help="Moins de personnes · fewer callers: a minute.")
@click.option(
    "--json", "path", type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Écrit tout en JSON · write all of it as JSON.",
)  # fmt: skip
@click.pass_context
def probe(ctx: click.Context, yes: bool, brief: bool, path: Path | None) -> None:
    """Sonde chaque porte au nom de chacun · ask every door as everybody.

    Place des canaris dans chaque niveau d’accès, appelle chaque action et chaque route au nom de sept personnes, et
    cherche les canaris dans les réponses. Finit par 1 si quelque chose fuit, si une personne ne reçoit pas ce qui lui
    est promis, si un mandataire peut garder une réponse faite pour une personne, ou qui montre plus que l’ouvert à
    tous, ou si une action ou une route n’est pas sur la liste (ckanext/pole/access/probe/expected.yaml).

    Plants canaries in every tier, asks every action and every route as seven callers, and looks for each canary in
    what comes back. Ends with 1 when something leaks, when somebody does not get what is promised, when a proxy may
    keep an answer that was made for a person or shows more than is open to everyone, or when an action or a route is
    not on the list (ckanext/pole/access/probe/expected.yaml).

    Un portail en service peut être sondé : pendant la sonde, six jeux pole-sonde-… sont dans le catalogue. Tout est
    retiré à la fin, aussi par Ctrl-C; ce qu’une sonde tuée a laissé est retiré par la suivante. Ne restent que les
    lignes du registre des accès.

    It may run on a portal that is in use: meanwhile six pole-sonde-… datasets stand in the catalogue. All of it goes
    at the end, on Ctrl-C too; what a killed run left goes with the next. What questions change in the database is
    undone after each. Only the ledger's rows stay, as of everybody's reads and refusals.
    """
    from ckanext.pole.access.probe import run

    if not yes:
        click.confirm(
            f"Des jeux {PREFIX}… seront visibles quelques minutes · {PREFIX}… datasets will show for minutes. OK?",
            abort=True,
        )
    # As Ctrl-C: what was planted goes before the process does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    asks = run.briefly if brief else run.everybody
    report = run.probe(ctx.obj.app, ctx.meta["flask_app"], asks=asks, watch=_tell)
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


def _tell(asked: int, of: int) -> None:
    """A line now and then, so that nobody takes patience for a standstill; apart from what the command answers."""
    if asked % _STEP == 0:
        click.echo(f"… {asked:,}/{of:,} questions", err=True)
