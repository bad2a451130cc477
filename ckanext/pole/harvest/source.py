"""A harvest source as an adapter sees it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord

#: A source may name no other variable: whoever edits one could send the server's own secrets to an address of theirs.
SECRET_PREFIX = "POLE_SECRET_"  # noqa: S105  the beginning of names


@dataclass(frozen=True)
class Source:
    """Where records come from, and how its operator wants them.

    Attributes:
        id: id of the harvest source's own dataset, which names it for good.
        url: the portal's address, without a final slash.
        owner_org: id of the organisation that receives the datasets.
        config: the source's settings, checked when they were saved.
        start: where to begin reading, as a page's `after` said; "" for the first page.
        rehearsal: nothing may be written, to the disk neither.
    """

    id: str
    url: str
    owner_org: str
    config: Mapping[str, Any] = field(default_factory=dict)
    start: str = ""
    rehearsal: bool = False

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

    def secret(self, setting: str) -> str:
        """The secret that a setting names: the value of an environment variable.

        Args:
            setting: key of the settings that holds the variable's name, such as `api_key_env`.

        Returns:
            Its value; empty if the source's settings name none.

        Raises:
            BadRecord: the variable is not set, or is not one that a source may name.
        """
        name = str(self.config.get(setting) or "")
        if not name:
            return ""
        if not name.startswith(SECRET_PREFIX) or not os.environ.get(name):
            raise BadRecord(N_("The environment variable {name} is not set"), name=name)
        return os.environ[name]
