"""Alembic begins here."""

from __future__ import annotations

from ckanext.pole.migrating import migrate

migrate("pole_harvest")
