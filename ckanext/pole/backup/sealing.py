"""Sealing with age (age-encryption.org/v1): who makes backups holds a public key only and cannot open them.

The `age` command opens what is sealed here, and the other way round.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from typing import IO, Any

import pyrage
from pyrage import x25519


class BadKey(ValueError):
    """Not a key, or not the one that opens this file."""


def new_key() -> tuple[str, str]:
    """Draw a pair of keys.

    Returns:
        The public key (`age1…`), which seals, and the secret one (`AGE-SECRET-KEY-1…`), which opens.
    """
    identity = x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


@contextmanager
def sealed(target: BufferedIOBase, public: str) -> Iterator[IO[bytes]]:
    """Write through a seal.

    Args:
        target: where the sealed bytes go.
        public: the public key.

    Yields:
        A file to write the clear bytes to.

    Raises:
        BadKey: the key is none.
        OSError: `target` cannot be written.
    """
    try:
        recipient = x25519.Recipient.from_str(public.strip())
    except pyrage.RecipientError as error:
        raise BadKey(str(error)) from None
    with _piped("wb", lambda reader: pyrage.encrypt_io(reader, target, [recipient]), OSError) as writer:
        yield writer


@contextmanager
def opened(source: BufferedIOBase, secret: str) -> Iterator[IO[bytes]]:
    """Read through the seal.

    Args:
        source: the sealed bytes.
        secret: the secret key.

    Yields:
        A file to read the clear bytes from.

    Raises:
        BadKey: the key is none, or another one sealed the file, or the file was changed or cut short.
    """
    try:
        identity = x25519.Identity.from_str(secret.strip())
    except pyrage.IdentityError as error:
        raise BadKey(str(error)) from None
    with _piped("rb", lambda writer: pyrage.decrypt_io(source, writer, [identity]), BadKey) as reader:
        yield reader


@contextmanager
def _piped(mode: str, work: Callable[[Any], object], told: type[Exception]) -> Iterator[IO[bytes]]:
    """A pipe with `work` at its other end, in a thread; what goes wrong there is raised here, as `told`."""
    ends = os.pipe()
    ours, theirs = (ends[1], ends[0]) if mode == "wb" else ends
    failures: list[BaseException] = []

    def run() -> None:
        with os.fdopen(theirs, "rb" if mode == "wb" else "wb") as end:
            try:
                work(end)
            except BrokenPipeError:
                pass  # the echo of what happened, or of who had enough, at our end
            except BaseException as error:
                failures.append(error)

    thread = threading.Thread(target=run, name="pole-seal", daemon=True)
    thread.start()
    cause = None
    try:
        with os.fdopen(ours, mode) as end:
            yield end
    except BaseException as error:
        thread.join()
        if not failures:
            raise
        cause = error
    thread.join()
    if failures:
        # pyrage wraps what its files raise in errors of its own, of several kinds.
        raise told(str(failures[0])) from cause
