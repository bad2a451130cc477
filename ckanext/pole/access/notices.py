"""Letters that leave once an act is done: queued after the commit, written and sent by the background worker."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib import mailer

from ckanext.pole import settings, translations
from ckanext.pole.access import letters
from ckanext.pole.access.days import day_in_words
from ckanext.pole.bilingual import values

log = logging.getLogger(__name__)


def tell(event: str, subject_id: str) -> bool:
    """Queue the letters about an event. Call it after the commit: it reads what is stored.

    A queue that does not answer is logged: the act itself is done, and its page shows it.

    Args:
        event: a key of `letters.READERS`.
        subject_id: id of the agreement or of the request.

    Returns:
        Whether they are queued.
    """
    try:
        tk.enqueue_job(deliver, [event, subject_id], title=f"pole notice {event}")
    except Exception:
        log.exception("no letter queued about %s %s", event, subject_id)
        return False
    return True


def deliver(event: str, subject_id: str) -> int:
    """Write and send the letters about an event.

    Returns:
        How many letters left.
    """
    if not tk.config.get("smtp.server") or not tk.config.get("smtp.mail_from"):
        log.info("no letter about %s %s: smtp.server and smtp.mail_from are not both set", event, subject_id)
        return 0
    kind = event.partition("_")[0]
    action = "pole_agreement_show" if kind == "agreement" else "pole_access_request_show"
    try:
        subject = tk.get_action(action)({"ignore_auth": True, "user": ""}, {"id": subject_id})
    except tk.ObjectNotFound:
        return 0
    parts = [_letter(event, kind, subject, lang) for lang in values.LANGUAGES]
    title = " · ".join(dict.fromkeys(part.subject for part in parts))
    body = "\n\n— — —\n\n".join(part.body for part in parts)
    sent = 0
    for person in _readers(letters.READERS[event], subject):
        try:
            mailer.mail_user(person, title, body)
            sent += 1
        except mailer.MailerException as problem:
            log.warning("letter about %s %s not sent to account %s: %s", event, subject_id, person.id, problem)
    return sent


def _letter(event: str, kind: str, subject: Mapping[str, Any], lang: str) -> letters.Letter:
    policy = subject.get("policy") or {}
    reason = {
        "agreement_suspended": "suspended_reason", "agreement_terminated": "terminated_reason",
        "request_returned": "question",
    }.get(event, "reason")  # fmt: skip
    prefix = "" if lang == tk.config["ckan.locale_default"] else f"/{lang}"
    facts = {
        "policy": _text(policy, lang),
        "custodian": _text(policy.get("custodian") or subject.get("custodian"), lang),
        "partner": _text(subject.get("partner"), lang),
        "until": day_in_words(subject.get("valid_until") or subject.get("grant_until"), lang, last=True),
        "reason": subject.get(reason) or "",
        "url": f"{settings.site_url()}{prefix}/access/{kind}/{subject['id']}",
    }
    return letters.write(event, facts, translations.catalogue(lang).gettext)


def _text(thing: Mapping[str, Any] | None, lang: str) -> str:
    thing = thing or {}
    shown = values.show(thing.get("title_translated"), lang)
    return shown.text or thing.get("title") or thing.get("name") or ""


def _readers(sides: Iterable[str], subject: Mapping[str, Any]) -> list[model.User]:
    """The people to write to, each once; only accounts that are alive and have an address."""
    people: dict[str, model.User] = {}
    for side in sides:
        if side == "person":
            found = [model.User.get(subject["user_id"])]
        else:
            policy = subject.get("policy") or {}
            organisation = subject.get(side) or policy.get(side) or {}
            found = _admins(organisation.get("id") or policy.get("owner_org") or "")
        people.update({person.id: person for person in found if person is not None and _reachable(person)})
    return list(people.values())


def _admins(organisation_id: str) -> list[model.User]:
    members = (
        model.Session.query(model.User)
        .join(model.Member, model.Member.table_id == model.User.id)
        .filter(
            model.Member.group_id == organisation_id, model.Member.table_name == "user",
            model.Member.capacity == "admin", model.Member.state == "active",
        )
    )  # fmt: skip
    return members.all()


def _reachable(person: model.User) -> bool:
    return person.state == "active" and bool(person.email)
