"""Forms that another site sends in the name of a reader: CKAN's protection, asked where CKAN has let go of it."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from flask import current_app, g, session


def check() -> None:
    """Before a request is answered: one that a session carries shows the token of that session's pages.

    CKAN spares a request that shows an API token, or that is nobody's, by taking its view out of the protection
    (`csrf.exempt` in `ckan_before_request`), for good: from the first such request on, the view is open to forged forms
    until the process ends. Asked here again, for whoever has a session.

    Raises:
        CSRFError: the token is absent, or not this session's; answered with 400.
    """
    if not session.get("_user_id") or g.get("login_via_auth_header"):
        return
    if current_app.config["WTF_CSRF_ENABLED"] and current_app.config["WTF_CSRF_CHECK_DEFAULT"] and tk.request.endpoint:
        current_app.extensions["csrf"].protect()
