"""Our catalogue is asked last, so that its words and its plural rule win."""

from __future__ import annotations

from typing import Any

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
