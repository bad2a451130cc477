"""What depends on the person is kept by nobody in between."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.common import current_user
from flask import Flask, Response, request

#: Files of the theme: the same for everybody.
_STATIC = ("static", "webassets.index", "util.internal_redirect")
#: Answers that are data, or lead to data: an agreement may end before a copy of them would.
_ALWAYS = ("api", "pole_gateway", "datastore", "resource", "datatablesview")
#: Each type of dataset has such pages of its own: `dataset_resource`, `harvest_resource`.
_OF_A_TYPE = "_resource"


def install(app: Flask) -> Flask:
    """Set the headers of every answer; CKAN's own handler runs after ours and only adds `private` or `public`."""
    app.after_request(headers)
    return app


def headers(response: Response) -> Response:
    """`private, no-store` for a person's answers and for data, and `Vary` for all that are not files of the theme."""
    endpoint = request.endpoint or ""
    if endpoint in _STATIC:
        return response
    names = dict.fromkeys(("Cookie", "Authorization", tk.config.get("apitoken_header_name") or "Authorization"))
    if "Vary" in response.headers:
        response.vary.update(names)
    else:
        response.headers["Vary"] = ", ".join(names)
    personal = any(name in request.headers for name in names) or "Set-Cookie" in response.headers
    room = endpoint.partition(".")[0]
    if personal or current_user.is_authenticated or room in _ALWAYS or room.endswith(_OF_A_TYPE):
        # CKAN's own sign that an answer is not for caches.
        request.environ["__no_cache__"] = True
        response.cache_control.no_store = True
    return response
