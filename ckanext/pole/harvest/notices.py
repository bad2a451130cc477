"""Mails to the people who look after a source: a run that failed, deletions that wait, a source that went stale.

Written in both languages, once an event; the row that remembers it is locked while the mail leaves.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.lib import mailer
from ckanext.harvest.model import HarvestSource
from sqlalchemy.dialects.postgresql import insert

from ckanext.pole import settings
from ckanext.pole.harvest import runs
from ckanext.pole.harvest.model import now, overdue, run

log = logging.getLogger(__name__)

#: Days after which a source that should run by itself counts as stale: twice its own measure.
STALE_DAYS = {"ALWAYS": 2, "DAILY": 2, "WEEKLY": 14, "BIWEEKLY": 28, "MONTHLY": 62}
FAILED = (
    "Moissonnage en échec · harvest failed: {title}",
    "Le moissonnage de « {title} » a échoué. Rien n’a été supprimé.\n{problem}\n{link}\n\n"
    "The harvest of “{title}” failed. Nothing was deleted.\n{problem}\n{link}\n",
)
HELD = (
    "Suppressions à décider · deletions to decide on: {title}",
    "{held} fiches de « {title} » ont disparu à la source. Leurs jeux de données restent jusqu’à votre décision.\n"
    "{link}\n\n"
    "{held} records of “{title}” are gone at the source. Their datasets stay until you decide.\n{link}\n",
)
STALE = (
    "Source en retard · stale source: {title}",
    "« {title} » n’a pas été moissonnée avec succès depuis {days} jours.\n{link}\n\n"
    "“{title}” has not been harvested with success for {days} days.\n{link}\n",
)


def send() -> int:
    """Mail what is due.

    Returns:
        How many events were told.
    """
    return _of_runs() + _of_stale_sources()


def _of_runs() -> int:
    told = 0
    while True:
        row = model.Session.execute(
            sa.select(run)
            .where(run.c.told.is_(None), run.c.finished.is_not(None))
            .where(sa.or_(run.c.state == runs.FAILED, run.c.held > 0))
            .order_by(run.c.started)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            model.Session.rollback()
            return told
        source: Any = model.Session.get(HarvestSource, row.source_id)
        if source is not None:
            words = FAILED if row.state == runs.FAILED else HELD
            page = "report" if row.state == runs.FAILED else "held"
            _mail(source, words, page, problem=row.problem_detail or row.problem, held=row.held)
        model.Session.execute(sa.update(run).where(run.c.id == row.id).values(told=now()))
        model.Session.commit()
        told += 1


def _of_stale_sources() -> int:
    """Sources that should run by themselves and have not ended well for twice as long."""
    table: Any = sa.inspect(HarvestSource).local_table
    last = (
        sa.select(sa.func.max(run.c.finished))
        .where(run.c.source_id == table.c.id, run.c.state == runs.FINISHED)
        .scalar_subquery()
    )
    rows = model.Session.execute(
        sa.select(table.c.id, table.c.frequency, table.c.created, last.label("last"), overdue.c.told)
        .outerjoin(overdue, overdue.c.source_id == table.c.id)
        .where(table.c.active.is_(True), table.c.frequency != "MANUAL")
    ).all()
    told = 0
    for row in rows:
        days = STALE_DAYS.get(row.frequency, 62)
        since = row.last or row.created.replace(tzinfo=now().tzinfo)
        if since > now() - timedelta(days=days) or (row.told and row.told > since):
            continue
        moment = now()
        claimed = model.Session.execute(
            insert(overdue)
            .values(source_id=row.id, told=moment)
            .on_conflict_do_update(
                index_elements=[overdue.c.source_id], set_={"told": moment}, where=overdue.c.told <= since
            )
            .returning(overdue.c.source_id)
        ).scalar()
        if claimed:
            source: Any = model.Session.get(HarvestSource, row.id)
            _mail(source, STALE, "history", days=(now() - since).days)
            told += 1
        model.Session.commit()
    return told


def _mail(source: Any, words: tuple[str, str], page: str, **facts: Any) -> None:
    """Write to the administrators of the organisation that owns the source; a mail that fails is logged."""
    package = model.Session.get(model.Package, source.id)
    name = package.name if package is not None else source.id
    link = f"{settings.site_url()}/harvest/{name}/{page}"
    subject, body = (text.format(title=source.title or name, link=link, **facts) for text in words)
    for user in _keepers(package):
        try:
            mailer.mail_user(user, subject, body)
        except mailer.MailerException:
            log.warning("A notice of harvest source %s could not be mailed", source.id)


def _keepers(package: Any) -> list[Any]:
    """Administrators of the owning organisation; the portal's own where it has none."""
    members = (
        model.Session.query(model.User)
        .join(model.Member, model.Member.table_id == model.User.id)
        .filter(
            model.Member.table_name == "user",
            model.Member.group_id == (package.owner_org if package is not None else ""),
            model.Member.capacity == "admin",
            model.Member.state == model.State.ACTIVE,
            model.User.state == model.State.ACTIVE,
        )
        .all()
    )
    keepers = [user for user in members if user.email]
    if keepers:
        return keepers
    admins = model.Session.query(model.User).filter_by(sysadmin=True, state=model.State.ACTIVE).all()
    return [user for user in admins if user.email]
