"""How gunicorn serves the portal on one machine."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from typing import Any

# Where the processes meet to add up their figures. Before the application loads prometheus_client, which looks for it.
_figures = tempfile.mkdtemp(prefix="pole-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _figures

bind = [os.environ["POLE_BIND"]]
workers = 2
worker_class = "gthread"
threads = 4
# A worker beats from a thread of its own, whatever its requests take: one that does not is frozen, and replaced.
timeout = 30
graceful_timeout = 10
max_requests = 5000
max_requests_jitter = 500
# CKAN takes seconds to start: once, before the workers part, then a lost worker is replaced in an instant.
preload_app = True


def on_starting(server: Any) -> None:
    """The folder of figures goes with the first process."""
    mine = os.getpid()
    atexit.register(lambda: os.getpid() == mine and shutil.rmtree(_figures, ignore_errors=True))


def child_exit(server: Any, worker: Any) -> None:
    """A worker that ended no longer counts among the living."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def when_ready(server: Any) -> None:
    """What was loaded stays for good: no worker need look through it for what can go, which takes a sixth of a second.

    Python's documentation of `gc.freeze` advises it before a fork: the workers go on sharing that memory as well.
    """
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Give each worker connections of its own: two processes on one connection would read each other's answers."""
    # A page makes thousands of objects and drops them all: looked through now and then, not every 700.
    gc.set_threshold(10_000)
    from ckan import model
    from ckanext.datastore.backend import postgres as datastore

    engines = [model.meta.engine, *datastore._engines.values()]
    for engine in engines:
        if engine is not None:
            engine.dispose(close=False)
