"""`ckan pole ledger …`: check the ledger, prune it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import click

from ckanext.pole.access.chain import Link


@click.group()
def ledger() -> None:
    """Registre des accès · ledger of accesses."""


@ledger.command()
@click.option(
    "--noted", default="", metavar="SEQ:HASH", help="A place noted earlier, elsewhere: it must still be there."
)
def verify(noted: str) -> None:
    """Vérifie la chaîne entière · check the whole chain; ends with 1 when it does not hold."""
    from ckanext.pole.access import ledger_keeping

    seq, _, digest = noted.partition(":")
    if noted and not (seq.isdigit() and digest):
        raise click.BadParameter("SEQ:HASH", param_hint="--noted")
    answer = ledger_keeping.verify(Link(int(seq), digest) if noted else None)
    for finding in answer["findings"]:
        click.echo(f"✗ {finding['seq']}: {finding['code']}")
    head = answer["head"]
    click.echo(f"{'✓' if answer['ok'] else '✗'} {answer['rows']} lignes · rows    {head['seq']}:{head['hash']}")
    if not answer["ok"]:
        raise click.exceptions.Exit(1)


@ledger.command()
@click.option("--days", type=click.IntRange(min=1), required=True, help="Rows older than this many days go.")
@click.option("--user", required=True, help="The account that answers for it.")
@click.option("--reason", required=True, help="Why, in a word.")
def prune(days: int, user: str, reason: str) -> None:
    """Retire les vieilles lignes et laisse une ancre · remove old rows and leave an anchor."""
    from ckan import model

    from ckanext.pole.access import ledger_keeping

    account = model.User.get(user)
    if account is None or not account.sysadmin:
        raise click.BadParameter("administrator of the portal", param_hint="--user")
    before = datetime.now(timezone.utc) - timedelta(days=days)
    done = ledger_keeping.prune(before, user_id=str(account.id), reason=reason)
    click.echo(f"✓ {done['rows']} lignes retirées · rows removed    {done['seq']}:{done['hash']}")
