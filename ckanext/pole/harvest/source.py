"""A harvest source as an adapter sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Source:
    """Where records come from, and how its operator wants them.

    Attributes:
        id: id of the harvest source's own dataset, which names it for good.
        url: the portal's address, without a final slash.
        owner_org: id of the organisation that receives the datasets.
        config: the source's settings, checked when they were saved.
    """

    id: str
    url: str
    owner_org: str
    config: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, harvest_source: Any) -> Source:
        """Read ckanext-harvest's row; the owner is the one of the source's dataset."""
        from ckan import model

        package = model.Session.get(model.Package, harvest_source.id)
        owner = package.owner_org if package is not None else ""
        return cls(
            id=harvest_source.id,
            url=harvest_source.url.rstrip("/"),
            owner_org=owner or harvest_source.publisher_id or "",
            config=json.loads(harvest_source.config or "{}"),
        )
