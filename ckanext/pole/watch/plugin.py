"""CKAN's doors of the watch slice."""

from __future__ import annotations

import os
import re
import time
from contextvars import ContextVar
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from flask import g

from ckanext.pole.http.environment import AWAY
from ckanext.pole.watch import frozen, metrics
from ckanext.pole.watch.gate import Gate

_NOT_INDEXED = re.compile(rb'"Search Index Error".{0,200}\(HTTP 5\d\d\)', re.DOTALL)

_searching: ContextVar[float] = ContextVar("pole_searching", default=0.0)


class PoleWatchPlugin(p.SingletonPlugin):
    """Health, figures, numbered requests, failures in words."""

    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.IPackageController, inherit=True)

    # IMiddleware

    def make_middleware(self, app: Any, config: CKANConfig) -> Any:
        """Put the gate around the application, and count what goes through it."""
        frozen.install()
        token = os.environ.get("POLE_METRICS_TOKEN", "")
        app.wsgi_app = Gate(app.wsgi_app, config, token, metrics.exposition, database=frozen.watch)
        app.before_request(_start)
        app.after_request(_count)
        app.after_request(_blame)
        return app

    # IPackageController

    def before_dataset_search(self, search_params: dict[str, Any]) -> dict[str, Any]:
        """A search begins."""
        _searching.set(time.perf_counter())
        return search_params

    def after_dataset_search(self, search_results: dict[str, Any], search_params: dict[str, Any]) -> dict[str, Any]:
        """A search has ended."""
        if started := _searching.get():
            metrics.SEARCH_SECONDS.observe(time.perf_counter() - started)
            _searching.set(0.0)
        return search_results


def _start() -> None:
    g.pole_started = time.perf_counter()


def _blame(response: Any) -> Any:
    """A dataset that Solr did not take because a node of it was away is no error of ours, though CKAN says 500."""
    if response.status_code == 500 and tk.request.path.startswith("/api/") and _NOT_INDEXED.search(response.get_data()):
        tk.request.environ[AWAY] = ("solr",)
    return response


def _count(response: Any) -> Any:
    if started := g.get("pole_started"):
        metrics.observe(
            tk.request.method, tk.request.endpoint or "none", response.status_code, time.perf_counter() - started
        )
    return response
