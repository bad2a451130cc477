"""Many datasets in the search index at once.

CKAN sends one document a request and commits each; here a batch goes in one request with one commit. The document is
made as `ckan.lib.search.index.PackageSearchIndex.index_package` (CKAN 2.12) makes it, every plugin's
`before_dataset_index` is called, and a test compares the two documents key by key.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.navl.dictization_functions import MissingNullEncoder
from ckan.lib.plugins import get_permission_labels
from ckan.lib.search import index as ckan_index
from ckan.lib.search.common import SearchIndexError, make_connection
from dateutil import parser as dates
from pysolr import SolrError

from ckanext.pole.search import harvested

log = logging.getLogger(__name__)

#: Resource field → field of the document that lists it for all resources.
RESOURCE_FIELDS = {
    "name": "res_name",
    "description": "res_description",
    "format": "res_format",
    "url": "res_url",
    "resource_type": "res_type",
}

#: A dataset with CKAN's default show schema applied, and with its own.
Both = tuple[dict[str, Any], dict[str, Any]]


def send(pairs: Sequence[Both], *, commit: bool = True) -> None:
    """Put datasets in the index and make them findable.

    Args:
        pairs: as `ckan.logic.package_show_default_and_custom_schemas` gives them.
        commit: whether they are to be found at once; not even then where the site leaves commits to Solr.

    Raises:
        SearchIndexError: Solr does not answer, or refuses.
    """
    post(made(pairs), commit=commit)


def made(pairs: Sequence[Both]) -> list[dict[str, Any]]:
    """The index documents of datasets, as `post` takes them; few questions to the database for all of them.

    Args:
        pairs: as for `send`.
    """
    if not pairs:
        return []
    ids = [default["id"] for default, _custom in pairs]
    # One statement brings all datasets into the session, where the hooks find them.
    packages = {found.id: found for found in model.Session.query(model.Package).filter(model.Package.id.in_(ids))}
    labels = get_permission_labels()
    marks = harvested.marks(ids)
    documents = []
    for default, custom in pairs:
        one = document(default, custom, marks)
        package = packages.get(default["id"])
        one["permission_labels"] = labels.get_dataset_labels(package) if package is not None else []
        documents.append(one)
    return documents


def post(documents: Sequence[dict[str, Any]], *, commit: bool = True) -> None:
    """Hand documents to Solr, in one request; asks no database, so that any thread may do it.

    Raises:
        SearchIndexError: Solr does not answer, or refuses.
    """
    if not documents:
        return
    try:
        make_connection().add(docs=list(documents), commit=commit and bool(tk.config.get("ckan.search.solr_commit")))
    except (SolrError, OSError) as error:
        raise SearchIndexError(f"Solr: {str(error)[:500]}") from error


def commit() -> None:
    """Make what was sent findable, and wait until it is: CKAN's own commit answers before the searches know of it.

    Raises:
        SearchIndexError: Solr does not answer, or refuses.
    """
    try:
        make_connection().commit(waitSearcher=True)
    except (SolrError, OSError) as error:
        raise SearchIndexError(f"Solr: {str(error)[:500]}") from error


def join_segments() -> bool:
    """Have Solr join the small parts of the index, and wait for it; nothing is to do where they are few.

    A search looks up each of its words in each part and each field. Many documents sent at once leave many parts:
    100,000 datasets left 34, of which Solr answered in 4.1 ms; of ten, which took 0.4 s to make, in 3.0.

    Returns:
        Whether there are now as few as `ckanext.pole.search.segments` asks for. Solr goes on by itself when it takes
        longer than `solr_timeout`.
    """
    most = tk.config["ckanext.pole.search.segments"]
    if most <= 0:
        return False
    try:
        make_connection().optimize(commit=False, waitSearcher=True, maxSegments=most)
    except (SolrError, OSError) as error:
        log.warning("Solr has not joined the parts of its index yet: %s", str(error)[:200])
        return False
    return True


def document(
    default: dict[str, Any], custom: dict[str, Any], marks: harvested.Marks | None = None
) -> dict[str, Any]:
    """The index document of a dataset, without its permission labels.

    Args:
        default: the dataset as CKAN's default show schema gives it.
        custom: the same as its own schema gives it.
        marks: what ckanext-harvest adds to datasets; None: it is asked about this one.
    """
    doc: dict[str, Any] = dict(default)
    doc["data_dict"] = json.dumps(default)
    doc["validated_data_dict"] = json.dumps(custom, cls=MissingNullEncoder)
    if doc.get("title"):
        doc["title_string"] = doc["title"]
    _spread_extras(doc)
    doc["tags"] = [tag["name"] for tag in doc.pop("tags", [])]
    doc["groups"] = [group["name"] for group in doc.pop("groups", [])]
    doc["capacity"] = "private" if doc["private"] else "public"
    doc["organization"] = (doc.get("organization") or {}).get("name")
    resources = doc.pop("resources", [])
    wanted = {**RESOURCE_FIELDS, **{name: f"res_extras_{name}" for name in model.Resource.get_extra_columns()}}
    if resources:
        for name, field in wanted.items():
            doc[field] = [resource.get(name, "") for resource in resources]
    for name in ("relationships_as_subject", "relationships_as_object"):
        doc.pop(name, None)
    doc[ckan_index.TYPE_FIELD] = ckan_index.PACKAGE_TYPE
    doc["dataset_type"] = doc["type"]
    doc = {key: value for key, value in ((key, _dated(key, value)) for key, value in doc.items()) if value is not _DROP}
    for name in ("title", "notes", "title_string"):
        if doc.get(name):
            doc[name] = ckan_index.escape_xml_illegal_chars(doc[name])
    doc["metadata_created"] += "Z"
    doc["metadata_modified"] += "Z"
    site = tk.config.get("ckan.site_id")
    doc["site_id"] = site
    if doc.get("title"):
        doc["title"] = doc["title"].lstrip()
    doc["index_id"] = hashlib.md5(f"{doc['id']}{site}".encode()).hexdigest()  # noqa: S324  CKAN's own key
    for plugin in p.PluginImplementations(p.IPackageController):
        # A source's own dataset has a status that the plugin writes otherwise.
        if plugin.name == harvested.PLUGIN and marks is not None and not isinstance(doc.get("status"), dict):
            doc = harvested.add(doc, marks.get(doc["id"], {}))
        else:
            doc = plugin.before_dataset_index(doc)
    return doc


def simple(dataset: dict[str, Any]) -> bool:
    """Whether `document` can make it: no vocabulary's tags, no relationships."""
    tagged = any(tag.get("vocabulary_id") for tag in dataset.get("tags") or [])
    return not tagged and not dataset.get("relationships_as_subject") and not dataset.get("relationships_as_object")


_DROP = object()


def _spread_extras(doc: dict[str, Any]) -> None:
    known = {*ckan_index.RESERVED_FIELDS, *doc}
    for extra in doc.pop("extras", []):
        value = extra["value"]
        if isinstance(value, tuple | list):
            value = " ".join(map(str, value))
        key = "".join(char for char in extra["key"] if char in ckan_index.KEY_CHARS)
        doc[f"extras_{key}"] = value
        if key not in known:
            doc[key] = value


def _dated(key: str, value: Any) -> Any:
    if not key.endswith("_date"):
        return value
    if not value:
        return _DROP
    try:
        moment = dates.parse(value)
    except (dates.ParserError, OverflowError):
        return _DROP
    return moment.isoformat() + ("" if moment.tzinfo else "Z")


def forget(ids: Sequence[str]) -> None:
    """Take datasets out of the index.

    Raises:
        SearchIndexError: Solr does not answer, or refuses.
    """
    if not ids:
        return
    quoted = " ".join(f'"{id_}"' for id_ in ids)
    query = f'+entity_type:package +site_id:"{tk.config.get("ckan.site_id")}" +id:({quoted})'
    try:
        make_connection().delete(q=query, commit=bool(tk.config.get("ckan.search.solr_commit")))
    except (SolrError, OSError) as error:
        raise SearchIndexError(f"Solr: {str(error)[:500]}") from error
