"""Which resources' addresses are kept apart, and what stands in their place. Pure.

The address of a closed resource never enters CKAN's dict. Where it stood there is the portal's own door, the gateway,
which says nothing of where the data lie.
"""

from __future__ import annotations

import mimetypes
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from ckanext.pole.access.decision import OPEN, effective_tier

#: Path of the gateway; the rest is the resource's id and a file name.
DOOR = "/access/data/"

_DOOR = re.compile(rf"{DOOR}([\w-]{{1,100}})(?:/|$)")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
#: Where a file of ours or a table of ours is: those have doors of their own, which ask the same question.
_OWN_TYPES = ("upload", "datastore", "datapusher", "xloader")


@dataclass(frozen=True)
class Location:
    """Where the data of a closed resource really are.

    Attributes:
        resource_id: which resource.
        package_id: its dataset; empty until that has an id.
        url: the address.
    """

    resource_id: str
    package_id: str
    url: str = field(repr=False)  # a repr ends in a log


@dataclass(frozen=True)
class Sorted:
    """A dataset whose closed addresses were taken out.

    Attributes:
        dataset: a copy, fit for CKAN.
        locations: what was taken out, all of the dataset's.
        closed: ids of resources whose address was not kept apart before, or was another one.
        opened: ids of resources whose address went back into the dataset.
        foreign: positions of resources that point at the door of another resource: that would be a loop, or a way to
            make the portal ask itself.
    """

    dataset: dict[str, Any]
    locations: list[Location]
    closed: list[str]
    opened: list[str]
    foreign: list[int]


def is_closed(dataset: Mapping[str, Any], resource: Mapping[str, Any], today: date) -> bool:
    """Whether not everybody may read a resource today: its tier, or an embargo."""
    tier = effective_tier(dataset.get("access_tier"), resource.get("access_tier"))
    return tier != OPEN or str(dataset.get("available_from") or "") > today.isoformat()


def door(site: str, resource_id: str, url: str, format_: str | None) -> str:
    """The gateway's address for a resource.

    Args:
        site: the portal's address.
        resource_id: which resource.
        url: the real address; only a well-known ending of it shows.
        format_: the resource's format, for want of an ending.
    """
    ending = _path(url).rpartition("/")[2].rpartition(".")[2].lower()
    for extension in (ending, (format_ or "").lower()):
        if _EXTENSION.fullmatch(extension) and mimetypes.guess_type(f"data.{extension}")[0]:
            return f"{site}{DOOR}{resource_id}/data.{extension}"
    return f"{site}{DOOR}{resource_id}/data"


def behind_door(url: str) -> str:
    """The id of the resource whose gateway address this is; empty if it is none."""
    found = _DOOR.search(_path(url))
    return found[1] if found else ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def sort_out(dataset: Mapping[str, Any], kept: Mapping[str, str], *, site: str, today: date) -> Sorted:
    """Take the addresses of closed resources out of a dataset, and put those of open ones back.

    Args:
        dataset: as a person, a program or a harvester gives it; it is not changed.
        kept: addresses kept apart until now, by resource.
        site: the portal's address.
        today: for embargoes, in the portal's zone.

    Returns:
        What to give to CKAN and what to keep apart. Applying it twice changes nothing more.
    """
    copy = dict(dataset)
    result = Sorted(copy, [], [], [], [])
    resources: list[Any] = []
    given: Sequence[Any] = dataset.get("resources") or []
    for position, resource in enumerate(given):
        if not isinstance(resource, Mapping):  # CKAN's validators say what is wrong with it
            resources.append(resource)
            continue
        copied = dict(resource)
        resources.append(copied)
        if not _sort_one(copied, result, kept, site, today):
            result.foreign.append(position)
    if "resources" in dataset:
        copy["resources"] = resources
    return result


def _sort_one(resource: dict[str, Any], result: Sorted, kept: Mapping[str, str], site: str, today: date) -> bool:
    """Change one resource; false when its address is a door that is not its own."""
    identity = str(resource.get("id") or "")
    url = str(resource.get("url") or "").strip()
    before = kept.get(identity, "")
    other = behind_door(url)
    if other and other == identity and before:
        url = before
    elif other and (other == identity or url.startswith(f"{site}{DOOR}")):
        return False
    if not url or resource.get("upload") or _is_ours(resource, url, site):
        return True
    if not is_closed(result.dataset, resource, today):
        if before:
            result.opened.append(identity)
        if other:
            resource["url"] = url
        return True
    identity = resource["id"] = identity or str(uuid.uuid4())
    if not resource.get("format"):
        # CKAN guesses it from the address, which it will not see.
        guess = mimetypes.guess_type(_path(url))[0]
        if guess:
            resource["format"] = guess
    resource["url"] = door(site, identity, url, resource.get("format"))
    if resource.get("cache_url"):
        resource["cache_url"] = ""
    result.locations.append(Location(identity, str(result.dataset.get("id") or ""), url))
    if url != before:
        result.closed.append(identity)
    return True


def _is_ours(resource: Mapping[str, Any], url: str, site: str) -> bool:
    kind = resource.get("url_type") or ""
    return kind in _OWN_TYPES and ("://" not in url or url.startswith(f"{site}/"))
