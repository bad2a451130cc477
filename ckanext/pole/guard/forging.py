"""Forms that another site sends in the name of a reader: CKAN's protection, asked where CKAN has let go of it."""

from __future__ import annotations

from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from flask import current_app, g, session
from flask_wtf.csrf import CSRFError

CHANGES_BY_ADDRESS = frozenset({"harvester.refresh", "harvester.clear", "harvester.delete", "harvester.job_abort"})
"""Views of ckanext-harvest that change something when their address is opened: a link of another site would do it in an
editor's name, since a cookie that is Lax goes along with a link."""


def check() -> None:
    """Before a request is answered: one that a session carries shows the token of that session's pages.

    CKAN spares a request that shows an API token, or that is nobody's, by taking its view out of the protection
    (`csrf.exempt` in `ckan_before_request`), for good: from the first such request on, the view is open to forged forms
    until the process ends. Asked here again, for whoever has a session.

    Raises:
        CSRFError: the token is absent, or not this session's; or an address that changes something was opened from
            elsewhere than a page of ours. Answered with 400.
    """
    if not session.get("_user_id") or g.get("login_via_auth_header"):
        return
    if current_app.config["WTF_CSRF_ENABLED"] and current_app.config["WTF_CSRF_CHECK_DEFAULT"] and tk.request.endpoint:
        if tk.request.endpoint in CHANGES_BY_ADDRESS and tk.request.method != "POST" and not _from_our_page():
            raise CSRFError(tk._("This address changes something. Open the source’s page, and press the button there."))
        current_app.extensions["csrf"].protect()


def _from_our_page() -> bool:
    """As the browser says (Fetch Metadata); one that says nothing may name the page (`Referer`)."""
    told = tk.request.headers.get("Sec-Fetch-Site")
    return told == "same-origin" if told else urlsplit(tk.request.referrer or "").netloc == tk.request.host
