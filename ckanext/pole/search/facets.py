"""The facets of the catalogue, with their names."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import ckan.plugins.toolkit as tk


def titles(without: tuple[str, ...] = ()) -> OrderedDict[str, Any]:
    """Field of the index → title in the page's language, in the order of the page.

    Args:
        without: fields that say nothing on this page.
    """
    names = {
        "themes": tk._("Themes"),
        "population_groups": tk._("People concerned"),
        "places": tk._("Places"),
        "organization": tk._("Partners"),
        "access_tier": tk._("Access"),
        "res_format": tk._("Formats"),
        "license_id": tk._("Licences"),
        "data_languages": tk._("Languages"),
        "pole_translation_state": tk._("Translation"),
    }
    return OrderedDict((name, title) for name, title in names.items() if name not in without)
