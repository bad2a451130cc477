"""The addresses of closed resources, in a table of their own, outside of all that CKAN shows, indexes and remembers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import insert

from ckanext.pole import settings
from ckanext.pole.access import concealment
from ckanext.pole.access.concealment import Location, Sorted
from ckanext.pole.access.ledger_tables import METADATA

#: Embargoes end at midnight where the portal's people live.
ZONE = ZoneInfo("America/Montreal")

LOCATION = sa.Table(
    "pole_resource_location",
    METADATA,
    sa.Column("resource_id", sa.UnicodeText, primary_key=True),
    sa.Column("package_id", sa.UnicodeText, nullable=False),
    sa.Column("url", sa.UnicodeText, nullable=False),
    sa.Column("credential_ref", sa.UnicodeText, nullable=False, default=""),
    sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
)


def today() -> date:
    """The date where the portal's people live."""
    return datetime.now(ZONE).date()


def site() -> str:
    """The portal's address, with the folder that it is served under."""
    root = (tk.config.get("ckan.root_path") or "").replace("/{{LANG}}", "").rstrip("/")
    return f"{settings.site_url()}{root}"


def sort_out(dataset: Mapping[str, Any], kept: Mapping[str, str]) -> Sorted:
    """Take the addresses of closed resources out of a dataset, and put those of open ones back.

    Args:
        dataset: as it is to be saved, whole.
        kept: from `locations_of`.

    Raises:
        ckan.plugins.toolkit.ValidationError: a resource's address is the gateway of another resource.
    """
    found = concealment.sort_out(dataset, kept, site=site(), today=today())
    if found.foreign:
        errors: list[dict[str, list[str]]] = [{} for _ in found.dataset["resources"]]
        for position in found.foreign:
            errors[position] = {"url": [tk._("This is the portal’s own door to closed data, not where the data are")]}
        raise tk.ValidationError({"resources": errors})  # type: ignore[dict-item]
    return found


def conceal(dataset: Mapping[str, Any], kept: Mapping[str, str] | None = None) -> tuple[dict[str, Any], list[Location]]:
    """As `sort_out`, for those who save datasets without CKAN's actions.

    Returns:
        The dataset to save, in which resources have ids; and its locations, for `store_locations`.
    """
    found = sort_out(dataset, kept or {})
    return found.dataset, found.locations


def locations_of(package_ids: Collection[str], session: Any = None) -> dict[str, str]:
    """The addresses kept apart of some datasets' resources, by resource; one statement."""
    if not package_ids:
        return {}
    query = sa.select(LOCATION.c.resource_id, LOCATION.c.url).where(LOCATION.c.package_id.in_(list(package_ids)))
    return {row.resource_id: row.url for row in (session or model.Session).execute(query)}


def location_of(resource: model.Resource) -> dict[str, str] | None:
    """The address and credential of one resource, or None when it is not kept apart for its dataset."""
    query = sa.select(LOCATION.c.url, LOCATION.c.credential_ref).where(
        LOCATION.c.resource_id == resource.id, LOCATION.c.package_id == resource.package_id
    )
    found = model.Session.execute(query).one_or_none()
    return {"url": found.url, "credential_ref": found.credential_ref} if found else None


def store_locations(locations: Iterable[Location], session: Any = None, packages: Sequence[str] = ()) -> None:
    """Keep addresses, in the caller's transaction, after the rows of the resources exist.

    Args:
        locations: what `conceal` took out.
        session: CKAN's if none is given.
        packages: datasets that `locations` says everything about: what else was kept of them is forgotten.
    """
    session = session or model.Session
    now = datetime.now(timezone.utc)
    rows = [
        {"resource_id": item.resource_id, "package_id": item.package_id, "url": item.url, "credential_ref": "",
         "modified": now}
        for item in locations
    ]  # fmt: skip
    if packages:
        kept = [row["resource_id"] for row in rows]
        session.execute(
            LOCATION.delete().where(LOCATION.c.package_id.in_(list(packages)), LOCATION.c.resource_id.not_in(kept))
        )
    if not rows:
        return
    statement = insert(LOCATION).values(rows)
    excluded = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["resource_id"],
            set_={
                "package_id": excluded.package_id,
                "url": excluded.url,
                "modified": excluded.modified,
                # A credential was given for one address; another address does not get it.
                "credential_ref": sa.case((LOCATION.c.url == excluded.url, LOCATION.c.credential_ref), else_=""),
            },
            where=LOCATION.c.url.is_distinct_from(excluded.url)
            | LOCATION.c.package_id.is_distinct_from(excluded.package_id),
        )
    )


def with_package(locations: Iterable[Location], package_id: str) -> list[Location]:
    """The same locations, of a dataset that has its id now."""
    return [replace(item, package_id=package_id) for item in locations]
