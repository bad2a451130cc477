"""Words on pages: ours win, and French counts as French counts."""

from __future__ import annotations

import pytest
from flask_babel import force_locale, gettext, ngettext


@pytest.mark.parametrize(
    ("locale", "counted"), [("fr", ["membre", "membre", "membres"]), ("en", ["members", "member", "members"])]
)
def test_nothing_is_singular_in_french_and_plural_in_english(with_plugins, app, locale, counted):
    with app.flask_app.test_request_context("/"), force_locale(locale):
        said = [ngettext("{count} member", "{count} members", count).split()[-1] for count in (0, 1, 2)]
    assert said == counted


def test_our_words_stand_where_ckan_and_its_extensions_have_none(with_plugins, app):
    with app.flask_app.test_request_context("/"), force_locale("fr"):
        assert gettext("Harvest Sources") == "Sources de moissonnage"
        assert gettext("Datasets") == "Jeux de données"


def test_a_page_is_in_french_by_default_and_in_english_when_asked(with_plugins, clean_db, clean_index, app):
    assert 'lang="fr"' in app.get("/").body
    assert 'lang="en"' in app.get("/en/").body
