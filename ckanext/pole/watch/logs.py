"""Log lines as JSON, one object a line, for what gathers logs. Named by `[formatter_json]` in the ini."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime, timezone

from ckanext.pole.watch import requests

_SECRET = re.compile(
    r"(?i)((?:api[_-]?key|apikey|token|password|passwd|secret|authorization|signature|sig)[\"']?\s*[=:]\s*[\"']?)"
    r"(?:bearer\s+)?[^\s\"'&,;}]+"
)
_LOGIN_IN_URL = re.compile(r"(\w+://[^\s/:@]*:)[^\s/@]+@")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def scrubbed(text: str) -> str:
    """A text without the values of secrets, passwords in addresses and e-mail addresses."""
    return _EMAIL.sub("***@***", _LOGIN_IN_URL.sub(r"\1***@", _SECRET.sub(r"\1***", text)))


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time (UTC), level, logger, message, request number, traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        told = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrubbed(record.getMessage()),
        }
        if request := requests.current.get():
            told["request"] = request
        if record.exc_info:
            told["traceback"] = scrubbed(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


class PlainFormatter(logging.Formatter):
    """The usual line of text, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        return scrubbed(super().format(record))
