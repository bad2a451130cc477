"""`ckan pole backup`, `ckan pole restore`, `ckan pole backup-key`."""

from __future__ import annotations

import os
from pathlib import Path

import click

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("backup-key")
@click.argument("file", type=_FILE)
def backup_key(file: Path) -> None:
    """Tire une paire de clés · draw a pair of keys.

    The secret key goes into FILE, to be kept away from the portal: it opens the backups. The public key is printed: it
    seals them.
    """
    from ckanext.pole.backup import sealing

    public, secret = sealing.new_key()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.ClickException(f"{file} existe déjà · exists already") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(f"{secret}\n")
    click.echo(public)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--key", envvar="POLE_BACKUP_KEY", required=True, help="The public key (age1…) that seals.")
def backup(file: Path, key: str) -> None:
    """Sauvegarde le portail dans FILE · back the portal up into FILE.

    Both databases and the jobs' as of one moment, uploaded files, settings, the head of the ledger; sealed with age.
    The portal may go on working.
    """
    from ckanext.pole.backup import databases, making, sealing

    try:
        about = making.make(file, key, lambda part, size: click.echo(f"✓ {part}    {size:,}".replace(",", "\u202f")))
    except FileExistsError:
        raise click.ClickException(f"{file} existe déjà · exists already") from None
    except sealing.BadKey as error:
        raise click.ClickException(f"Cette clé ne convient pas · this is no key: {error}") from None
    except (databases.Failed, OSError) as error:
        raise click.ClickException(f"Rien n’a été écrit · nothing was written: {error}") from None
    click.echo(f"✓ {file}    {_told(about['counts'])}")
    if head := about["ledger"]:
        click.echo(f"  registre · ledger    {head['seq']}:{head['hash']}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key-file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The file that `backup-key` wrote.")  # fmt: skip
@click.option("--settings-to", type=_FILE, help="Where to put the backup's settings; this machine's own stay in use.")
def restore(file: Path, key_file: Path, settings_to: Path | None) -> None:
    """Refait le portail à partir de FILE · make the portal again from FILE.

    Stop the portal first (web, worker, consumers, scheduler). Writes over nothing: its databases and its storage must
    be empty, or as an interrupted restore of the same file left them. Ends with 1 unless all is back.
    """
    from ckan.cli.db import upgrade

    from ckanext.pole.backup import archive, databases, restoring, sealing
    from ckanext.pole.search import upkeep

    try:
        about = restoring.restore(
            file, key_file.read_text("ascii").strip(), lambda step: click.echo(f"… {step}"), settings_to
        )
    except restoring.Refused as error:
        raise click.ClickException(f"Rien n’a été changé · nothing was changed: {error}") from None
    except (sealing.BadKey, archive.Damaged) as error:
        raise click.ClickException(f"Fichier abîmé ou mauvaise clé · damaged file, or wrong key: {error}") from None
    except (databases.Failed, OSError) as error:
        raise click.ClickException(
            f"Interrompu : la même commande reprend · interrupted: the same command goes on: {error}"
        ) from None
    upgrade.main(args=[], prog_name="upgrade", standalone_mode=False)
    counts = upkeep.repair(settling=0, say=lambda done: click.echo(f"… index {sum(done.values())}"))
    found = restoring.verdict(about)
    click.echo(f"{'✓' if found['same'] else '✗'} {_told(found['found'])}")
    if found["ledger"] is not None:
        click.echo(f"{'✓' if found['ledger'] else '✗'} registre · ledger")
    if not found["same"] or found["ledger"] is False or counts["failed"]:
        raise click.exceptions.Exit(1)


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


COMMANDS = (backup_key, backup, restore)
