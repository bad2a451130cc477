"""What depends on the person is kept by nobody in between."""

from __future__ import annotations

from functools import cache

import ckan.plugins.toolkit as tk
from ckan.common import current_user
from flask import Flask, Response, request

from ckanext.pole import settings
from ckanext.pole.access import sharing

#: Files of the theme: the same for everybody.
_STATIC = ("static", "webassets.index", "util.internal_redirect")
#: Answers that are data, or lead to data: an agreement may end before a copy of them would.
_ALWAYS = ("api", "pole_gateway", "datastore", "resource", "datatablesview")
#: Each type of dataset has such pages of its own: `dataset_resource`, `harvest_resource`.
_OF_A_TYPE = "_resource"
#: Headers that an answer depends on, beside that of API tokens: who asks, from which other site (CORS), whether htmx
#: wants a part of the page under the page's own address.
_DEPENDING = ("Cookie", "Authorization", "X-CKAN-API-Key", "Origin", "HX-Request")


def install(app: Flask) -> Flask:
    """Set the headers of every answer; CKAN's own handler runs after ours and only adds `private`."""
    app.after_request(headers)
    app.wsgi_app = sharing.Sharing(app.wsgi_app)
    return app


def headers(response: Response) -> Response:
    """`private` for all that are not files of the theme, `no-store` too for a person's answers and for data.

    A page that a proxy may keep is marked; `Sharing` says so when it leaves without a cookie.
    """
    endpoint = request.endpoint or ""
    if endpoint in _STATIC and response.status_code < 400:  # a file that is not there is a page
        return response
    names, told = _depending(tk.config.get("apitoken_header_name") or "Authorization")
    kept = settings.kept_seconds() if sharing.may_be_kept(response) else 0
    if "Vary" in response.headers:
        response.vary.update(names)
    else:
        response.headers["Vary"] = ", ".join(names)
    personal = not told.isdisjoint(request.environ) or "Set-Cookie" in response.headers
    room = endpoint.partition(".")[0]
    if personal or current_user.is_authenticated or room in _ALWAYS or room.endswith(_OF_A_TYPE):
        response.cache_control.no_store = True
    elif kept:
        request.environ[sharing.KEPT] = kept
    # CKAN's own sign that an answer is not for caches.
    request.environ["__no_cache__"] = True
    return response


@cache
def _depending(of_tokens: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The headers that answers depend on, and their names in the WSGI environment.

    Args:
        of_tokens: the header that carries a token of the API.
    """
    names = tuple(dict.fromkeys((*_DEPENDING, of_tokens)))
    return names, frozenset(f"HTTP_{name.upper().replace('-', '_')}" for name in names)
