"""Services of our own are asked directly, whatever proxy stands between this machine and the others."""

from __future__ import annotations

import os
from urllib.parse import urlsplit


def ask_directly(address: str) -> None:
    """Add the host of a service to those that `requests` reaches without a proxy.

    CKAN asks Solr through `requests`, which follows `HTTP_PROXY`: a portal behind a proxy would send each search and
    each dataset to it. It also saves reading the whole environment twice for each search, in case a proxy is there.

    Args:
        address: of the service, as CKAN's settings have it; one without a host changes nothing.
    """
    host = urlsplit(address).hostname
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if host and host not in (name.strip() for name in known.split(",")):
        os.environ["no_proxy"] = f"{known},{host}" if known else host
