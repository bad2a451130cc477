"""The verbs of the slice, a file a noun: validate, check access, act in one transaction, record, tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckanext.pole.access.actions import agreements, explain, persons, policies, requests, terms, views

_MODULES = (agreements, explain, persons, policies, requests, terms, views)

#: Name → action, for CKAN's registry.
ALL: dict[str, Callable[..., Any]] = {name: getattr(module, name) for module in _MODULES for name in module.__all__}
