"""What an operator would look at, looked at: each finding is a line in French and one in English, with what to do.

An examination never changes anything, and one that fails itself is a finding, not an end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

log = logging.getLogger(__name__)


class Level(str, Enum):
    """How it stands."""

    WELL = "well"
    ADVICE = "advice"
    """It works as it is meant to, and could be safer."""
    WARNING = "warning"
    """It works, and somebody should know."""
    FAILURE = "failure"
    """It does not work, or leaks."""


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        subject: what was looked at, a word for programs: `settings`, `solr`…
        level: how it stands.
        french: what was found and what to do, for a person.
        english: the same.
        names: of people whom it is about; for the operator's terminal, not for programs and their logs.
    """

    subject: str
    level: Level
    french: str
    english: str
    names: tuple[str, ...] = ()


def well(subject: str, french: str, english: str) -> Finding:
    """A finding of nothing to do."""
    return Finding(subject, Level.WELL, french, english)


def warning(subject: str, french: str, english: str) -> Finding:
    """A finding that somebody should know of."""
    return Finding(subject, Level.WARNING, french, english)


def failure(subject: str, french: str, english: str) -> Finding:
    """A finding that asks for a hand."""
    return Finding(subject, Level.FAILURE, french, english)


Examination = Callable[[Mapping[str, Any]], Iterable[Finding]]


def examine(settings: Mapping[str, Any], examinations: Iterable[tuple[str, Examination]]) -> Iterator[Finding]:
    """Carry out examinations.

    Args:
        settings: CKAN's configuration.
        examinations: each with its subject.

    Yields:
        What each of them finds, as soon as it does.
    """
    for subject, look in examinations:
        try:
            yield from look(settings)
        except Exception as error:
            log.debug("Examination of %s", subject, exc_info=True)
            # The kind of error only: its text may hold an address with a password.
            kind = type(error).__name__
            yield failure(subject, f"N’a pas pu être examiné : {kind}", f"Could not be examined: {kind}")
