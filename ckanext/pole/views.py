"""The pages asked of a public body, each in French and English."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from flask import Blueprint

from ckanext.pole import naming, uses

__all__ = ["PAGES", "pole_pages"]

#: Address → template in `templates/pole/pages/`.
PAGES = ("accessibility", "contact", "developers", "privacy", "terms")

pole_pages = Blueprint("pole_pages", __name__)


def _page(name: str) -> str:
    return tk.render(f"pole/pages/{name}.html")


for _name in PAGES:
    pole_pages.add_url_rule(f"/{_name}", endpoint=_name, view_func=_page, defaults={"name": _name})

pole_pages.before_app_request(naming.of_the_site)
pole_pages.after_app_request(uses.note)
