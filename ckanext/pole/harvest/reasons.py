"""Why a record, a run or a deletion is held up: codes in the tables, sentences on pages and in mails."""

from __future__ import annotations

import ckan.plugins.toolkit as tk

CODES = (
    "unreadable", "invalid", "repeated", "not_written", "taken", "internal", "incomplete", "doubtful",
    "too many", "elsewhere", "unusable_source", "stopped",
)  # fmt: skip


def sentence(code: str) -> str:
    """A code of ours in the person's language; a code of the HTTP client's as it is, its detail says the rest."""
    sentences = {
        "unreadable": tk._("The record cannot be read"),
        "invalid": tk._("The record does not fit the catalogue’s form"),
        "repeated": tk._("The source lists the record twice"),
        "not_written": tk._("The record could not be written"),
        "taken": tk._("An id of the record belongs to another dataset"),
        "internal": tk._("Our own code failed on the record; the log says where"),
        "incomplete": tk._("The source was not read to its end"),
        "doubtful": tk._("Missing several times from a list that does not add up"),
        "too many": tk._("Too many records are missing at once"),
        "elsewhere": tk._("Another source owns this dataset"),
        "unusable_source": tk._("The source as a whole cannot be used"),
        "stopped": tk._("A person stopped the run"),
    }
    return sentences.get(code, code)


def run_state(code: str) -> str:
    """The state of a run in the person's language."""
    return {
        "reading": tk._("Reading the source"),
        "writing": tk._("Writing the changes"),
        "stopped": tk._("Stopped"),
        "finished": tk._("Finished"),
        "failed": tk._("Failed"),
    }.get(code, code)


def action(code: str) -> str:
    """What a run did to a dataset, in the person's language."""
    return {
        "new": tk._("Added"),
        "changed": tk._("Changed"),
        "restored": tk._("Came back"),
        "delete": tk._("Deleted"),
        "same": tk._("Unchanged"),
    }.get(code, code)
