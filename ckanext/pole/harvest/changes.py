"""What a run would change, and what it may delete: rules of HARVEST.md E, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: A run deletes at most this share of a source's records, but always one (HARVEST.md E, rule 2).
MAX_DELETED_SHARE = 0.10
#: Runs in a row that miss a record without being trusted, until a person is asked: a source that always lists one id
#: twice would else never lose anything here.
MISSES = 3
#: More bad records than this share of a run, and its absences cannot be trusted (rule 4).
MAX_BAD_SHARE = 0.05


@dataclass(frozen=True)
class Known:
    """What is stored of a record: the digests it was last imported with, and its dataset."""

    digest: str
    package_id: str | None
    raw_digest: str = ""


@dataclass
class Tally:
    """What one run saw, counted while it reads.

    Attributes:
        seen: ids met so far.
        repeated: ids met more than once: the list cannot be trusted to be whole.
        unwanted: ids that the operator leaves out, or that another source owns: read, but not to be here.
        totals: the totals that the source announced; more than one means that it moved while we read.
    """

    seen: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    totals: set[int] = field(default_factory=set)
    pages: int = 0
    records: int = 0
    bad: int = 0
    duplicates: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    broken: bool = False

    def meet(self, guid: str) -> bool:
        """Count an id; False if it was met before in this run."""
        if guid in self.seen:
            self.repeated.add(guid)
            return False
        self.seen.add(guid)
        return True

    def compare(self, new_digest: str, known: Known | None) -> str:
        """Count a record and say whether it is `new`, `changed` or the `same`."""
        if known is None:
            self.new += 1
            return "new"
        if known.digest != new_digest:
            self.changed += 1
            return "changed"
        self.same += 1
        return "same"

    def read_through(self) -> bool:
        """Was each page of the source read, whatever is to be thought of them?"""
        return bool(self.seen) and not self.broken

    def whole(self) -> bool:
        """Was the source read from end to end, without a doubt?"""
        announced = len(self.totals) <= 1 and (not self.totals or self.totals == {self.records})
        return bool(
            self.read_through() and not self.repeated and announced and self.bad <= MAX_BAD_SHARE * self.records
        )


@dataclass(frozen=True)
class Deletions:
    """The records to delete, or the reason why they stay.

    Attributes:
        guids: those to delete now, sorted.
        held: those that are gone at the source but stay here until a person decides, sorted.
        reason: why they are held: "", "incomplete" (pages of the source were not read: nothing is known of them),
            "doubtful" (the pages contradict themselves) or "too many".
    """

    guids: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    reason: str = ""


def deletions(tally: Tally, known: Mapping[str, Known], bad_guids: Iterable[str] = ()) -> Deletions:
    """Decide what to delete after a run.

    Args:
        tally: what the run saw.
        known: what was stored before it, by id.
        bad_guids: ids of records that the run met but could not use: they are still there.
    """
    return guarded(sorted(set(known) - (tally.seen - tally.unwanted) - set(bad_guids)), tally, len(known))


def guarded(missing: Sequence[str], tally: Tally, known: int) -> Deletions:
    """Delete what is missing, unless the run cannot be trusted or it is too much at once.

    Args:
        missing: ids of stored records that the run did not meet.
        tally: what the run saw.
        known: how many records were stored before it.
    """
    if not missing:
        return Deletions()
    if not tally.whole():
        return Deletions(held=tuple(missing), reason="doubtful" if tally.read_through() else "incomplete")
    if len(missing) > max(1, int(MAX_DELETED_SHARE * known)):
        return Deletions(held=tuple(missing), reason="too many")
    return Deletions(guids=tuple(missing))
