"""Which pages a proxy may keep for a moment, for everyone who is nobody in particular. Nothing else may be kept.

Decided twice. When a page is made: is it on the list, asked by nobody, and all that it shows open (`may_be_kept`)? When
it leaves, where nothing is added any more: is it still a page, without a cookie (`Sharing`)? Only then it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ckan.exceptions import CkanConfigurationException
from flask import Response, g, request

from ckanext.pole.access import facts
from ckanext.pole.access.decision import OPEN
from ckanext.pole.http.environment import AWAY
from ckanext.pole.shared import pole_shared_page

#: In the WSGI environment of a request whose page may be kept: for how many seconds.
KEPT = "pole.kept"
LONGEST = 300
"""Seconds that a page may be kept at most: what was withdrawn could be read for as long."""


def check(seconds: int) -> None:
    """Refuse a time that is none, or too long.

    Args:
        seconds: the setting.

    Raises:
        CkanConfigurationException: with what to change.
    """
    if not 0 <= seconds <= LONGEST:
        raise CkanConfigurationException(
            f"ckanext-pole: ckanext.pole.access.kept_seconds = {seconds}: 0 to {LONGEST}, for what was withdrawn from"
            " the catalogue can be read for as long."
        )


def may_be_kept(response: Response) -> bool:
    """Whether a proxy may keep this page; whoever asks with a header that answers depend on is no concern of this.

    CKAN's own sign against it (`__no_cache__`) counts: it stands for people who are logged in, for a session that
    holds anything, and where a view or `ckan.cache_enabled` says so.

    Args:
        response: as the view made it.
    """
    return (
        response.status_code == 200
        and response.mimetype == "text/html"
        and not response.headers.get("Cache-Control")
        and "Set-Cookie" not in response.headers
        # A page that was rendered, to which CKAN has no objection, and to which no service failed.
        and "__limit_cache_by_cookie__" in request.environ
        and not {"__no_cache__", AWAY} & request.environ.keys()
        # What somebody typed stays in no store.
        and not request.query_string
        and pole_shared_page()
        and (request.endpoint != "dataset.read" or _is_open(g.get("pkg"), g.get("pkg_dict")))
    )


def _is_open(package: Any, shown: Any) -> bool:
    """Whether everyone may read a dataset and each of its files, now: it may be closed at any moment all the same.

    Args:
        package: the dataset's row.
        shown: the dataset as its page shows it; what is asked here of its files, the page has asked already.
    """
    if package is None or not shown or package.type != "dataset" or package.state != "active" or package.private:
        return False
    if facts.decision_on_dataset(package, "").code != OPEN:
        return False
    ids = [resource["id"] for resource in shown["resources"]]
    decisions = facts.decisions_on(ids, "")
    return all(key in decisions and decisions[key].code == OPEN for key in ids)


class Sharing:
    """WSGI middleware around all others: has the last word on what a proxy may keep.

    A browser asks again each time (`max-age=0`), or somebody who has just logged in would be shown the page of before.

    Args:
        app: what is inside; `environ[KEPT]` says for how many seconds the page may be kept.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""

        def judged(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            seconds = environ.get(KEPT)
            if seconds and status.startswith("200 ") and "set-cookie" not in {name.lower() for name, _ in headers}:
                headers = [(name, value) for name, value in headers if name.lower() != "cache-control"]
                headers.append(("Cache-Control", f"public, max-age=0, must-revalidate, s-maxage={seconds}"))
            return start(status, headers, *more)

        return self.app(environ, judged)
