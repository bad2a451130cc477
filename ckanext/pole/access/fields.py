"""The fields of the access slice's forms, and how what was typed is read. Pure: imports nothing of CKAN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ckanext.pole.bilingual import values

#: Longer texts than this are refused by the actions; the form says so while it is typed.
LONG = 20_000


class Form(Protocol):
    """A submitted form, as werkzeug gives it."""

    def get(self, key: str, default: str = "") -> str:
        """The first value of a field."""
        ...

    def getlist(self, key: str) -> list[str]:
        """All values of a field."""
        ...


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        name: what the action calls it.
        label: its name, in the page's language.
        kind: `line`, `long`, `date`, `number`, `choice`, `checks`, `tick`, `bilingual` or `bilingual-long`.
        help: a sentence before the field.
        required: it has to be filled in.
        choices: value and label of each choice; for `checks`, groups of (title, choices).
    """

    name: str
    label: str
    kind: str = "line"
    help: str = ""
    required: bool = False
    choices: Sequence[Any] = ()


def read(form: Form, fields: Iterable[Field]) -> dict[str, Any]:
    """What a form says, under the names that the actions know; what is empty is an empty text."""
    return {field.name: _read(form, field) for field in fields}


def _read(form: Form, field: Field) -> Any:
    if field.kind.startswith("bilingual"):
        return {lang: text for lang in values.LANGUAGES if (text := form.get(f"{field.name}-{lang}", "").strip())}
    if field.kind == "checks":
        return form.getlist(field.name)
    if field.kind == "tick":
        return bool(form.get(field.name))
    return form.get(field.name, "").strip()


def without_empty(data: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was filled in, for an action that has defaults of its own."""
    return {name: value for name, value in data.items() if value not in ("", None, [], {})}


def messages(errors: Mapping[str, Any], fields: Iterable[Field]) -> list[tuple[str, str, str]]:
    """An action's errors as the summary lists them.

    Returns:
        For each: id of the field that it leads to (empty if none), the field's name, the words.
    """
    known = {field.name: field for field in fields}
    found = []
    for name, said in errors.items():
        texts = said if isinstance(said, list) else [said]
        field = known.get(name.removeprefix("__"))
        target = ""
        if field is not None:
            target = f"field-{name}-fr" if field.kind.startswith("bilingual") else f"field-{name}"
        found.append((target, field.label if field else "", " ".join(map(str, texts))))
    return found
