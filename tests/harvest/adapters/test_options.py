"""Settings of a source are checked when they are saved, in the person's language."""

from __future__ import annotations

import json
import re

import ckan.plugins.toolkit as tk
import pytest
from flask_babel import force_locale

from ckanext.pole.harvest import options

WRONG = [
    ({"organizations": ["ville de laval"]}, "par exemple ville-de-laval", "such as ville-de-laval"),
    ({"organizations": ["a) OR *:*"]}, "par exemple ville-de-laval", "such as ville-de-laval"),
    ({"organizations": "ville-de-laval"}, "mauvais type", "wrong type"),
    ({"mode": "rss"}, "search, feed", "search, feed"),
    ({"rdf_syntax": "docx"}, "turtle", "turtle"),
    ({"domain": "https://data.calgary.ca"}, "nom d’hôte", "host name"),
    ({"discovery_url": "file:///etc/passwd"}, "https://", "https://"),
    ({"discovery_url": "https://user:secret@x.example"}, "https://", "https://"),
    ({"license_id": "libre"}, "Licence inconnue", "Unknown licence"),
    ({"places": ["atlantide"]}, "inconnu", "Unknown place"),
    ({"languages": ["de"]}, "fr, en ou les deux", "fr, en or both"),
    ({"languages": []}, "fr, en ou les deux", "fr, en or both"),
]


@pytest.mark.usefixtures("with_plugins", "with_request_context")
def test_a_wrong_setting_is_explained_in_both_languages():
    for config, french, english in WRONG:
        for lang, words in (("fr", french), ("en", english)):
            with force_locale(lang), pytest.raises(ValueError, match=re.escape(words)):
                options.normalised(json.dumps(config))


@pytest.mark.usefixtures("with_plugins")
def test_the_form_of_a_source_says_it_beside_the_field(harvest):
    with pytest.raises(tk.ValidationError) as caught:
        harvest("https://hub.example.org", "pole_arcgis", mode="rss")
    assert set(caught.value.error_dict) == {"config"}


@pytest.mark.usefixtures("with_plugins")
def test_good_settings_are_kept():
    config = {
        "organizations": ["ville-de-laval"],
        "license_id": "cc-by",
        "places": ["mtl-ville"],
        "languages": ["fr", "en"],
        "mode": "feed",
        "rdf_syntax": "turtle",
        "domain": "data.calgary.ca",
        "where": "theme='x'",
    }
    assert json.loads(options.normalised(json.dumps(config))) == config


@pytest.mark.usefixtures("with_plugins")
def test_every_kind_of_source_has_a_name_and_a_description():
    from ckan import plugins as p
    from ckanext.harvest.interfaces import IHarvester

    kinds = {plugin.info()["name"]: plugin.info() for plugin in p.PluginImplementations(IHarvester)}
    wanted = {"pole_ckan", "pole_opendatasoft", "pole_arcgis", "pole_socrata", "pole_dcat_us", "pole_dcat"}
    assert wanted <= set(kinds)
    assert all(info["title"] and info["description"] for info in kinds.values())
