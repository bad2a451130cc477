"""CKAN's doors of the translation slice."""

from __future__ import annotations

import ckan.plugins as p
import ckan.plugins.toolkit as tk

from ckanext.pole.translation import actions, auth, helpers, views


@tk.blanket.actions(actions)
@tk.blanket.auth_functions(auth)
@tk.blanket.helpers(helpers)
@tk.blanket.blueprints([views.pole_translations])
class PoleTranslationPlugin(p.SingletonPlugin):
    """The translation report, and who confirms a text. Its templates lie with the portal's."""
