"""Sentences that are written in one place and translated when they are shown."""

from __future__ import annotations


def N_(text: str) -> str:
    """Mark an English sentence for the translators; it is translated with `tk._` where it is shown."""
    return text
