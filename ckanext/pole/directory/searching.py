"""Questions to the tables of the directories: one statement for a page of results, one for total and facets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import TSQUERY

from ckanext.pole.directory import lexicon, openhours
from ckanext.pole.directory.model import COUNT, ENTRY, LISTING
from ckanext.pole.directory.questions import Question, places
from ckanext.pole.directory.text import fold

#: Kilometres: the earth's mean diameter.
_DIAMETER = 12_742.0
#: Values of one facet.
_FACET = 100
Clause = sa.ColumnElement[Any]


@dataclass
class Found:
    """What a question finds.

    Attributes:
        total: how many entries in all.
        rows: this page of them.
        facets: by facet, how many entries have each value, the most frequent first.
        relaxed: no entry has all words of the question; these have some.
    """

    total: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    relaxed: bool = False


def listings() -> list[Any]:
    """The directories whose dataset is live, by name."""
    return list(
        model.Session.execute(
            sa.select(LISTING, model.Package.name)
            .join(model.Package, model.Package.id == LISTING.c.package_id)
            .where(model.Package.state == model.State.ACTIVE)
            .order_by(model.Package.name)
        )
    )


def find(question: Question, package_ids: Sequence[str], language: str, moment: datetime | None = None) -> Found:
    """Find entries of directories.

    Args:
        question: what to find.
        package_ids: the directories that this person may search; none finds nothing.
        language: "fr" or "en": whose names are sorted by.
        moment: for "open now"; the present by default.
    """
    if not package_ids:
        return Found()
    now = moment or datetime.now(timezone.utc)
    wanted = lexicon.question(question.text)
    found = _find(question, package_ids, language, now, wanted)
    if not found.total and wanted and (loose := lexicon.question(question.text, every=False)) != wanted:
        found = _find(question, package_ids, language, now, loose)
        found.relaxed = bool(found.total)
    return found


def show(entry_id: str) -> dict[str, Any] | None:
    """One entry, with the directory that decides who may read it; None if there is none."""
    row = model.Session.execute(
        sa.select(ENTRY, LISTING.c.resource_id, model.Package.name.label("dataset"))
        .join(LISTING, LISTING.c.package_id == ENTRY.c.package_id)
        .join(model.Package, model.Package.id == ENTRY.c.package_id)
        .where(ENTRY.c.id == entry_id, model.Package.state == model.State.ACTIVE)
        .order_by(ENTRY.c.package_id)
        .limit(1)
    ).first()
    return dict(row._mapping) if row else None


def elsewhere(package_id: str, service_id: str, entry_id: str) -> list[dict[str, Any]]:
    """The other places of a service, the first twenty."""
    rows = model.Session.execute(
        sa.select(ENTRY.c.id, ENTRY.c.city, ENTRY.c.sheet)
        .where(ENTRY.c.package_id == package_id, ENTRY.c.service_id == service_id, ENTRY.c.id != entry_id)
        .order_by(ENTRY.c.city, ENTRY.c.id)
        .limit(20)
    )
    return [dict(row._mapping) for row in rows]


def counts(package_ids: Sequence[str], place: str = "", category: str = "") -> list[dict[str, Any]]:
    """The open counts of directories: of one place ("" is the whole), of one category ("" is all of them)."""
    if not package_ids:
        return []
    query = sa.select(COUNT).where(COUNT.c.package_id.in_(package_ids), COUNT.c.place == place)
    if category:
        query = query.where(COUNT.c.category == category)
    rows = model.Session.execute(query.order_by(COUNT.c.package_id, COUNT.c.category).limit(1000))
    return [dict(row._mapping) for row in rows]


def count_places(package_ids: Sequence[str]) -> list[str]:
    """The places that the counts speak of."""
    if not package_ids:
        return []
    query = sa.select(COUNT.c.place).distinct().where(COUNT.c.package_id.in_(package_ids), COUNT.c.place != "")
    return list(model.Session.execute(query.order_by(COUNT.c.place).limit(1000)).scalars())


def _find(question: Question, ids: Sequence[str], language: str, now: datetime, wanted: str) -> Found:
    open_now = _open(ids, now)
    clauses = [ENTRY.c.package_id.in_(ids), *_clauses(question, wanted), *([open_now] if question.open_now else [])]
    total, facets = _facets(clauses, open_now)
    found = Found(total, facets=facets)
    if total and question.limit and question.offset < total:
        found.rows = _page(question, clauses, wanted, language, open_now)
    return found


def _clauses(question: Question, wanted: str) -> list[Clause]:
    c = ENTRY.c
    clauses: list[Clause] = []
    if wanted:
        clauses.append(c.words.op("@@")(_tsquery(wanted)))
    if asked := lexicon.question(question.eligibility, weights="D"):
        clauses.append(c.words.op("@@")(_tsquery(asked)))
    for array, value in ((c.languages, question.language), (c.categories, question.category), (c.codes, question.code)):
        if value:
            clauses.append(array.contains([value]))
    for column, value in ((c.city, question.city), (c.organization_id, question.organization_id)):
        if value:
            clauses.append(column == value)
    if question.age is not None:
        clauses.append(sa.or_(c.minimum_age.is_(None), c.minimum_age <= question.age))
        clauses.append(sa.or_(c.maximum_age.is_(None), c.maximum_age >= question.age))
    if question.free:
        clauses.append(c.free.is_(True))
    if question.accessible:
        clauses.append(c.accessible.is_(True))
    if question.box:
        clauses.append(_near(question))
    return clauses


def _near(question: Question) -> Clause:
    """In the box; around a point, also within the distance. A place also holds what names it as its city."""
    c = ENTRY.c
    south, west, north, east = question.box or (0, 0, 0, 0)
    inside = sa.and_(c.latitude.between(south, north), c.longitude.between(west, east))
    if question.latitude is not None:
        return sa.and_(inside, _kilometres(question) <= question.distance)
    place = places()[question.place]
    names = sorted({*place.variants, place.label.fr, place.label.en})
    # What has no point is found by the name of its city; boroughs are no cities in addresses.
    if place.kind in ("city", "linked_city", "agglomeration"):
        spelt = {name for word in names for name in (word, fold(word).title())}
        return sa.or_(inside, sa.and_(c.latitude.is_(None), c.city.in_(spelt)))
    return inside


def _kilometres(question: Question) -> Clause:
    """The distance from the question's point on a sphere (haversine)."""
    latitude, longitude = question.point or (0.0, 0.0)
    f, c = sa.func, ENTRY.c
    half_lat = f.radians(c.latitude - latitude) / 2
    half_lon = f.radians(c.longitude - longitude) / 2
    part = f.power(f.sin(half_lat), 2) + f.cos(f.radians(latitude)) * f.cos(f.radians(c.latitude)) * f.power(
        f.sin(half_lon), 2
    )
    return _DIAMETER * f.asin(f.least(1.0, f.sqrt(part)))


def _open(ids: Sequence[str], now: datetime) -> Clause:
    """Open at a moment: by the ordinary week, or, for hours that have seasons or closures, by the whole rule."""
    c = ENTRY.c
    dated = model.Session.execute(
        sa.select(c.package_id, c.id, c.sheet["opening"].label("opening")).where(c.package_id.in_(ids), c.dated)
    )
    open_ids = [row.id for row in dated if openhours.is_open(openhours.Hours.of(row.opening), now)]
    weekly = sa.and_(~c.dated, c.week.op("@>")(sa.literal(openhours.minute_of_week(now), sa.Integer)))
    return sa.or_(weekly, sa.and_(c.dated, c.id == sa.any_(sa.cast(open_ids, sa.ARRAY(sa.UnicodeText)))))


def _tsquery(words: str) -> Clause:
    return sa.cast(words, TSQUERY)


def _facets(clauses: Sequence[Clause], open_now: Clause) -> tuple[int, dict[str, list[tuple[str, int]]]]:
    c = ENTRY.c
    found = (
        sa.select(
            c.city, c.languages, c.categories, c.free, c.accessible, sa.func.coalesce(open_now, False).label("now")
        )
        .where(*clauses)
        .cte("found")
    )

    def values(name: str, value: Any) -> Any:
        return sa.select(sa.literal(name).label("facet"), value.label("value"), sa.func.count().label("n")).group_by(
            value
        )

    def each(name: str, column: Any) -> Any:
        return values(name, sa.func.unnest(column))

    def flag(name: str, column: Any) -> Any:
        return (
            sa.select(sa.literal(name).label("facet"), sa.literal("true").label("value"), sa.func.count().label("n"))
            .select_from(found)
            .where(column)
        )

    statement = sa.union_all(
        sa.select(sa.literal("total"), sa.literal(""), sa.func.count()).select_from(found),
        values("city", found.c.city).where(found.c.city.is_not(None)),
        each("language", found.c.languages),
        each("category", found.c.categories),
        flag("free", found.c.free.is_(True)),
        flag("accessible", found.c.accessible.is_(True)),
        flag("open_now", found.c.now),
    )
    facets: dict[str, list[tuple[str, int]]] = {}
    for name, value, count in model.Session.execute(statement):
        facets.setdefault(name, []).append((value, count))
    total = facets.pop("total")[0][1]
    return total, {name: sorted(rows, key=lambda row: (-row[1], row[0]))[:_FACET] for name, rows in facets.items()}


def _page(
    question: Question, clauses: Sequence[Clause], wanted: str, language: str, open_now: Clause
) -> list[dict[str, Any]]:
    c = ENTRY.c
    kilometres = _kilometres(question) if question.point else sa.null()
    other = "en" if language == "fr" else "fr"
    name = sa.func.lower(sa.func.coalesce(c[f"name_{language}"], c[f"name_{other}"]))
    order: list[Any] = [name, c.id]
    if question.sort == "distance" or (question.sort == "relevance" and not wanted and question.point):
        order.insert(0, sa.nulls_last(sa.column("km")))
    elif question.sort == "relevance" and wanted:
        order.insert(0, sa.desc(sa.func.ts_rank(c.words, _tsquery(wanted))))
    rows = model.Session.execute(
        sa.select(ENTRY, kilometres.label("km"), open_now.label("now"), LISTING.c.resource_id)
        .join(LISTING, LISTING.c.package_id == c.package_id)
        .where(*clauses)
        .order_by(*order)
        .limit(question.limit)
        .offset(question.offset)
    )
    return [dict(row._mapping) for row in rows]


def names(package_ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """The names of main categories in both languages, as the directories' counts give them."""
    rows = model.Session.execute(
        sa.select(COUNT.c.category, COUNT.c.name_fr, COUNT.c.name_en)
        .where(COUNT.c.package_id.in_(package_ids), COUNT.c.place == "")
        .limit(1000)
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        known = found.setdefault(row.category, {})
        for code, name in (("fr", row.name_fr), ("en", row.name_en)):
            if name:
                known.setdefault(code, name)
    return found


def any_listing() -> bool:
    """Whether there is a directory whose dataset is live and that is not private."""
    return bool(
        model.Session.execute(
            sa.select(LISTING.c.package_id)
            .join(model.Package, model.Package.id == LISTING.c.package_id)
            .where(model.Package.state == model.State.ACTIVE, ~model.Package.private)
            .limit(1)
        ).first()
    )
