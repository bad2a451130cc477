"""The people's pages of the access slice, all under `/access`."""

from __future__ import annotations

from flask import Blueprint

from ckanext.pole.access.views import agreements, desks, mine, persons, policies, register, requests

__all__ = ["pole_access"]

pole_access = Blueprint("pole_access", __name__, url_prefix="/access")
for _pages in (register, policies, agreements, requests, mine, desks, persons):
    for _path, _name, _view, _methods in _pages.ROUTES:
        pole_access.add_url_rule(_path, endpoint=_name, view_func=_view, methods=_methods)
