"""Why a record, a run or a deletion is held up: codes in the tables, sentences on pages and in mails."""

from __future__ import annotations

from ckanext.pole.bilingual.said import N_, said

_SENTENCES = {
    "unreadable": N_("The record cannot be read"),
    "invalid": N_("The record does not fit the catalogue’s form"),
    "repeated": N_("The source lists the record twice"),
    "not_written": N_("The record could not be written"),
    "taken": N_("An id of the record belongs to another dataset"),
    "internal": N_("Our own code failed on the record; the log says where"),
    "incomplete": N_("The source was not read to its end"),
    "doubtful": N_("Missing several times from a list that does not add up"),
    "too many": N_("Too many records are missing at once"),
    "elsewhere": N_("Another source owns this dataset"),
    "unusable_source": N_("The source as a whole cannot be used"),
    "stopped": N_("A person stopped the run"),
}
CODES = tuple(_SENTENCES)
_STATES = {
    "reading": N_("Reading the source"),
    "writing": N_("Writing the changes"),
    "stopped": N_("Stopped"),
    "finished": N_("Finished"),
    "failed": N_("Failed"),
}
_ACTIONS = {
    "new": N_("Added"),
    "changed": N_("Changed"),
    "restored": N_("Came back"),
    "delete": N_("Deleted"),
    "same": N_("Unchanged"),
}


def sentence(code: str) -> str:
    """A code of ours in the person's language; a code of the HTTP client's as it is, its detail says the rest."""
    return said(_SENTENCES, code)


def run_state(code: str) -> str:
    """The state of a run in the person's language."""
    return said(_STATES, code)


def action(code: str) -> str:
    """What a run did to a dataset, in the person's language."""
    return said(_ACTIONS, code)
