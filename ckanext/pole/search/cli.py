"""`ckan pole search …`: is the index what the database says? And the index made anew."""

from __future__ import annotations

from collections import Counter

import click


@click.group()
def search() -> None:
    """Recherche · search."""


@search.command()
@click.option("--repair", is_flag=True, help="Index again what differs.")
@click.option("--settling", default=60, show_default=True, type=click.IntRange(min=0),
              help="Seconds that a change has to reach the index before it counts.")  # fmt: skip
def check(repair: bool, settling: int) -> None:
    """Compare la base et l’index · compare database and index; ends with 1 when they differ and nothing was mended."""
    from ckanext.pole.search import upkeep

    if repair:
        counts = upkeep.repair(settling, lambda done: click.echo(f"… {_told(done)}"))
    else:
        counts = Counter()
        for kind, id_ in upkeep.differences(settling):
            counts[kind.value] += 1
            click.echo(f"{kind.value}\t{id_}")
    if not counts:
        click.echo("✓ L’index dit ce que dit la base · the index says what the database says")
        return
    if repair and not counts["failed"]:
        click.echo(f"✓ Réparé · mended: {_told(counts)}")
        return
    click.echo(f"✗ {_told(counts)}")
    raise click.exceptions.Exit(1)


@search.command()
@click.option("--processes", default=0, type=click.IntRange(min=0), help="How many share the work; 0: one a processor.")
@click.pass_context
def rebuild(ctx: click.Context, processes: int) -> None:
    """Refait tout l’index, le site en marche · make the whole index anew, while the site goes on answering.

    Takes the place of `ckan search-index rebuild`.
    """
    from ckanext.pole.search import rebuilding

    def say(done: int, total: int) -> None:
        click.echo(f"\r… {done} / {total}", nl=done == total)

    with ctx.meta["flask_app"].test_request_context():
        indexed, failed = rebuilding.rebuild(processes, say)
    click.echo(f"✓ {indexed} jeux indexés · datasets indexed")
    if failed:
        click.echo(f"✗ {failed} échecs, au journal · failures, in the log")
        raise click.exceptions.Exit(1)


def _told(counts: Counter[str]) -> str:
    names = {"missing": "absents · missing", "stale": "périmés · stale", "extra": "en trop · extra",
             "failed": "échecs · failed"}  # fmt: skip
    return ", ".join(f"{counts[name]} {words}" for name, words in names.items() if counts[name])
