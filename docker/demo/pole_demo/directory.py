"""The demo's 211 directory: content/directory/*.yaml as one HSDS feed a language.

The feeds are joined by id. A record that lacks its name in a language is
absent from that language's feed, as in real bilingual directories; any other
text may lack on its own.
"""

from __future__ import annotations

from pathlib import Path

from pole_demo import hsds_api
from pole_demo.directory_feed import FeedBuilder
from pole_demo.hsds_api import Feed
from pole_demo.reading import read_yaml
from pole_demo.reply import Reply, Request
from pole_demo.tabular import package

LANGUAGES = ("fr", "en")
TITLES = {
    "fr": ("Répertoire de démonstration du 211", "Répertoire inventé de toutes pièces, sans aucun organisme réel."),
    "en": ("Demonstration 211 directory", "Wholly invented directory: no real organisation."),
}


class Directory:
    """Everything under `/hsds`."""

    def __init__(self, feeds: dict[str, Feed], archive: bytes | None = None) -> None:
        """Serve feeds by language; "" is a feed without language.

        Args:
            feeds: the feeds; the first also answers at `/hsds` itself.
            archive: datapackage.zip at `/hsds`, when it is not made from the feed.
        """
        self.feeds = feeds
        self.archive = archive

    def answer(self, request: Request, path: str) -> Reply:
        """Answer a request; `path` is what follows `/hsds`."""
        language, _, rest = path.partition("/")
        if language not in self.feeds or not language:
            language, rest = next(iter(self.feeds)), path
        feed = self.feeds[language]
        if rest == "datapackage.zip":
            body = self.archive or package(feed, *TITLES.get(language, TITLES["fr"]), language)
            name = f"datapackage{'-' if language else ''}{language}.zip"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Reply(body=body, content_type="application/zip", headers=headers)
        return hsds_api.answer(feed, request, rest)


def load(folder: Path) -> Directory:
    """Read the directory's five files.

    Args:
        folder: where phrases, taxonomy, organizations, locations and services.yaml are.

    Raises:
        FileNotFoundError: a file is missing.
        KeyError: a record names another that does not exist.
    """
    names = ("phrases", "taxonomy", "organizations", "locations", "services")
    source = {name: read_yaml(folder / f"{name}.yaml") for name in names}
    return Directory({language: FeedBuilder(source, language).feed() for language in LANGUAGES})
