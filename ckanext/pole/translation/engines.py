"""Machines that translate: what every one offers, and the one that an operator can host, LibreTranslate.

Nothing of CKAN here: an engine takes texts and gives texts. It never decides what is translated, nor where it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ckanext.pole.http import BadBody, GuardedClient, HttpProblem

#: Texts sent in one request, and their characters in all: LibreTranslate's own limits are set by its host.
MOST_TEXTS, MOST_CHARACTERS = 20, 5_000


class NoTranslation(Exception):
    """The engine gave no translation.

    Attributes:
        retry: whether the same request may succeed later (too many requests, engine down); otherwise it is the
            request or the key that is wrong.
    """

    def __init__(self, message: str, *, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


class Engine(Protocol):
    """A machine that translates between French and English."""

    @property
    def name(self) -> str:
        """What the cache calls it: another engine's texts are others."""
        ...

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """The texts in another language, in their order; raises `NoTranslation`."""
        ...


class LibreTranslate:
    """LibreTranslate's HTTP API (https://docs.libretranslate.com): `POST /translate`.

    Args:
        client: the guarded client; an engine on an internal address needs `ckanext.pole.http.allow_private`.
        url: where it answers, without `/translate`.
        key: API key; empty where the host asks for none. It goes in the body, as the API wants, and into no log.
    """

    name = "libretranslate"

    def __init__(self, client: GuardedClient, url: str, key: str = "") -> None:
        self._client, self._url, self._key = client, url.rstrip("/"), key

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """The texts in another language, in their order.

        Args:
            texts: any number; they go out in batches.
            source: `fr` or `en`.
            target: the other one.

        Raises:
            NoTranslation: nothing of it may be used.
        """
        found: list[str] = []
        for batch in batches(texts):
            found += self._ask(batch, source, target)
        return found

    def _ask(self, batch: list[str], source: str, target: str) -> list[str]:
        wanted: dict[str, Any] = {"q": batch, "source": source, "target": target, "format": "text"}
        if self._key:
            wanted["api_key"] = self._key
        try:
            # A translation only reads, so that a failed try may be repeated.
            answer = self._client.post_json(f"{self._url}/translate", wanted, repeatable=True)
        except HttpProblem as problem:
            raise NoTranslation(str(problem), retry=problem.retryable) from None
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        whole = isinstance(translated, list) and len(translated) == len(batch)
        if not whole or not all(isinstance(text, str) and text.strip() for text in translated or []):
            raise NoTranslation(str(BadBody("bad_json", self._url)), retry=False)
        return [str(text).strip() for text in translated or []]


def batches(texts: Sequence[str]) -> list[list[str]]:
    """Texts in requests of a bearable size; a text that is longer than that goes alone."""
    found: list[list[str]] = []
    size = 0
    for text in texts:
        if not found or len(found[-1]) >= MOST_TEXTS or size + len(text) > MOST_CHARACTERS:
            found.append([])
            size = 0
        found[-1].append(text)
        size += len(text)
    return found
