"""CKAN's doors of what every page shares: settings, words, theme, helpers, commands."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from ckanext.datastore.interfaces import IDataDictionaryForm

from ckanext.pole import changes, cli, forms, home, links, listing, naming, pages, shared, signs, translations, views
from ckanext.pole.access import helpers as access_helpers
from ckanext.pole.access.validators import pole_access_policy
from ckanext.pole.bilingual import helpers, validators
from ckanext.pole.search import helpers as results

_CONFIG = files("ckanext.pole.config")

# The schemas name these whether or not the slice they belong to is loaded.
_VALIDATORS = {name: getattr(validators, name) for name in validators.__all__}
_VALIDATORS["pole_access_policy"] = pole_access_policy
_HELPERS = (helpers, results, access_helpers, changes, forms, home, links, naming, pages, shared, signs)


@tk.blanket.actions(listing)
@tk.blanket.cli(cli.get_commands)
@tk.blanket.helpers({name: getattr(module, name) for module in _HELPERS for name in module.__all__})
@tk.blanket.blueprints([views.pole_pages])
@tk.blanket.validators(_VALIDATORS)
@tk.blanket.config_declarations(str(_CONFIG / "declaration.yaml"))
class PolePlugin(p.SingletonPlugin):
    """The portal's ground floor; works alone."""

    p.implements(p.IConfigurer)
    p.implements(p.ITranslation)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(IDataDictionaryForm, inherit=True)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        """Add our templates, files and list of licences."""
        tk.add_template_directory(config, "templates")
        tk.add_public_directory(config, "public")
        tk.add_resource("assets", "pole")
        if not config.get("licenses_group_url"):
            config["licenses_group_url"] = f"file://{_CONFIG / 'licences.json'}"
        if config.get("ckan.gravatar_default") == "identicon":
            # CKAN's default asks a foreign site for a picture, and so tells it who reads our pages.
            config["ckan.gravatar_default"] = "disabled"

    # IMiddleware

    def make_middleware(self, app: Any, config: CKANConfig) -> Any:
        """Let our words win."""
        return translations.ours_last(app)

    # IDataDictionaryForm

    def update_datastore_create_schema(self, schema: Any) -> Any:
        """A column is described in two languages."""
        schema["fields"]["info"] = [tk.get_validator("ignore_missing"), validators.pole_column]
        return schema

    # ITranslation: DefaultTranslation looks beside the plugin, where an editable install has no i18n

    def i18n_directory(self) -> str:
        """Folder of our catalogues."""
        return str(files("ckanext.pole.i18n"))

    def i18n_locales(self) -> list[str]:
        """The languages we speak."""
        return ["en", "fr"]

    def i18n_domain(self) -> str:
        """Gettext's name for our words."""
        return translations.DOMAIN
