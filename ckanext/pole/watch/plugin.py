"""CKAN's doors of the watch slice."""

from __future__ import annotations

import os
import time
from contextvars import ContextVar
from typing import Any

import ckan.plugins as p
from ckan import model
from ckan.common import CKANConfig

from ckanext.pole.http.direct import ask_directly
from ckanext.pole.watch import answers, changed_settings, frozen, metrics, pools
from ckanext.pole.watch.gate import Gate

_searching: ContextVar[float] = ContextVar("pole_searching", default=0.0)


class PoleWatchPlugin(p.SingletonPlugin):
    """Health, figures, numbered requests, failures in words."""

    p.implements(p.IConfigurer)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.IPackageController, inherit=True)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        """Ask Solr directly, and the database no more than is needed before each request."""
        ask_directly(str(config.get("solr_url") or ""))
        config[pools.PRE_PING] = False
        pools.install()
        changed_settings.MARK.install()

    # IMiddleware

    def make_middleware(self, app: Any, config: CKANConfig) -> Any:
        """Put the gate around the application, and count what goes through it."""
        frozen.install()
        token = os.environ.get("POLE_METRICS_TOKEN", "")
        app.wsgi_app = Gate(
            app.wsgi_app, config, token, metrics.exposition, database=frozen.watch, failed=model.Session.remove
        )
        answers.install(app)
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
