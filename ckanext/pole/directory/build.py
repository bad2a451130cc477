"""The way in: raw records to a build, a build to files.

items = hsds_tabular.read(data, "fr")
built = build(items, namespace="211-grand-montreal", deny=denylist.default())
if built.content_hash != last_hash:
files = write(built, folder, title="211 Grand Montréal")
hits = scan.scan_files([file.path for file in files], built.markers)   # any hit holds the run
"""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from .datapackage import write_datapackage
from .denylist import DenyList
from .files import TableFile, write_table
from .identifiers import Ids
from .markers import Markers
from .records import Location
from .redacted import Redacted, Report
from .redaction import redact
from .sensitive import Raw, Rejected
from .summary import city, summary
from .tables import Row, Table, content_hash, table_hash, tables


@dataclass(frozen=True)
class Reading:
    """What a reader gave, still sealed.

    Attributes:
        items: the records, and what was rejected.
        digest: sha256 of all of it: the same input gives the same, in whatever file or archive it came.
    """

    items: Sequence[Raw[Any] | Rejected]
    digest: str


@dataclass
class Build:
    """A redacted directory, ready to be written.

    Attributes:
        redacted: the directory.
        report: counts by rule.
        markers: what `scan` looks for in the files.
        ids: makes the ids of parts.
        incomplete: rows left out of the HSDS package for want of a required value, by table; filled by `write`.
    """

    redacted: Redacted
    report: Report
    markers: Markers
    ids: Ids
    incomplete: Counter[str] = field(default_factory=Counter)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The published tables: services, organizations, locations, service_at_location, taxonomy."""
        # Measured, written and spooled: made once.
        return tuple(replace(table, make=_kept(table)) for table in tables(self.redacted))

    def summary(self, place_of: Callable[[Location], str] = city) -> Table:
        """The table of counts by place and category, fit to be open."""
        return summary(self.redacted, place_of)

    @cached_property
    def table_hashes(self) -> dict[str, str]:
        """The sha256 of the rows of each table, the summary among them, and of what the HSDS package holds."""
        found = {name: digest for name, (digest, _) in self._measured.items()}
        return {**found, "datapackage": content_hash(self.redacted)}

    @cached_property
    def table_rows(self) -> dict[str, int]:
        """How many rows each table has; the package has those of all tables of records."""
        found = {name: count for name, (_, count) in self._measured.items()}
        return {**found, "datapackage": sum(count for name, count in found.items() if name != "summary")}

    @cached_property
    def _measured(self) -> dict[str, tuple[str, int]]:
        return {table.name: table_hash(table.rows()) for table in (*self.tables, self.summary())}

    @cached_property
    def content_hash(self) -> str:
        """One sha256 for the whole: equal means that nothing published has changed."""
        joined = "\n".join(f"{name} {digest}" for name, digest in sorted(self.table_hashes.items()))
        return hashlib.sha256(joined.encode()).hexdigest()


def read(items: Iterable[Raw[Any] | Rejected]) -> Reading:
    """Read all that a reader yields, before anything is made of it."""
    found = hashlib.sha256()
    with without_collector():
        taken = list(items)
        for item in taken:
            found.update(item.digest() if isinstance(item, Raw) else repr(item).encode("utf-8", "surrogatepass"))
    return Reading(taken, found.hexdigest())


def _kept(table: Table) -> Callable[[], Iterator[Row]]:
    rows = cache(lambda: tuple(table.make()))
    return lambda: iter(rows())


def build(items: Iterable[Raw[Any] | Rejected], *, namespace: str, deny: DenyList) -> Build:
    """Redact what a reader yields.

    Args:
        items: sealed records of one reader, or of `languages.merge_languages`.
        namespace: stable key of the source; it enters the ids.
        deny: the deny-list.
    """
    ids = Ids(namespace)
    with without_collector():
        done = redact(items, ids, deny)
    return Build(done.redacted, done.report, done.markers, ids)


@contextmanager
def without_collector() -> Iterator[None]:
    """Rest the cycle collector while records are made by the hundred thousand: it takes a third and finds nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def write(
    built: Build,
    folder: Path,
    *,
    title: str = "",
    language: str = "fr",
    place_of: Callable[[Location], str] = city,
) -> list[TableFile]:
    """Write the tables, the summary and the HSDS package.

    Args:
        built: the build.
        folder: where to write; it must exist.
        title: title of the directory, for the package.
        language: first language of the package.
        place_of: names the place of a location in the summary.

    Returns:
        The files, for a scan before anything is published.
    """
    files = [write_table(table, folder) for table in (*built.tables, built.summary(place_of))]
    package, built.incomplete = write_datapackage(
        built.redacted, built.ids, folder / "datapackage.zip", title=title or "HSDS", language=language
    )
    return [*files, package]
