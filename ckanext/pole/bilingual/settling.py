"""Settles what CKAN's validation hands to its saving, so that each text knows what it was translated from."""

from __future__ import annotations

from typing import Any

from ckan.types import Context

from ckanext.pole.bilingual import states, values

#: Context key: `{resource id, or None for the record: {(field, language), …}}` that a person has just confirmed.
CONFIRMED = "pole_confirmed"


class SettlesDatasets:
    """For a form of datasets: what is about to be stored notes what its texts were translated from."""

    def validate(self, context: Context, data_dict: dict[str, Any], schema: Any, action: str) -> Any:
        """The form's own validation, then the states; arguments as CKAN's IDatasetForm."""
        form: Any = self
        data, errors = super().validate(context, data_dict, schema, action)  # type: ignore[misc]
        ours = form._schemas.get(data_dict.get("type"))
        if not errors and action != "package_show" and _keeps_sources(ours, "dataset_fields"):
            settle_dataset(data, context)
        return data, errors


class SettlesGroups:
    """The same for a form of organisations or groups."""

    def validate(self, context: Context, data_dict: dict[str, Any], schema: Any, action: str) -> Any:
        """The form's own validation, then the states; arguments as CKAN's IGroupForm."""
        form: Any = self
        data, errors = super().validate(context, data_dict, schema, action)  # type: ignore[misc]
        ours = form._schemas.get(data_dict.get("type", form.UNSPECIFIED_GROUP_TYPE))
        if not errors and not action.endswith("_show") and _keeps_sources(ours, "fields"):
            settle_group(data, context)
        return data, errors


def settle_dataset(data: dict[str, Any], context: Context) -> None:
    """Add the fingerprints to a validated dataset and its resources.

    Args:
        data: the validated dataset; it is changed.
        context: of the action; `package` is the stored dataset, if there is one.
    """
    package = context.get("package")
    _settle_extras(data, package, context)
    kept = {resource.id: dict(resource.extras or {}) for resource in package.resources} if package is not None else {}
    for resource in data.get("resources") or []:
        found = states.settle(
            resource,
            kept.get(resource.get("id")),
            harvested=bool(context.get("pole_harvest")),
            confirmed=_confirmed(context, resource.get("id")),
        )
        resource.update({name: values.dump(text) for name, text in found.items() if text})


def settle_group(data: dict[str, Any], context: Context) -> None:
    """Add the fingerprints to a validated organisation or group; arguments as `settle_dataset`."""
    _settle_extras(data, context.get("group"), context)


def _settle_extras(data: dict[str, Any], stored: Any, context: Context) -> None:
    """The same for what CKAN keeps as extras; `stored` is the model's dataset or group, None for a new one."""
    old = dict(stored.extras or {}) if stored is not None else {}
    extras = data.setdefault("extras", [])
    new = {extra["key"]: extra["value"] for extra in extras}
    found = states.settle(new, old, harvested=bool(context.get("pole_harvest")), confirmed=_confirmed(context, None))
    fresh = {name: values.dump(text) for name, text in found.items() if text}
    data["extras"] = [extra for extra in extras if extra["key"] not in fresh]
    data["extras"] += [{"key": name, "value": text} for name, text in fresh.items()]


def _confirmed(context: Context, where: str | None) -> set[states.Pair]:
    return context.get(CONFIRMED, {}).get(where, set())


def _keeps_sources(schema: dict[str, Any] | None, part: str) -> bool:
    """A site's own schema may do without the texts' states."""
    return any(field["field_name"] == states.SOURCES for field in (schema or {}).get(part, []))
