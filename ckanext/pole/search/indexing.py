"""Datasets as the database has them, put in the index: many at once where that goes, else one by one."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import ckan.plugins.toolkit as tk
from ckan import logic, model

from ckanext.pole.search import documents, reading

log = logging.getLogger(__name__)


def index(ids: Sequence[str]) -> list[str]:
    """Send some datasets, without a commit; one that cannot be indexed keeps no other out.

    Args:
        ids: of the datasets; one that was purged or deleted meanwhile is left alone.

    Returns:
        The ids of those that failed, each named in the log.
    """
    try:
        others = _send(_held(ids), commit=False)
    except Exception:
        log.exception("%d datasets could not be indexed at once: one by one", len(ids))
        model.Session.rollback()
        others = list(ids)
    return [id_ for id_ in others if not _indexed(id_)]


def refresh(ids: Sequence[str]) -> None:
    """Bring the index to what the database holds of these datasets; one that was purged, or deleted, leaves the index.

    Raises:
        SearchIndexError: Solr does not answer, or refuses.
    """
    pairs = _held(ids)
    for id_ in _send(pairs, commit=True):
        logic.index_update_package({"ignore_auth": True}, id_, False)
    there = {default["id"] for default, _custom in pairs}
    documents.forget([id_ for id_ in ids if id_ not in there])


def _held(ids: Sequence[str]) -> list[documents.Both]:
    """Of some datasets those that the index holds: not what was purged, nor, as the site has it, deleted."""
    gone = {model.State.DELETED} if tk.config["ckan.search.remove_deleted_packages"] else set()
    return [pair for pair in reading.pairs(ids) if pair[0]["state"] not in gone]


def _send(pairs: Sequence[documents.Both], *, commit: bool) -> list[str]:
    """Send what goes together; the ids of the others."""
    documents.send([pair for pair in pairs if documents.simple(pair[0])], commit=commit)
    return [default["id"] for default, _custom in pairs if not documents.simple(default)]


def _indexed(id_: str) -> bool:
    try:
        logic.index_update_package({"ignore_auth": True}, id_, True)
    except tk.ObjectNotFound:
        return True  # purged meanwhile
    except Exception:
        model.Session.rollback()
        log.exception("Dataset %s could not be indexed", id_)
        return False
    return True
