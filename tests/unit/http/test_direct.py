"""A proxy is for other people's sites: our own Solr is never asked through it."""

from __future__ import annotations

import os

import pytest
from requests.utils import get_environ_proxies

from ckanext.pole.http.direct import ask_directly

PROXY = "http://proxy.example.org:3128"


@pytest.fixture(autouse=True)
def behind_a_proxy(monkeypatch):
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "")


def through(address):
    return get_environ_proxies(address).get("http")


@pytest.mark.parametrize("address", ["http://solr:8983/solr/ckan", "http://127.0.0.1:8983/solr/ckan"])
def test_the_service_is_asked_directly_and_everybody_else_through_the_proxy(address):
    assert through(address) == PROXY
    ask_directly(address)
    assert through(address) is None
    assert through("http://donnees.example.org/") == PROXY


def test_hosts_that_the_operator_named_stay(monkeypatch):
    monkeypatch.setenv("no_proxy", "intranet.example.org")
    ask_directly("http://solr:8983/solr/ckan")
    ask_directly("http://solr:8983/solr/ckan")
    assert through("http://intranet.example.org/") is None
    assert os.environ["no_proxy"] == "intranet.example.org,solr"


@pytest.mark.parametrize("address", ["", "solr"])
def test_an_address_without_a_host_changes_nothing(address):
    ask_directly(address)
    assert through("http://donnees.example.org/") == PROXY
