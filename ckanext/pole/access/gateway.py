"""The door to the data of closed resources: asks the decision, notes it, and streams. It never says where they lie."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.common import current_user
from ckan.lib import signals
from ckan.views import resource as core
from flask import Blueprint, request
from werkzeug.wrappers import Response

from ckanext.pole.access import doors, fetching, service, vault
from ckanext.pole.access.concealment import DOOR
from ckanext.pole.access.decision import Decision
from ckanext.pole.http import HttpProblem

log = logging.getLogger(__name__)


def blueprint() -> Blueprint:
    """The doors. Each type of dataset has addresses of its own for the same files, in CKAN: they lead here too."""
    made = Blueprint("pole_gateway", __name__)
    for rule in (f"{DOOR}<resource_id>", f"{DOOR}<resource_id>/<filename>"):
        made.add_url_rule(rule, view_func=data, methods=["GET"])
    for kind in sorted({"dataset", *_types()}):
        rule = f"/{kind}/<id>/resource/<resource_id>/download"
        for one in (rule, f"{rule}/<filename>"):
            made.add_url_rule(one, "download", download, methods=["GET"], defaults={"package_type": kind})
    return made


def _types() -> Iterator[str]:
    for plugin in p.PluginImplementations(p.IDatasetForm):
        yield from plugin.package_types()


def data(resource_id: str, filename: str = "") -> Any:
    """The data of a closed resource; the file name is for people to read."""
    resource = _resource(resource_id)
    if resource is None:
        return tk.abort(404, tk._("Resource not found"))
    return _serve(resource)


def download(package_type: str, id: str, resource_id: str, filename: str | None = None) -> Any:
    """CKAN's own address of a download: ours when the data are closed, else CKAN's."""
    if "\0" in id + resource_id:
        return tk.abort(404, tk._("Resource not found"))
    resource = _resource(resource_id)
    if resource is None or not doors.is_closed(resource):
        return core.download(package_type, id, resource_id, filename)
    package = resource.package
    if package is None or id not in (package.id, package.name) or package.type != package_type:
        return tk.abort(404, tk._("Resource not found"))
    return _serve(resource)


def _resource(resource_id: str) -> model.Resource | None:
    # Our database refuses a NUL in a text with an error, not with an empty answer.
    resource = model.Resource.get(resource_id) if "\0" not in resource_id else None
    if resource is None or resource.id != resource_id or resource.state != model.State.ACTIVE:
        return None
    package = resource.package
    return resource if package is not None and package.state != model.State.DELETED else None


def _serve(resource: model.Resource) -> Any:
    user = current_user.name if current_user.is_authenticated else ""
    decision = _decision(resource, user)
    if decision.code == "service" and not doors.is_closed(resource):
        return _open_elsewhere(resource)
    channel = "xloader" if decision.code == "service" else "gateway"
    facts: dict[str, Any] = {"channel": channel, "decision": decision}
    if not decision.allowed:
        doors.note("data.download", resource, user, outcome="deny", code=decision.code, **facts)
        if decision.code == "hidden":
            return tk.abort(404, tk._("Resource not found"))
        return tk.abort(403, _reason(decision))
    try:
        response = _open(resource)
    except HttpProblem as problem:
        doors.note("data.download", resource, user, outcome="failed", code=problem.code, **facts)
        return tk.abort(fetching.status_of(problem), problem.message["fr" if tk.h.lang() == "fr" else "en"])
    if response is None:
        doors.note("data.download", resource, user, outcome="failed", code="nothing_there", **facts)
        return tk.abort(404, tk._("No download is available"))
    try:
        details = {
            "status": response.status_code,
            "range": "Range" in request.headers,
            "head": request.method == "HEAD",
        }
        doors.note("data.download", resource, user, outcome="allow", code=decision.code, details=details, **facts)
    except BaseException:
        response.close()  # unrecorded, nothing leaves
        raise
    signals.resource_download.send(resource.id)
    return fetching.armour(response, resource)


def _open_elsewhere(resource: model.Resource) -> Any:
    """An open file at another site, for our loader of tables alone: a person goes there, we are nobody's proxy."""
    try:
        if resource.url_type == "upload" or not resource.url:
            return tk.abort(404, tk._("No download is available"))
        location = {"url": resource.url, "credential_ref": ""}
        return fetching.armour(fetching.remote(location, {}, body=request.method != "HEAD"), resource)
    except HttpProblem as problem:
        log.info("An open file is not loaded: %s", problem.code)
        return tk.abort(fetching.status_of(problem), problem.message["fr" if tk.h.lang() == "fr" else "en"])


def _decision(resource: model.Resource, user: str) -> Decision:
    token = request.args.get(service.PARAMETER)
    if token is None:
        return doors.decide(resource, user)
    if service.is_valid(token, resource.id):
        return Decision(True, "service")
    return Decision(False, "bad_signature")


def _open(resource: model.Resource) -> Response | None:
    if resource.url_type == "upload":
        return fetching.stored(resource)
    location = vault.location_of(resource)
    return fetching.remote(location, request.headers, body=request.method != "HEAD") if location else None


def _reason(decision: Decision) -> str:
    if decision.code == "bad_signature":
        return tk._("This address is not valid any more")
    return doors.message(decision)
