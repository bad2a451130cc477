"""What is done around each answer: it is counted, and blamed on the service that failed it."""

from __future__ import annotations

import re
import time
from typing import Any

import ckan.plugins.toolkit as tk
from flask import Flask, g

from ckanext.pole.http.environment import AWAY
from ckanext.pole.watch import metrics

_NOT_INDEXED = re.compile(rb'"Search Index Error".{0,200}\(HTTP 5\d\d\)', re.DOTALL)


def install(app: Flask) -> None:
    """Hear of every request and its answer."""
    app.before_request(_start)
    app.after_request(_count)
    app.after_request(_blame)


def _start() -> None:
    g.pole_started = time.perf_counter()


def _count(response: Any) -> Any:
    if started := g.get("pole_started"):
        metrics.observe(
            tk.request.method, tk.request.endpoint or "none", response.status_code, time.perf_counter() - started
        )
    return response


def _blame(response: Any) -> Any:
    """A dataset that Solr did not take because a node of it was away is no error of ours, though CKAN says 500."""
    if response.status_code == 500 and tk.request.path.startswith("/api/") and _NOT_INDEXED.search(response.get_data()):
        tk.request.environ[AWAY] = ("solr",)
    return response
