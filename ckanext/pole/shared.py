"""Pages that are the same for everyone who is nobody in particular, and so carry no token and open no session.

What stands on this list has no form that posts. One that had would carry its own token (`h.csrf_input()`): the answer
would set a cookie, and nobody in between would keep it.
"""

from __future__ import annotations

import ckan.plugins.toolkit as tk

from ckanext.pole.views import PAGES

__all__ = ["pole_shared_page"]

#: Flask's names of these pages. Whatever is not here is kept by nobody.
ENDPOINTS = frozenset(
    {
        "home.index", "home.about", "dataset.search", "dataset.read", "organization.index", "organization.read",
        "organization.about", "group.index", "group.read", "group.about", *(f"pole_pages.{name}" for name in PAGES),
    }
)  # fmt: skip


def pole_shared_page() -> bool:
    """Whether the page that is asked for is one of these, and nobody is logged in: then it needs no token."""
    request = tk.request
    return request.method in ("GET", "HEAD") and request.endpoint in ENDPOINTS and tk.current_user.is_anonymous
