"""Why a person may or may not read, and what to do next."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.logic import validate
from ckan.types import Context, DataDict

from ckanext.pole.access import facts, schema, words
from ckanext.pole.access.acting import actor

__all__ = ["pole_access_explain"]


@tk.side_effect_free
@validate(schema.one)
def pole_access_explain(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say whether one may read some data, why, and the next step, in French and in English.

    Args:
        context: CKAN's.
        data_dict: `id` of a dataset (id or name; of its own tier) or of a resource.

    Returns:
        allowed, code, reason {fr, en}, next_step {code, label {fr, en}, url} or None, tier, valid_until, and the ids of
        the policy, agreement and request that it rests on.
    """
    resource = model.Resource.get(data_dict["id"])
    package = resource.package if resource is not None else model.Package.get(data_dict["id"])
    if package is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    tk.check_access("pole_access_explain", context, data_dict)
    person = facts.asker(context)
    if resource is not None:
        decision = facts.decision_on(resource, person)
    else:
        decision = facts.decision_on_dataset(package, person)
    return words.explain(decision, actor(context), package.name)
