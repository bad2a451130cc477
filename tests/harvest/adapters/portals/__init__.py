"""Portals that speak the real protocols on loopback, each over the same few entries."""

from __future__ import annotations

from portals.arcgis import ArcgisFeed, ArcgisSearch
from portals.base import Entry, Portal
from portals.ckan import Ckan
from portals.dcat import Dcat
from portals.dcat_us import DcatUs
from portals.opendatasoft import Opendatasoft
from portals.socrata import Socrata

ALL = (Ckan, Opendatasoft, ArcgisSearch, ArcgisFeed, Socrata, DcatUs, Dcat)

__all__ = ["ALL", "ArcgisFeed", "ArcgisSearch", "Ckan", "Dcat", "DcatUs", "Entry", "Opendatasoft", "Portal", "Socrata"]
