"""CKAN's doors of the harvest slice; each kind of source is a plugin of its own."""

from __future__ import annotations

import ckan.plugins as p


class PoleHarvestPlugin(p.SingletonPlugin):
    """What all harvests share."""
