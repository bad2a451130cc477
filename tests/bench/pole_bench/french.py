"""The rows' names in French, for the table and the picture of docs/. Pure."""

from __future__ import annotations

_NAMES = {
    "search, anonymous": "recherche, anonyme",
    "search page, anonymous": "page de recherche, anonyme",
    "dataset page, anonymous": "page d’un jeu, anonyme",
    "home page, anonymous": "page d’accueil, anonyme",
    "DataStore search, 100 rows": "DataStore, recherche de 100 lignes",
    "DataStore dump, 10,000 rows": "DataStore, 10 000 lignes téléchargées",
    "index rebuild": "index refait",
    "package_create": "package_create",
    "memory, web": "mémoire du web",
    "memory, worker": "mémoire de l’exécuteur",
    "harvest, first import": "moissonnage, premier",
    "harvest, all unchanged": "moissonnage, rien de changé",
    "harvest, 1 % changed": "moissonnage, 1 % de changé",
    "directory, first to DataStore": "répertoire, premier, jusqu’au DataStore",
    "directory, unchanged": "répertoire, rien de changé",
}
#: What a name of a person's row is made of.
_PARTS = {
    " / anonymous": " / anonyme",
    ", processor": ", processeur",
    "dataset page, ": "page d’un jeu, ",
    "search incl. private, ": "recherche, privés compris, ",
    "search, ": "recherche, ",
    "member of ": "membre de ",
    "admin of ": "admin de ",
}


def name(english: str) -> str:
    """A row's name; one that nobody translated stays as it is."""
    for suffix in (", processor", " / anonymous"):
        if english.endswith(suffix):
            return name(english.removesuffix(suffix)) + _PARTS[suffix]
    if english in _NAMES:
        return _NAMES[english]
    for part, french in _PARTS.items():
        english = english.replace(part, french)
    return english.replace("5,000", "5 000")
