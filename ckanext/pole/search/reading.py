"""Many datasets read at once, as CKAN's index wants each of them.

`ckan.logic.package_show_default_and_custom_schemas` runs some ten statements a dataset and checks again what is stored
already. Here a batch takes one statement a table, CKAN's own functions make dicts of the rows, and checks that cannot
change a stored value are left out. A test compares what comes out, key by key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import logic, model
from ckan.lib.dictization import model_dictize, obj_list_dictize, table_dictize
from ckan.lib.plugins import lookup_package_plugin, plugin_validate
from ckan.logic.schema import default_show_package_schema
from ckan.types import Context

from ckanext.pole.search import showing
from ckanext.pole.search.documents import Both

Dict = dict[str, Any]


def pairs(ids: Sequence[str]) -> list[Both]:
    """Datasets with CKAN's default show schema applied, and with their own; those that are gone are left out."""
    reader = Reader()
    return [reader.both(dataset) for dataset in _datasets(ids)]


class Reader:
    """Shows many datasets, as CKAN's index wants each of them."""

    def __init__(self) -> None:
        self._ways: dict[str, _Way] = {}

    def both(self, dataset: Dict) -> Both:
        """A dataset with CKAN's default show schema applied, and with its own.

        Args:
            dataset: as `package_show` has it before it validates.
        """
        kind = dataset["type"]
        way = self._ways.get(kind) or self._ways.setdefault(kind, _Way(kind))
        custom = way.custom(dataset)
        logic.apply_after_dataset_show_plugins(_context(), custom)
        return _default(dataset), custom


def _context() -> Any:
    context: Any = {"ignore_auth": True, "use_cache": False, "validate": False, "user": ""}
    return context | {"session": model.Session, "model": model}


def _default(dataset: Dict) -> Dict:
    schema = default_show_package_schema()
    # One statement each, to look for another dataset of that name and for the organisation.
    schema["name"] = schema["owner_org"] = []
    # What stays as it is, and takes most of the time.
    kept: Dict = {"extras": dataset["extras"]}
    if all(map(_stays, dataset["resources"])):
        kept["resources"] = dataset["resources"]
    rest = {**dataset, **{name: [] for name in kept}}
    try:
        default = showing.shown(schema, rest)
    except showing.BeyondUs:
        default, _errors = plugin_validate(object(), _context(), rest, schema, "package_show")
    return default | {name: [dict(part) for part in parts] for name, parts in kept.items()}


class _Way:
    """How the datasets of one type are shown by their own schema.

    CKAN's way is asked about the first of them, and the short one taken for the others if it gives the same: a form's
    own `validate` may do more than its schema says.
    """

    def __init__(self, kind: str) -> None:
        self._form = lookup_package_plugin(kind)
        self._schema: Any = None
        self._short: bool | None = None

    def custom(self, dataset: Dict) -> Dict:
        """A dataset as its own schema shows it."""
        if self._short:
            try:
                return showing.shown(self._schema, dataset)
            except showing.BeyondUs:
                return self._theirs(dataset)
        found = self._theirs(dataset)
        if self._short is None:
            try:
                self._short = showing.shown(self._schema, dataset) == found
            except showing.BeyondUs:
                self._short = False
        return found

    def _theirs(self, dataset: Dict) -> Dict:
        self._schema = self._form.show_package_schema()
        # ckanext-scheming completes the schema that it is given.
        found, _errors = plugin_validate(self._form, _context(), dataset, self._schema, "package_show")
        return found


#: Fields of a resource that CKAN's default show schema leaves out when they are empty.
_LEFT_OUT = ("url", "format", "hash", "created", "datastore_active")


def _stays(resource: Dict) -> bool:
    """Whether CKAN's default show schema gives a resource back as it is."""
    if any(resource.get(name, "") is None for name in _LEFT_OUT):
        return False
    url, format_ = resource.get("url") or "", resource.get("format") or ""
    return bool(url and format_) and url == url.strip() and _clean(format_) == format_


@lru_cache(maxsize=1000)
def _clean(format_: str) -> str:
    return tk.get_validator("clean_format")(format_)  # type: ignore[call-arg]


def _datasets(ids: Sequence[str]) -> list[Dict]:
    """As `package_show` gives them before it validates (ckan.lib.dictization.model_dictize.package_dictize)."""
    package, resource = model.Package, model.resource_table
    found = model.Session.query(package).filter(package.id.in_(ids)).all()  # type: ignore[attr-defined]
    resources = _by("package_id", sa.select(resource).where(resource.c.package_id.in_(ids)))
    tags = _by("package_id", _tags(ids))
    groups = _by("table_id", _groups(ids))
    organisations = _organisations({one.owner_org for one in found if one.owner_org})
    relation = model.package_relationship_table
    subject = _by("subject_package_id", sa.select(relation).where(relation.c.subject_package_id.in_(ids)))
    objects = _by("object_package_id", sa.select(relation).where(relation.c.object_package_id.in_(ids)))
    datasets = []
    for one in found:
        context: Context = {"ignore_auth": True}
        dataset = table_dictize(one, context)
        dataset.pop("plugin_data", None)
        if dataset.get("title"):
            dataset["title"] = dataset["title"].strip()
        dataset["resources"] = model_dictize.resource_list_dictize(resources[one.id], context)
        dataset["tags"] = _tag_dicts(tags[one.id], context)
        dataset |= {"num_resources": len(dataset["resources"]), "num_tags": len(dataset["tags"])}
        dataset["extras"] = [{"key": key, "value": value} for key, value in (dataset["extras"] or {}).items()]
        context["with_capacity"] = False
        dataset["groups"] = _group_dicts(groups[one.id], context)
        owner = organisations.get(one.owner_org or "")
        dataset["organization"] = dict(owner) if owner else None
        dataset["relationships_as_subject"] = obj_list_dictize(subject[one.id], context)
        dataset["relationships_as_object"] = obj_list_dictize(objects[one.id], context)
        dataset |= {"isopen": one.isopen(), "type": one.type or "dataset", **_licence(one)}
        for item in p.PluginImplementations(p.IPackageController):
            item.read(one)
        for item in p.PluginImplementations(p.IResourceController):
            for shown in dataset["resources"]:
                item.before_resource_show(shown)
        datasets.append(dataset)
    return datasets


def _by(column: str, statement: Any) -> defaultdict[str, list[Any]]:
    """Rows by the dataset that they belong to."""
    rows: defaultdict[str, list[Any]] = defaultdict(list)
    for row in model.Session.execute(statement):
        rows[getattr(row, column)].append(row)
    return rows


def _tags(ids: Sequence[str]) -> Any:
    tag, mark = model.tag_table, model.package_tag_table
    joined = sa.select(tag, mark.c.state, mark.c.package_id).join(mark, tag.c.id == mark.c.tag_id)
    return joined.where(mark.c.package_id.in_(ids))


def _tag_dicts(rows: Sequence[Any], context: Context) -> list[Dict]:
    found = obj_list_dictize(list(rows), context, lambda tag: tag["name"])
    for tag in found:
        del tag["package_id"]
        tag["display_name"] = tag["name"]
    return found


def _groups(ids: Sequence[str]) -> Any:
    group, member = model.group_table, model.member_table
    joined = sa.select(group, member.c.capacity, member.c.table_id).join(member, group.c.id == member.c.group_id)
    return joined.where(
        member.c.table_id.in_(ids), member.c.state == model.State.ACTIVE, group.c.is_organization.is_(False)
    )


def _group_dicts(rows: Sequence[Any], context: Context) -> list[Dict]:
    found = model_dictize.group_list_dictize(rows, context, with_package_counts=False) if rows else []
    for group in found:
        group.pop("table_id", None)
    return found


def _organisations(ids: Iterable[str]) -> dict[str, Dict]:
    group = model.group_table
    rows = model.Session.execute(sa.select(group).where(group.c.id.in_(ids), group.c.state == model.State.ACTIVE))
    found = obj_list_dictize(list(rows), {})
    return {one["id"]: {key: value for key, value in one.items() if key != "extras"} for one in found}


def _licence(package: Any) -> Dict:
    dates = {
        "metadata_modified": package.metadata_modified.isoformat(),
        "metadata_created": package.metadata_created.isoformat() if package.metadata_created else None,
    }
    licence = package.license
    if licence and licence.url:
        return {**dates, "license_url": licence.url, "license_title": licence.title.split("::")[-1]}
    return {**dates, "license_title": licence.title if licence else package.license_id}
