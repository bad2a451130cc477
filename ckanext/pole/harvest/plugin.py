"""CKAN's doors of the harvest slice; each kind of source is a plugin of its own."""

from __future__ import annotations

import ckan.plugins as p
import ckan.plugins.toolkit as tk

from ckanext.pole.harvest import actions, auth, steering, views


@tk.blanket.actions({name: getattr(module, name) for module in (actions, steering) for name in module.__all__})
@tk.blanket.auth_functions(auth)
@tk.blanket.blueprints([views.pole_harvest])
@tk.blanket.helpers(views.HELPERS)
class PoleHarvestPlugin(p.SingletonPlugin):
    """What all harvests share."""
