"""Codes and public URIs, both ways."""

from __future__ import annotations

import pytest

from ckanext.pole.bilingual import vocabularies
from ckanext.pole.exchange import federal, terms

EU = "http://publications.europa.eu/resource/authority/"


@pytest.mark.parametrize("vocabulary", ["frequencies", "languages", "formats"])
def test_every_exact_uri_leads_back_to_its_code(vocabulary):
    for term in vocabularies.load(vocabulary):
        if term.same_as:
            assert terms.code(vocabulary, term.same_as) == term.code


def test_a_uri_that_two_codes_share_names_neither():
    shared = EU + "data-theme/SOCI"
    assert sum(term.uri == shared for term in vocabularies.load("themes")) > 1
    assert terms.code("themes", shared) is None


def test_https_and_a_last_slash_do_not_count():
    assert terms.code("frequencies", "https://publications.europa.eu/resource/authority/frequency/ANNUAL/") == "annual"


@pytest.mark.parametrize(
    ("tag", "key"), [("fr-CA", "fr"), ("EN", "en"), ("en-t-fr", "en-t-fr"), ("de", None), ("", None)]
)
def test_language_tags(tag, key):
    assert terms.language(tag) == key


def test_an_unknown_code_has_no_uri():
    assert terms.uri("frequencies", "parfois") is None
    assert terms.uri("frequencies", None) is None


def test_an_empty_dataset_gives_a_federal_record_without_empty_fields():
    sent = federal.record({"id": "x"})
    assert sent == {"id": "x", "type": "dataset", "collection": "primary", "jurisdiction": "municipal"}
