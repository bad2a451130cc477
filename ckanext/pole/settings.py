"""Getters of the `ckanext.pole.*` settings, which `config/declaration.yaml` declares."""

from __future__ import annotations

import ckan.plugins.toolkit as tk


def harvest_contact() -> str:
    """Page or address that our User-Agent gives to the portals we visit."""
    return tk.config["ckanext.pole.harvest.contact"] or ""


def http_allow_private() -> list[str]:
    """Internal hosts (`name`, `name:port`, network) that outgoing requests may reach."""
    return list(tk.config["ckanext.pole.http.allow_private"])


def scheduler_interval() -> int:
    """Seconds between two rounds of the scheduler."""
    return tk.config["ckanext.pole.scheduler.interval"]


def site_url() -> str:
    """The portal's own address."""
    return tk.config["ckan.site_url"].rstrip("/")
