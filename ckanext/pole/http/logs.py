"""urllib3 writes whole addresses to its log, keys included. Here they lose their secrets first."""

from __future__ import annotations

import logging

from ckanext.pole.http.urls import mask_query

_LOGGERS = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "urllib3.response")


class MaskSecrets(logging.Filter):
    """Masks the secret query values in a record's arguments; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; always true."""
        if isinstance(record.args, tuple):
            record.args = tuple(mask_query(arg) if isinstance(arg, str) and "=" in arg else arg for arg in record.args)
        return True


def mask_urllib3_logs() -> None:
    """Install the filter, once; it does no harm to what other code of this process logs through urllib3."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(existing, MaskSecrets) for existing in logger.filters):
            logger.addFilter(MaskSecrets())
