"""Datasets as the database has them, put in the index: many at once where that goes, else one by one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

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
        pairs = [pair for pair in reading.pairs(ids) if _belongs(pair[0])]
        documents.send([pair for pair in pairs if documents.simple(pair[0])], commit=False)
        others = [default["id"] for default, _ in pairs if not documents.simple(default)]
    except Exception:
        log.exception("%d datasets could not be indexed at once: one by one", len(ids))
        model.Session.rollback()
        others = list(ids)
    return [id_ for id_ in others if not _indexed(id_)]


def refresh(ids: Sequence[str]) -> None:
    """Bring the index to what the database holds of these datasets; one deleted or purged leaves the index.

    Raises:
        SearchIndexError: Solr does not answer, or refuses.
    """
    pairs = [pair for pair in reading.pairs(ids) if pair[0]["state"] == model.State.ACTIVE]
    documents.send([pair for pair in pairs if documents.simple(pair[0])])
    for default, _custom in pairs:
        if not documents.simple(default):
            logic.index_update_package({"ignore_auth": True}, default["id"], False)
    there = {default["id"] for default, _custom in pairs}
    documents.forget([id_ for id_ in ids if id_ not in there])


def _belongs(dataset: dict[str, Any]) -> bool:
    """Whether the index holds a dataset in this state."""
    return dataset["state"] != model.State.DELETED or not tk.config["ckan.search.remove_deleted_packages"]


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
