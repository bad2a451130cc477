"""Second factors and their recovery codes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from sqlalchemy.dialects.postgresql import insert

FACTOR = sa.Table(
    "pole_second_factor",
    tk.BaseModel.metadata,
    sa.Column("user_id", sa.ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.UnicodeText, nullable=False),
    sa.Column("sealed", sa.UnicodeText, nullable=False),
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    extend_existing=True,
)
RECOVERY = sa.Table(
    "pole_recovery_code",
    tk.BaseModel.metadata,
    sa.Column("user_id", sa.ForeignKey("pole_second_factor.user_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("digest", sa.CHAR(64), primary_key=True),
    extend_existing=True,
)


def find(user_id: str) -> Any:
    """A person's second factor; None if there is none."""
    return model.Session.execute(sa.select(FACTOR).where(FACTOR.c.user_id == user_id)).one_or_none()


def person(user_id: str, *, custodians: bool) -> tuple[model.User, str | None, bool] | None:
    """An account, the id of its second factor, and whether it answers for an organisation; one statement.

    Args:
        user_id: the account's.
        custodians: ask for the last; else it is False.
    """
    return model.Session.execute(_person(custodians), {"user_id": user_id}).one_or_none()  # type: ignore[return-value]


@cache
def _person(custodians: bool) -> Any:
    """The statement of `person`, made once: it is asked by every request of whoever is logged in."""
    answers: Any = _answers() if custodians else sa.false()
    return (
        sa.select(model.User, FACTOR.c.id, answers.label("answers"))
        .outerjoin(FACTOR, FACTOR.c.user_id == model.User.id)
        .where(model.User.id == sa.bindparam("user_id"))
    )


def without() -> list[tuple[str, bool, bool]]:
    """Active accounts of sysadmins and custodians that have no second factor.

    Returns:
        The name of each, whether it is a sysadmin's, whether it answers for an organisation; in order of names. CKAN's
        own account is left out: it has no password that anybody knows.
    """
    sysadmin, custodian = sa.func.coalesce(model.User.sysadmin, sa.false()), _answers()
    rows = model.Session.execute(
        sa.select(model.User.name, sysadmin, custodian.label("answers"))
        .outerjoin(FACTOR, FACTOR.c.user_id == model.User.id)
        .where(
            FACTOR.c.user_id.is_(None), model.User.state == "active", model.User.name != tk.config["ckan.site_id"],
            sysadmin | custodian,
        )
        .order_by(model.User.name)
    )  # fmt: skip
    return [(name, runs, answers) for name, runs, answers in rows]


def _answers() -> Any:
    """Whether an account answers for an organisation."""
    return sa.exists().where(
        model.Member.table_id == model.User.id, model.Member.table_name == "user", model.Member.capacity == "admin",
        model.Member.state == "active", model.Member.group_id == model.Group.id, model.Group.state == "active",
        model.Group.is_organization.is_(True),
    )  # fmt: skip


def add(user_id: str, sealed: str, used: int, digests: Iterable[str]) -> str | None:
    """Give an account a second factor, unless it has one.

    Args:
        user_id: the account.
        sealed: the device's secret.
        used: the step of the first code, which counts no more.
        digests: of the recovery codes.

    Returns:
        Its id; None: there was one already.
    """
    values = {"user_id": user_id, "id": str(uuid4()), "sealed": sealed, "used": used}
    made = model.Session.scalar(
        insert(FACTOR).values(values).on_conflict_do_nothing().returning(FACTOR.c.id)
    )
    if made is not None:
        add_codes(user_id, digests)
    return made


def add_codes(user_id: str, digests: Iterable[str]) -> None:
    """Put new recovery codes in the place of the old ones."""
    model.Session.execute(sa.delete(RECOVERY).where(RECOVERY.c.user_id == user_id))
    model.Session.execute(sa.insert(RECOVERY), [{"user_id": user_id, "digest": digest} for digest in digests])


def use(user_id: str, step: int) -> bool:
    """Mark the digits of a step as used; of two who come with the same ones, the first has them."""
    changed = sa.update(FACTOR).where(FACTOR.c.user_id == user_id, FACTOR.c.used < step).values(used=step)
    return _rows(changed) == 1


def use_code(user_id: str, digest: str) -> bool:
    """Strike a recovery code off; whether there was one."""
    return _rows(sa.delete(RECOVERY).where(RECOVERY.c.user_id == user_id, RECOVERY.c.digest == digest)) == 1


def codes_left(user_id: str) -> int:
    """How many recovery codes are not used yet."""
    counted = sa.select(sa.func.count()).select_from(RECOVERY).where(RECOVERY.c.user_id == user_id)
    return model.Session.scalar(counted) or 0


def remove(user_id: str) -> bool:
    """Take a second factor off, with its codes; whether there was one."""
    return _rows(sa.delete(FACTOR).where(FACTOR.c.user_id == user_id)) == 1


def _rows(statement: Any) -> int:
    return model.Session.execute(statement).rowcount  # type: ignore[attr-defined]
