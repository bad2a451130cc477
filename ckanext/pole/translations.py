"""Our catalogue: pages ask it last, so that its words and its plural rule win; where there is no page, it alone."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from babel.support import NullTranslations, Translations

DOMAIN = "ckanext-pole"


def ours_last(app: Any) -> Any:
    """Put our catalogue behind those of the other plugins.

    flask-babel merges the catalogues in order and keeps the last plural rule it meets; one without French brings
    English's, and a page would say "0 membres".

    Args:
        app: CKAN's Flask application, with flask-babel set up.

    Returns:
        The same application.
    """
    babel = app.extensions["babel"]
    pairs = zip(babel.translation_directories, babel.default_domain.split(";"), strict=True)
    ordered = sorted(pairs, key=lambda pair: pair[1] == DOMAIN)
    babel.translation_directories = [folder for folder, _ in ordered]
    babel.default_domain = ";".join(name for _, name in ordered)
    return app


@cache
def catalogue(lang: str) -> NullTranslations:
    """Our words in a language, for a worker: it has no page, hence no language of its own."""
    return Translations.load(str(files("ckanext.pole.i18n")), [lang], DOMAIN)


def in_both(text: str, **facts: Any) -> str:
    """An English sentence of ours in French, then in English: a report is read later, by people of either language.

    Args:
        text: marked for the translators with `N_`.
        facts: put into both.
    """
    return " · ".join(catalogue(lang).gettext(text).format(**facts) for lang in ("fr", "en"))
