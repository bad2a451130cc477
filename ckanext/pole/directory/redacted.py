"""What redaction gives: a directory that may be written, and a report that counts without telling."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .records import Directory, Service
from .sensitive import Rejected

_KEY = object()


@dataclass
class Report:
    """Counts of one reading, by kind or by rule. It holds no value of any record.

    Attributes:
        read: records read, by kind.
        published: records that may be published, by kind.
        dropped: records left out, by rule.
        withheld: locations kept without address nor point, by rule.
        removed: parts removed (address, phone, point, url…), by rule.
        masked: texts in which something was masked.
        dangling: references to records that are not there, by kind of reference.
        duplicates: ids met more than once with different content, by kind.
        rejected: records that could not be read, with the reason.
    """

    read: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    masked: int = 0
    dangling: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data, for JSON."""
        counted = ("read", "published", "dropped", "withheld", "removed", "dangling", "duplicates")
        return {
            **{name: dict(sorted(getattr(self, name).items())) for name in counted},
            "masked": self.masked,
            "rejected": [
                {"kind": item.kind, "source_id": item.source_id, "reason": item.reason} for item in self.rejected
            ],
        }


class Redacted:
    """A directory without private values. Only `redaction.redact` can make one; writers take nothing else.

    Attributes:
        directory: the records, with published ids.
        withheld: ids of the locations whose place is withheld.
        denied: ids of the services whose place is secret by their nature; they are never counted by place.
    """

    __slots__ = ("denied", "directory", "withheld")

    def __init__(self, directory: Directory, withheld: frozenset[str], denied: frozenset[str], *, key: object) -> None:
        if key is not _KEY:
            raise TypeError("only redaction.redact makes a redacted directory")
        self.directory = directory
        self.withheld = withheld
        self.denied = denied

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that may be published."""
        return self.directory.services


def certify(directory: Directory, withheld: frozenset[str], denied: frozenset[str]) -> Redacted:
    """Declare a directory redacted. For `redaction` only."""
    return Redacted(directory, withheld, denied, key=_KEY)


def checked(redacted: object) -> Redacted:
    """Refuse anything that redaction has not made.

    Raises:
        TypeError: a writer was given something else.
    """
    if type(redacted) is not Redacted:
        raise TypeError("writers take a redacted directory only")
    return redacted
