"""The answer of a search, which becomes JSON in a fifth of the time.

CKAN's API asks what it writes for `for_json`, and takes a `RawJSON` as it stands; its own `LazyJSONObject` uses that
for rows of tables. A page of twenty datasets is a hundred thousand letters: a millisecond of ten by simplejson.
"""

from __future__ import annotations

from typing import Any

import msgspec
from simplejson import RawJSON


def _as_text(value: Any) -> str:
    """A text of its own kind, such as Jinja's; what else is no JSON is left to CKAN, which knows how to write it."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(type(value).__name__)


_ENCODER = msgspec.json.Encoder(enc_hook=_as_text, decimal_format="number")


class Answer(dict[str, Any]):
    """A dict like any other, which knows its JSON."""

    def for_json(self) -> RawJSON | dict[str, Any]:
        """What simplejson writes in its place: the same JSON, letters with accents as they are.

        Returns:
            Text that is JSON; a plain dict where something in it is nothing that JSON has.
        """
        try:
            return RawJSON(_ENCODER.encode(self).decode())
        except (TypeError, ValueError):  # UnicodeEncodeError is one: half a character
            return dict(self)
