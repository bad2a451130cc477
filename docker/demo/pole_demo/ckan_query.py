"""The part of Solr's query language that a catalogue of packages is asked in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

Package = dict[str, Any]
_CLAUSE = re.compile(r"\s*(?P<sign>[+-]?)(?P<field>\w+):(?P<value>\"[^\"]*\"|\[[^\]]*\]|\([^()]*\)|[^\s()\[\]\"]+)")
_JOINT = re.compile(r"\s+(AND|OR)(?=\s)|\s+(?=[+\-\w])")
_RANGE = re.compile(r"\[(\S+) TO (\S+)\]$")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


class BadQuery(ValueError):
    """A filter that Solr would not parse."""


def matches(text: str) -> Callable[[Package], bool]:
    """Compile a filter (`fq`).

    Clauses `field:value`, `field:(a OR b)`, `field:[A TO B]`, signs `+` and
    `-`, joined by spaces, AND or OR (OR binds less than AND).

    Raises:
        BadQuery: the text does not parse.
    """
    ways: list[list[Callable[[Package], bool]]] = [[]]
    at, text = 0, text.strip()
    while at < len(text):
        clause = _CLAUSE.match(text, at)
        if not clause:
            raise BadQuery(text)
        ways[-1].append(_clause(clause["sign"], clause["field"], clause["value"]))
        at = clause.end()
        if at < len(text):
            joint = _JOINT.match(text, at)
            if not joint or joint.end() >= len(text):
                raise BadQuery(text)
            if joint[1] == "OR":
                ways.append([])
            at = joint.end()
    return lambda package: any(all(test(package) for test in way) for way in ways) if ways[0] else True


def words(text: str) -> Callable[[Package], bool]:
    """Compile a question (`q`): every word must occur, whatever its case and accents."""
    if text.strip() in ("", "*", "*:*"):
        return lambda package: True
    if _CLAUSE.match(text):
        return matches(text)
    wanted = [_plain(word) for word in re.findall(r"\w+", text)]

    def test(package: Package) -> bool:
        tags = " ".join(tag["name"] for tag in package["tags"])
        haystack = _plain(f"{package['name']} {package['title']} {package['notes']} {tags}")
        return all(word in haystack for word in wanted)

    return test


def ordered(packages: list[Package], sort: str) -> list[Package]:
    """Sort packages.

    A field that is not known is passed over in silence, as the real portal
    does. The id decides between equals, so pages never overlap.
    """
    found = sorted(packages, key=lambda package: package["id"])
    for part in reversed([part.split() for part in sort.split(",")]):
        if part and part[0] in _SORTS:
            found.sort(key=_SORTS[part[0]], reverse=part[1:2] == ["desc"])
    return found


_SORTS: dict[str, Callable[[Package], Any]] = {
    "id": lambda package: package["id"],
    "name": lambda package: package["name"],
    "title_string": lambda package: _plain(package["title"]),
    "metadata_modified": lambda package: package["metadata_modified"],
    "metadata_created": lambda package: package["metadata_created"],
}


def _clause(sign: str, field: str, value: str) -> Callable[[Package], bool]:
    """Compile one clause."""
    test = _range(field, value) if value.startswith("[") else _among(field, value)
    return (lambda package: not test(package)) if sign == "-" else test


def _among(field: str, value: str) -> Callable[[Package], bool]:
    """Compile a value, a quoted one or `(a OR b)`; `*` is any."""
    words = re.split(r"\sOR\s", value[1:-1]) if value.startswith("(") else [value]
    wanted = {word.strip().strip('"') for word in words}
    return lambda package: "*" in wanted or bool(wanted & _values(package, field))


def _range(field: str, value: str) -> Callable[[Package], bool]:
    """Compile a range of moments; both ends count."""
    ends = _RANGE.match(value)
    if not ends:
        raise BadQuery(value)
    low, high = (None if end == "*" else moment(end) for end in ends.groups())

    def test(package: Package) -> bool:
        when = datetime.fromisoformat(str(package.get(field))).replace(tzinfo=timezone.utc)
        return (low is None or when >= low) and (high is None or when <= high)

    if field not in ("metadata_modified", "metadata_created"):
        raise BadQuery(f"{field}:{value}")
    return test


def moment(text: str) -> datetime:
    """Read a moment as Solr wants it, `2026-01-31T00:00:00Z`.

    Raises:
        BadQuery: another form, or no such day.
    """
    if not _MOMENT.match(text):
        raise BadQuery(f"Invalid Date String:'{text}'")
    try:
        whole, _, part = text[:-1].partition(".")
        return datetime.fromisoformat(f"{whole}.{part[:6]:0<6}").replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise BadQuery(f"Invalid Date String:'{text}'") from error


def _values(package: Package, field: str) -> set[str]:
    """Give the values of a field as Solr's index has them."""
    if field == "organization":
        return {package["organization"]["name"]}
    if field in ("groups", "tags"):
        return {row["name"] for row in package[field]}
    if field == "res_format":
        return {resource["format"] for resource in package["resources"]}
    value = package.get(field)
    return {str(item) for item in (value if isinstance(value, list) else [value]) if item is not None}


def _plain(text: str) -> str:
    """Fold case and accents."""
    return unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
