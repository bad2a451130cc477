"""CKAN's doors of the search slice."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig

from ckanext.pole.bilingual.helpers import pole_lang
from ckanext.pole.search import actions, auth, document, facet_names, facets, query


@tk.blanket.actions(actions)
@tk.blanket.auth_functions(auth)
class PoleSearchPlugin(p.SingletonPlugin):
    """Index and search in French and English."""

    p.implements(p.IConfigurable)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IFacets, inherit=True)

    # IConfigurable

    def configure(self, config: CKANConfig) -> None:
        """Know the titles of partners and themes."""
        facet_names.TITLES.install()

    # IPackageController

    def before_dataset_index(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        """Add our fields to the index document."""
        return document.enrich(pkg_dict)

    def before_dataset_search(self, search_params: dict[str, Any]) -> dict[str, Any]:
        """Ask in both languages."""
        return query.ask(search_params, pole_lang()) if query.asks(search_params) else search_params

    # IFacets

    def dataset_facets(self, facets_dict: OrderedDict[str, Any], package_type: str) -> OrderedDict[str, Any]:
        """Facets of the catalogue's search page."""
        if package_type != "dataset":
            return facets_dict
        return facets.titles()

    def group_facets(
        self, facets_dict: OrderedDict[str, Any], group_type: str, package_type: str | None
    ) -> OrderedDict[str, Any]:
        """Facets of a theme's page: its own theme says nothing there."""
        return facets.titles(without=("themes",))

    def organization_facets(
        self, facets_dict: OrderedDict[str, Any], organization_type: str, package_type: str | None
    ) -> OrderedDict[str, Any]:
        """Facets of a partner's page; ckanext-harvest's own sources keep theirs."""
        return facets_dict if package_type == "harvest" else facets.titles(without=("organization",))
