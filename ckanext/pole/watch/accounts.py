"""Examination of the accounts that can do most: who of them logs in with a password alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ckanext.pole.watch.doctor import Finding, Level, failure, well

_SUBJECT = "accounts"
_REQUIRED = "ckanext.pole.guard.second_factor.required"
_HOW = f"{_REQUIRED} (docker : POLE_SECOND_FACTOR)"


def of_second_factors(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether sysadmins and custodians have a second factor: required and missing is a warning, missing is advice."""
    import ckan.plugins.toolkit as tk

    required = tk.aslist(settings.get(_REQUIRED))
    if "pole_second_factor" in tk.aslist(settings["ckan.plugins"]):
        from ckanext.pole.guard.second_factor import model

        yield from _told(model.without(), required)
    elif required:
        yield failure(
            _SUBJECT, f"{_REQUIRED} reste sans effet : pole_second_factor n’est pas dans ckan.plugins.",
            f"{_REQUIRED} does nothing: pole_second_factor is not among ckan.plugins.",
        )  # fmt: skip
    else:
        yield Finding(
            _SUBJECT, Level.ADVICE, "La connexion en deux étapes n’est pas offerte : pole_second_factor.",
            "The two-step login is not offered: pole_second_factor.",
        )  # fmt: skip


def _told(accounts: Sequence[tuple[str, bool, bool]], required: Collection[str]) -> Iterator[Finding]:
    from ckanext.pole.guard.second_factor import standing

    if not accounts:
        yield well(
            _SUBJECT, "Administrateurs système et fiduciaires ont tous un second facteur.",
            "All sysadmins and custodians have a second factor.",
        )  # fmt: skip
    owing = [one for one in accounts if standing.required(required, sysadmin=one[1], custodian=one[2])]
    if owing:
        french, english = _counted(owing)
        yield Finding(
            _SUBJECT, Level.WARNING, f"Second facteur exigé et absent : {french}. Il leur sera demandé à la connexion.",
            f"Second factor required and missing: {english}. They will be asked for it when they log in.",
            _names(owing),
        )  # fmt: skip
    if others := [one for one in accounts if one not in owing]:
        french, english = _counted(others)
        yield Finding(
            _SUBJECT, Level.ADVICE, f"Sans second facteur : {french}. Pour l’exiger : {_HOW}.",
            f"Without a second factor: {english}. To require it: {_HOW.replace(' :', ':')}.", _names(others),
        )  # fmt: skip


def _counted(accounts: Sequence[tuple[str, bool, bool]]) -> tuple[str, str]:
    sysadmins = sum(sysadmin for _, sysadmin, _ in accounts)
    custodians = sum(custodian for _, _, custodian in accounts)
    return (
        f"administrateurs système {sysadmins}, fiduciaires {custodians}",
        f"sysadmins {sysadmins}, custodians {custodians}",
    )


def _names(accounts: Sequence[tuple[str, bool, bool]]) -> tuple[str, ...]:
    return tuple(name for name, _, _ in accounts)
