"""CKAN as gunicorn serves it: the ini file is named by CKAN_INI."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from logging.config import fileConfig
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app

PATIENCE = 90
"""Seconds. After that CKAN starts all the same, and says itself what it misses."""


def listens(url: str) -> bool:
    """Whether something accepts connections at an address."""
    parts = urlsplit(url)
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((parts.hostname or "127.0.0.1", parts.port or 0)) == 0


def serves(solr_url: str) -> bool:
    """Whether a Solr core is loaded: its server accepts connections long before."""
    try:
        with build_opener(ProxyHandler({})).open(f"{solr_url}/admin/ping", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def wait(settings: Mapping[str, object]) -> None:
    """Wait for the services: CKAN has loaded its modules while they still start."""
    deadline = time.monotonic() + PATIENCE
    for ready, name in ((listens, "sqlalchemy.url"), (listens, "ckan.redis.url"), (serves, "solr_url")):
        while not ready(str(settings[name])) and time.monotonic() < deadline:
            time.sleep(0.1)


_ini = os.environ["CKAN_INI"]
fileConfig(_ini, disable_existing_loggers=False)
_settings = CKANConfigLoader(_ini).get_config()
wait(_settings)
application = make_app(_settings)
