"""The machine's round: what lacks a language gets a machine's text, marked as one, that a person confirms later."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.pole import due, settings
from ckanext.pole.bilingual import values
from ckanext.pole.bilingual.settling import CONFIRMED
from ckanext.pole.http import GuardedClient, Limits, user_agent
from ckanext.pole.translation import model as store
from ckanext.pole.translation import wishes
from ckanext.pole.translation.engines import Engine, LibreTranslate, NoTranslation, batches

log = logging.getLogger(__name__)

#: The environment variable that holds the engine's key; a setting would show it to whoever reads the ini file.
KEY = "POLE_SECRET_TRANSLATOR"
PAGE = 50


def enqueue_due() -> bool:
    """Queue a round if an engine is set and none was queued lately; called at each round of the scheduler."""
    if not tk.config["ckanext.pole.translator.url"]:
        return False
    interval = tk.config["ckanext.pole.translator.interval"]
    return due.enqueue("translation:queued", interval, translate_waiting, title="Machine translation")


def translate_waiting() -> dict[str, int]:
    """Translate what waits, page after page; ends early when the engine asks for patience.

    Returns:
        How many texts were asked of the engine, and how many datasets were written.
    """
    url = tk.config["ckanext.pole.translator.url"]
    if not url:
        return {"asked": 0, "written": 0}
    limits = Limits(
        user_agent=user_agent(settings.harvest_contact() or settings.site_url()),
        allow_private=tuple(settings.http_allow_private()),
    )
    with GuardedClient(limits) as client:
        return _round(LibreTranslate(client, url, os.environ.get(KEY, "")))


def _round(engine: Engine) -> dict[str, int]:
    done = {"asked": 0, "written": 0}
    for datasets in _pages():
        try:
            for target in values.LANGUAGES:
                done["asked"] += _make(engine, datasets, target)
        except NoTranslation as problem:
            log.warning("Machine translation stops for now: %s", problem)
            break
        finally:
            done["written"] += sum(_write(engine, dataset["id"]) for dataset in datasets)
    return done


def _make(engine: Engine, datasets: list[dict[str, Any]], target: str) -> int:
    """Ask for the texts that nobody asked for before; each batch is kept as soon as it is there."""
    wanted = list(dict.fromkeys(wish.source for found in datasets for wish in wishes.of(found) if wish.lang == target))
    known = store.known(engine.name, target, wanted)
    missing = [source for source in wanted if source not in known]
    for batch in batches(missing):
        try:
            made = engine.translate(batch, values.OTHER[target], target)
        except NoTranslation as problem:
            if problem.retry:
                raise
            log.warning("Texts that the engine refuses: %s", problem)
            continue
        store.keep(engine.name, target, dict(zip(batch, made, strict=True)))
    return len(missing)


def _write(engine: Engine, name: str) -> bool:
    """Put what the table knows into a dataset as it is now, not as it was when the engine was asked."""
    dataset = _show(name)
    if dataset is None:
        return False
    found = list(wishes.of(dataset))
    known = {
        lang: store.known(engine.name, lang, [wish.source for wish in found if wish.lang == lang])
        for lang in values.LANGUAGES
    }
    made = [wish for wish in found if wish.source in known[wish.lang]]
    confirmed: dict[str | None, set[tuple[str, str]]] = {}
    for wish in made:
        wishes.fulfil(wish, known[wish.lang][wish.source])
        confirmed.setdefault(wish.resource, set()).add((wish.field, wish.lang))
    if not made:
        return False
    try:
        context: Any = {**_context(), CONFIRMED: confirmed}
        tk.get_action("package_update")(context, dataset)
    except tk.ValidationError as problem:
        log.warning("Dataset %s refuses its machine translation: %s", name, sorted(problem.error_dict))
        return False
    return True


def _pages() -> Iterator[list[dict[str, Any]]]:
    """The datasets that lack a text, a page at a time.

    Each page begins after the last id of the one before: writing takes datasets off the list, so that a page by its
    number would skip others.
    """
    wanted = '+dataset_type:dataset +pole_translation_state:("fr:missing" OR "en:missing" OR "fr:stale" OR "en:stale")'
    search = {"q": "*:*", "rows": PAGE, "sort": "id asc", "include_private": True}
    after = ""
    while found := tk.get_action("package_search")(_context(), {**search, "fq": wanted + after})["results"]:
        yield found
        after = f' +id:{{"{found[-1]["id"]}" TO *]'


def _show(name: str) -> dict[str, Any] | None:
    try:
        context: Any = {**_context(), "use_cache": False}
        return tk.get_action("package_show")(context, {"id": name})
    except tk.ObjectNotFound:
        return None


def _context() -> Any:
    """The site's own user; a dataset that was harvested may lack its French."""
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    return {"user": user["name"], "ignore_auth": True, "pole_harvest": True}
