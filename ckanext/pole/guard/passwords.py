"""What a new password must be: long, and not among those that are guessed first. CKAN's forms and actions ask here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ckan.plugins.toolkit as tk
from zxcvbn import zxcvbn

from ckanext.pole import settings

__all__ = ["user_password_validator"]

LOOKED_AT = 72
"""Characters of a password that are weighed: a longer one is no weaker, and takes time."""
_OWN = (("name",), ("fullname",), ("email",))


def strength(password: str, known: Iterable[str]) -> int:
    """How hard a password is to guess (zxcvbn: lists of leaked passwords, names, words, keyboards, dates).

    Args:
        password: the password.
        known: words that whoever guesses knows of its owner.

    Returns:
        0 to 4; 0 is guessed within a thousand tries, 4 not within ten thousand million.
    """
    return int(zxcvbn(password[:LOOKED_AT], user_inputs=[word for word in known if word])["score"])


def user_password_validator(key: tuple[str, ...], data: dict[Any, Any], errors: Any, context: Any) -> None:
    """In the place of CKAN's validator of this name, which asks for eight characters and nothing else."""
    value = data[key]
    if value is tk.missing or value == "":
        return  # whether there has to be one is another validator's question
    if not isinstance(value, str):
        errors["password",].append(tk._("A password is text."))
        return
    shortest, weakest = settings.guard_passwords()
    if len(value) < shortest:
        errors["password",].append(tk._("A password has at least {count} characters.").format(count=shortest))
        return
    own = [data[name] for name in _OWN if isinstance(data.get(name), str)]
    known = [part for text in own for part in (text, text.partition("@")[0])]
    if strength(value, [*known, tk.config["ckan.site_title"]]) < weakest:
        errors["password",].append(
            tk._("This password is guessed quickly: it is on lists of leaked ones, or like them. Take some words"
                 " that have nothing to do with one another.")
        )  # fmt: skip
