"""Tables from our codes to sentences: marked where they stand, translated when one is shown."""

from __future__ import annotations

from collections.abc import Mapping

import ckan.plugins.toolkit as tk


def N_(sentence: str) -> str:
    """Mark a sentence of a table for the catalogues (the name is gettext’s own); it stays as it is."""
    return sentence


def said(words: Mapping[str, str], code: str) -> str:
    """The sentence of a code in the page's language; the code itself where nobody named it."""
    return tk._(words[code]) if code in words else code
