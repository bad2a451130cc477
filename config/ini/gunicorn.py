"""How gunicorn serves the portal on one machine."""

from __future__ import annotations

import os
from typing import Any

bind = [os.environ["POLE_BIND"]]
workers = 2
worker_class = "gthread"
threads = 4
timeout = 120
graceful_timeout = 10
max_requests = 5000
max_requests_jitter = 500
# CKAN takes seconds to start: once, before the workers part, then a lost worker is replaced in an instant.
preload_app = True


def post_fork(server: Any, worker: Any) -> None:
    """Give each worker connections of its own: two processes on one connection would read each other's answers."""
    from ckan import model
    from ckanext.datastore.backend import postgres as datastore

    engines = [model.meta.engine, *datastore._engines.values()]
    for engine in engines:
        if engine is not None:
            engine.dispose(close=False)
