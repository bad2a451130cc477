"""The `ckan pole …` commands."""

from __future__ import annotations

import json
import logging
import signal
import threading
from pathlib import Path
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import click

from ckanext.pole import scheduling, seeds, settings
from ckanext.pole.access.cli import access
from ckanext.pole.access.ledger_cli import ledger
from ckanext.pole.backup import cli as backup_cli
from ckanext.pole.guard.second_factor.cli import second_factor
from ckanext.pole.search import configset
from ckanext.pole.search.cli import search
from ckanext.pole.watch.cli import doctor

log = logging.getLogger(__name__)


def get_commands() -> list[click.Command]:
    """The commands that CKAN's command line gains."""
    if p.plugin_loaded("pole_harvest"):
        from ckanext.pole.harvest import commands

        for command in commands.COMMANDS:
            harvest.add_command(command)
    return [pole]


@click.group(short_help="Portal of a social data hub.")
def pole() -> None:
    """Portail d'un pôle de données sociales · portal of a social data hub."""


pole.add_command(access)
pole.add_command(ledger)
pole.add_command(second_factor)
pole.add_command(search)
pole.add_command(doctor)
for _command in backup_cli.COMMANDS:
    pole.add_command(_command)


@pole.group()
def solr() -> None:
    """Solr : noyau et champs · core and fields."""


@solr.command("config")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def solr_config(folder: Path) -> None:
    """Écrit dans FOLDER le configset de Solr · write Solr's configset into FOLDER.

    It is CKAN's own schema with our fields merged in; prints its sha256.
    """
    click.echo(configset.write(folder))


@pole.command()
@click.option("--once", is_flag=True, help="One round, then end.")
def scheduler(once: bool) -> None:
    """Fait tourner les tâches périodiques · run what is due, round after round.

    Starts due harvests and closes finished ones. Ends cleanly on SIGTERM and SIGINT.
    """
    stop = _stop_on_signals()
    while not stop.is_set():
        scheduling.round_of_jobs()
        if once:
            return
        stop.wait(settings.scheduler_interval())


@pole.group()
def harvest() -> None:
    """Moissonnage · harvest."""


@harvest.command("consume")
@click.argument("stage", type=click.Choice(["gather", "fetch"]))
@click.option("--until-empty", is_flag=True, help="End when nothing is left to do.")
def harvest_consume(stage: str, until_empty: bool) -> None:
    """Travaille à une file du moissonnage · work through one of the harvest's queues.

    Takes the place of `ckan harvester gather-consumer` and `fetch-consumer`.
    """
    from ckanext.pole.harvest import consumer

    consumer.consume(stage, _stop_on_signals(), until_empty)


@pole.group()
def demo() -> None:
    """Contenu de démonstration · demonstration content."""


@demo.command("load")
@click.option(
    "--seeds",
    "path",
    required=True,
    envvar="POLE_DEMO_SEEDS",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The YAML file of what to create.",
)
@click.option("--url", default="", envvar="POLE_DEMO_URL", help="Address of the sources, for {demo} in the file.")
@click.option(
    "--passwords",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="POLE_DEMO_PASSWORDS",
    help="JSON of account → password; the others cannot log in.",
)
@click.option("--wait", "patience", default=900, show_default=True, help="Seconds to wait for the harvests to end.")
def demo_load(path: Path, url: str, passwords: Path | None, patience: int) -> None:
    """Crée organisations, thèmes, comptes, jeux et sources, puis moissonne · create all of it, then harvest.

    Safe to run again: what is there already is brought up to date, never doubled.
    """
    accounts: dict[str, str] = json.loads(passwords.read_text("utf-8")) if passwords else {}
    try:
        seeds.load(path, url, accounts, patience, _say)
    except seeds.NotFinished as error:
        tk.error_shout(str(error))
        raise click.exceptions.Exit(1) from None


def _stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set, so that work in hand is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _say(french: str, english: str, **facts: Any) -> None:
    click.echo(f"{french.format(**facts)} · {english.format(**facts)}")
