"""Examination of the settings alone; asks nobody."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ckanext.pole.watch.doctor import Finding, failure, warning, well

SECRET_LENGTH = 32
"""Characters of a secret at least: 128 bits as CKAN writes them."""
#: Rights that CKAN can give to people whom nobody knows.
_OPEN_DOORS = (
    "ckan.auth.anon_create_dataset", "ckan.auth.create_unowned_dataset",
    "ckan.auth.create_dataset_if_not_in_organization", "ckan.auth.user_create_organizations",
    "ckan.auth.public_user_details",
)  # fmt: skip


def of_site(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Address, secrets, rights."""
    subject = "settings"
    address = urlsplit(str(settings.get("ckan.site_url") or ""))
    if not address.hostname:
        yield failure(subject, "ckan.site_url manque.", "ckan.site_url is missing.")
    elif address.scheme != "https" and not _is_here(address.hostname):
        yield failure(
            subject, "ckan.site_url n’est pas en https : mots de passe et données circulent en clair.",
            "ckan.site_url is not https: passwords and data travel in the clear.",
        )  # fmt: skip
    for key in ("SECRET_KEY", "api_token.jwt.encode.secret"):
        value = str(settings.get(key) or "").removeprefix("string:")
        if len(value) < SECRET_LENGTH:
            yield failure(
                subject, f"{key} est absent ou trop court : au moins {SECRET_LENGTH} caractères tirés au hasard.",
                f"{key} is missing or too short: at least {SECRET_LENGTH} characters drawn at random.",
            )  # fmt: skip
    if settings.get("debug"):
        yield failure(subject, "debug est actif : les pages d’erreur montrent le code.",
                      "debug is on: pages of errors show the code.")  # fmt: skip
    if settings.get("ckan.datastore.sqlsearch.enabled"):
        yield failure(
            subject, "ckan.datastore.sqlsearch.enabled ouvre le DataStore au SQL de n’importe qui.",
            "ckan.datastore.sqlsearch.enabled opens the DataStore to SQL that anybody writes.",
        )  # fmt: skip
    for key in (key for key in _OPEN_DOORS if settings.get(key)):
        yield warning(subject, f"{key} est actif.", f"{key} is on.")
    yield from _of_plugins(settings)
    yield from _of_mail(settings)


def _of_plugins(settings: Mapping[str, Any]) -> Iterator[Finding]:
    loaded = settings.get("ckan.plugins") or []
    names = list(loaded.split() if isinstance(loaded, str) else loaded)
    ours = [name for name in ("pole_guard", "pole_second_factor", "pole") if name in names or name == "pole"]
    if names[: len(ours)] != ours:
        told = " ".join(ours)
        yield failure("plugins", f"{told} : en premier dans ckan.plugins, sinon d’autres gabarits l’emportent.",
                      f"{told}: first in ckan.plugins, or other templates win.")  # fmt: skip
    if "spatial_harvest_metadata_api" in names:
        yield failure(
            "plugins", "spatial_harvest_metadata_api montre à tous la source de jeux de données cachés.",
            "spatial_harvest_metadata_api shows the source of hidden datasets to everybody.",
        )  # fmt: skip
    missing = {"pole_access", "pole_guard", "pole_watch"} - set(names)
    if missing:
        yield warning(
            "plugins", f"Non chargé : {', '.join(sorted(missing))}.", f"Not loaded: {', '.join(sorted(missing))}."
        )


def _of_mail(settings: Mapping[str, Any]) -> Iterator[Finding]:
    if not settings.get("smtp.server"):
        yield warning("mail", "smtp.server est vide : personne ne reçoit d’avis ni de nouveau mot de passe.",
                      "smtp.server is empty: nobody gets notices or a new password.")  # fmt: skip
    elif not settings.get("smtp.mail_from"):
        yield failure("mail", "smtp.mail_from est vide : CKAN n’envoie alors aucun courriel.",
                      "smtp.mail_from is empty: CKAN then sends no e-mail.")  # fmt: skip
    else:
        yield well("mail", "Un serveur de courriel est nommé.", "A mail server is named.")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
