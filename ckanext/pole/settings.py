"""Getters of the `ckanext.pole.*` settings, which `config/declaration.yaml` declares."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk


def site_title_en() -> str:
    """The name of the site on English pages; empty where it has one name."""
    return tk.config["ckanext.pole.site_title_en"] or ""


def access_notice_days() -> list[int]:
    """How many days before the end of an agreement letters leave, the nearest end first."""
    return sorted({int(days) for days in tk.config["ckanext.pole.access.notice_days"] if int(days) > 0})


def access_upkeep_interval() -> int:
    """Least number of seconds between two rounds of notices and of the ledger's retention."""
    return tk.config["ckanext.pole.access.upkeep_interval"]


def kept_seconds() -> int:
    """Seconds that a proxy may keep a page that is open to everyone; 0 for not at all."""
    return tk.config["ckanext.pole.access.kept_seconds"]


def ledger_retention_days() -> int:
    """Days that a row stays on the ledger; 0 for ever."""
    return tk.config["ckanext.pole.ledger.retention_days"]


def access_requests_per_day() -> int:
    """How many requests for access one person may make in 24 hours."""
    return tk.config["ckanext.pole.access.requests_per_day"]


def harvest_contact() -> str:
    """Page or address that our User-Agent gives to the portals we visit."""
    return tk.config["ckanext.pole.harvest.contact"] or ""


def harvest_takeover() -> int:
    """Seconds after which a harvest's work that nobody has in hand is taken over."""
    return tk.config["ckanext.pole.harvest.takeover"]


def http_allow_private() -> list[str]:
    """Internal hosts (`name`, `name:port`, network) that outgoing requests may reach."""
    return list(tk.config["ckanext.pole.http.allow_private"])


def http_limits() -> dict[str, Any]:
    """How far one question of a harvest goes: seconds, tries after the first, pace, bytes in memory and on disk."""
    return {
        "per_host_interval": tk.config["ckanext.pole.http.pace"] / 1000,
        "total_timeout": tk.config["ckanext.pole.http.total_timeout"],
        "retries": tk.config["ckanext.pole.http.retries"],
        "max_bytes": tk.config["ckanext.pole.http.max_bytes"],
        "max_stream_bytes": tk.config["ckanext.pole.http.max_document_bytes"],
    }


def guard_proxies() -> int:
    """How many proxies of ours stand before the portal."""
    return tk.config["ckanext.pole.guard.proxies"]


#: The doors at which tries are counted.
LIMITED = ("login", "account", "second_factor", "reset", "reset_account", "register", "api")


def guard_limit(door: str) -> str:
    """How often one may try at a door, as `limits` writes it (`10/hour`); empty: as often as one likes."""
    return tk.config[f"ckanext.pole.guard.limits.{door}"]


def guard_passwords() -> tuple[int, int]:
    """Of a new password: characters at least, and zxcvbn's score at least."""
    return tk.config["ckanext.pole.guard.password_length"], tk.config["ckanext.pole.guard.password_strength"]


def guard_token_days() -> int:
    """Days that a new token of the API is good for; 0 for ever."""
    return tk.config["ckanext.pole.guard.token_days"]


def second_factor_required() -> list[str]:
    """Of whom a second factor is required: `sysadmins`, `custodians`, both, or nobody."""
    return list(tk.config["ckanext.pole.guard.second_factor.required"])


def guard_embedders() -> list[str]:
    """Who may show a preview in a frame."""
    return list(tk.config["ckanext.pole.guard.embedders"])


def guard_sources() -> list[str]:
    """Other sites that pages may load from, each `directive=source`."""
    return list(tk.config["ckanext.pole.guard.sources"])


def scheduler_interval() -> int:
    """Seconds between two rounds of the scheduler."""
    return tk.config["ckanext.pole.scheduler.interval"]


def site_url() -> str:
    """The portal's own address."""
    return tk.config["ckan.site_url"].rstrip("/")


def gateway_limits() -> tuple[int, int, int]:
    """Of the gateway to closed data: bytes of one file, seconds for one file, seconds of silence of its source."""
    read = tk.config.get
    megabytes, whole, silence = (read(f"ckanext.pole.gateway.{name}") for name in ("max_size", "timeout", "silence"))
    return int(megabytes) * 1024 * 1024, int(whole), int(silence)
