"""A search that failed because Solr was away, told apart from a question that Solr cannot read.

CKAN knows the first only by the words of a refused or broken connection. What stands between us and a SolrCloud says
it otherwise: 502, 503, 504, or a timeout; a node that has lost the others says 510, or 500 with these words. CKAN then
shows a list with no dataset and 200 to a person, 409 to a program.
"""

from __future__ import annotations

import re

import pysolr
from ckan.lib.search.common import SearchError, SolrConnectionError
from flask import has_request_context, request

from ckanext.pole.http.environment import AWAY

_SAID = re.compile(
    r"\(HTTP 50[234]\)|\(HTTP 510\)|[Tt]imed out|Max retries|trying to proxy request|no servers hosting shard"
)


def is_away(error: BaseException) -> bool:
    """Whether a failed search says nothing of the question, only of Solr."""
    cause = error.__context__
    if isinstance(error, SolrConnectionError):
        return True
    return isinstance(error, SearchError) and isinstance(cause, pysolr.SolrError) and bool(_SAID.search(str(cause)))


def note() -> None:
    """Tell whoever answers this request that Solr failed it, though it may be back a moment later."""
    if has_request_context():
        request.environ[AWAY] = ("solr",)


def keep_nothing() -> None:
    """Have no proxy keep what is shown of a search that failed: CKAN shows a list with no dataset, and says 200."""
    if has_request_context():
        request.environ["__no_cache__"] = True
