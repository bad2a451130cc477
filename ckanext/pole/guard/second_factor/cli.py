"""`ckan pole second-factor …`: for the day when nobody who runs the portal comes in any more."""

from __future__ import annotations

import click


@click.group("second-factor")
def second_factor() -> None:
    """Connexion en deux étapes · two-step login."""


@second_factor.command()
@click.argument("name")
def off(name: str) -> None:
    """Retire le second facteur du compte NAME · take the second factor off the account NAME.

    It goes on the ledger. Make sure first that it is that person who asks.
    """
    import ckan.plugins as p
    from ckan import model

    from ckanext.pole.guard.second_factor import keeping

    if not p.plugin_loaded("pole_second_factor"):
        raise click.ClickException("extension pole_second_factor absente · plugin pole_second_factor is not loaded")
    user = model.User.get(name)
    if user is None:
        raise click.BadParameter("compte inconnu · unknown account", param_hint="NAME")
    if not keeping.turn_off(user.id, by="", channel="cli"):
        raise click.ClickException(f"{user.name} : aucun second facteur · no second factor")
    click.echo(f"✓ {user.name} : second facteur retiré · second factor taken off")
