"""CKAN's doors of the exchange."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk

from ckanext.pole.exchange import actions, auth, feeds


@tk.blanket.actions(actions)
@tk.blanket.auth_functions(auth)
class PoleExchangePlugin(p.SingletonPlugin):
    """The catalogue in other portals' terms. The RDF profile is an entry point of its own, `pole_dcat_ap`."""

    p.implements(p.IFeed)

    # IFeed

    def get_feed_class(self) -> Any:
        """Feeds that say their language."""
        return feeds.PoleFeed

    def get_item_additional_fields(self, dataset_dict: dict[str, Any]) -> dict[str, Any]:
        """The texts of an entry in the feed's language, and its page."""
        return feeds.entry(dataset_dict)
