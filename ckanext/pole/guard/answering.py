"""What the guard says on every answer."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath
from typing import Any

import ckan.plugins.toolkit as tk
from flask import g
from markupsafe import Markup
from werkzeug.http import dump_options_header, parse_options_header

from ckanext.pole import settings
from ckanext.pole.guard import policy
from ckanext.pole.spreadsheets import guard_pieces

__all__ = ["pole_allow_inline", "pole_allow_style_attributes"]

#: Files of the site itself; what they say of themselves is what their kind says.
STATIC = ("static", "webassets.index")
DUMP = "datastore.dump"
SEPARATORS = {".csv": ",", ".tsv": "\t"}


def pole_allow_inline(markup: Markup, starts: str) -> Markup:
    """Let the inline code of one block of a template run, although data fills it in.

    Args:
        markup: the block, `super()`.
        starts: what the code begins with in the template; no other code of the block runs. A style sheet that the
            operator writes in the settings may begin with anything.

    Returns:
        The block as it is.
    """
    allowed: policy.Inline = g.setdefault("pole_inline", policy.Inline())
    allowed.add(policy.inline(str(markup), starts))
    return markup


def pole_allow_style_attributes() -> str:
    """Let a library that writes `style` attributes do so in this page; a style runs nothing."""
    g.pole_style_attributes = True
    return ""


@cache
def _trusted(folders: tuple[str, ...]) -> policy.Inline:
    return policy.of_templates(folders)


def trusted() -> policy.Inline:
    """The inline code of all templates that this site may render; read once."""
    return _trusted(tuple(str(folder) for folder in tk.config.get("computed_template_paths") or ()))


def add_headers(response: Any) -> Any:
    """Put the security headers on an answer of Flask's; one that a view has set itself stays.

    Args:
        response: the answer.
    """
    endpoint = tk.request.endpoint or ""
    headers = policy.common(secure=tk.request.is_secure, secret_address=endpoint == "user.perform_reset")
    if _is_upload(endpoint) and response.status_code in (200, 206):
        headers["Content-Security-Policy"] = f"{policy.DATA_POLICY}; sandbox" if _keep(response) else policy.DATA_POLICY
    elif response.mimetype in ("text/html", "application/xhtml+xml"):
        headers["Content-Security-Policy"] = _of_page(response, endpoint)
        if not _may_be_embedded(endpoint):
            headers["X-Frame-Options"] = "SAMEORIGIN"
    elif endpoint not in STATIC:
        headers["Content-Security-Policy"] = policy.DATA_POLICY
    said = {name.lower() for name, _ in response.headers}
    for name, value in headers.items():
        if name.lower() not in said:
            response.headers.add(name, value)
    return response


def guard_dump(response: Any) -> Any:
    """Make formulas harmless in CKAN's dump of a table; JSON and XML are read by programs and stay as they are.

    Args:
        response: any answer of Flask's.
    """
    if tk.request.endpoint == DUMP and response.status_code == 200:
        # CKAN sends every kind as application/octet-stream; the name of the file says which it is.
        name = parse_options_header(response.headers.get("Content-Disposition"))[1].get("filename", "")
        if separator := SEPARATORS.get(PurePosixPath(name).suffix):
            response.response = guard_pieces(response.response, separator)
    return response


def _is_upload(endpoint: str) -> bool:
    # CKAN's view or ours in its place; `static` serves the pictures of partners and persons too, under /uploads/.
    return endpoint.rpartition(".")[2] == "download" or (
        endpoint in STATIC and tk.request.path.startswith("/uploads/")
    )


def _keep(response: Any) -> bool:
    """Have a file that a browser would run saved, not shown: somebody uploaded it, it must not act as our page."""
    if not policy.is_active(response.mimetype):
        return False
    response.headers["Content-Disposition"] = dump_options_header(
        "attachment", parse_options_header(response.headers.get("Content-Disposition"))[1]
    )
    if policy.is_script(response.mimetype):
        # A page that names it as its script minds neither of both; with `nosniff` it does not run plain text.
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
    return True


def _may_be_embedded(endpoint: str) -> bool:
    # A preview is made to be shown on other sites: CKAN's page gives the code for it.
    return endpoint.endswith("_resource.view")


def _of_page(response: Any, endpoint: str) -> str:
    found = policy.Inline()
    if response.is_sequence and not response.direct_passthrough:
        found = policy.inline(response.get_data(as_text=True)).known(trusted())
    found.add(g.get("pole_inline") or policy.Inline())
    frames = settings.guard_embedders() if _may_be_embedded(endpoint) else ["'self'"]
    more, attributes = policy.more_sources(settings.guard_sources()), bool(g.get("pole_style_attributes"))
    return policy.content_policy(found, frames, more, style_attributes=attributes)
