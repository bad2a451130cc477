"""Actions of the vault: saving datasets, and the address of a closed resource for those who answer for it."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict

from ckanext.pole.access import credentials, ledger, saving, vault

__all__ = ["package_create", "package_update", "pole_location_show", "pole_location_update"]


@tk.chained_action
def package_create(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; the addresses of closed resources go to the vault."""
    return saving.create(next_action, context, data_dict)


@tk.chained_action
def package_update(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; the addresses of closed resources go to the vault, those of opened ones come back."""
    return saving.update(next_action, context, data_dict)


@tk.side_effect_free
def pole_location_show(context: Context, data_dict: DataDict) -> dict[str, str]:
    """Where the data of a closed resource really are.

    Args:
        context: CKAN's.
        data_dict: `id` of the resource.

    Returns:
        `resource_id`, `url`, `credential_ref`; the resource's own address where it is not kept apart.

    Raises:
        ckan.plugins.toolkit.ObjectNotFound: no such resource.
        ckan.plugins.toolkit.NotAuthorized: the person may not edit the dataset.
    """
    identity = tk.get_or_bust(data_dict, "id")
    # Our database refuses a NUL in a text with an error, not with an empty answer.
    resource = model.Resource.get(identity) if isinstance(identity, str) and "\0" not in identity else None
    if resource is None or resource.state == model.State.DELETED:
        raise tk.ObjectNotFound(tk._("Resource was not found."))
    tk.check_access("pole_location_show", context, {"id": resource.id})
    found = vault.location_of(resource) or {"url": resource.url or "", "credential_ref": ""}
    return {"resource_id": resource.id, **found}


def pole_location_update(context: Context, data_dict: DataDict) -> dict[str, str]:
    """Change where the data of a closed resource are, or with which credential they are fetched.

    Args:
        context: CKAN's.
        data_dict: `id` of the resource; `url`; `credential_ref`, the name of a credential that the operator put into
            the environment for that address (see `credentials`), empty for none.

    Returns:
        As `pole_location_show`.

    Raises:
        ckan.plugins.toolkit.ValidationError: the resource is not closed, or the credential is not for that address.
        ckan.plugins.toolkit.ObjectNotFound: no such resource.
        ckan.plugins.toolkit.NotAuthorized: the person may not edit the dataset.
    """
    before = pole_location_show(context, data_dict)
    identity = before["resource_id"]
    tk.check_access("pole_location_update", context, {"id": identity})
    url = data_dict.get("url", before["url"])
    name = data_dict.get("credential_ref", before["credential_ref"]) or ""
    if not isinstance(url, str) or not isinstance(name, str):
        raise tk.ValidationError({"url": [tk._("Not an address")]})
    if vault.location_of(model.Resource.get(identity)) is None:
        raise tk.ValidationError({"id": [tk._("This resource is open: its address is that of its file")]})
    if name and not credentials.fits(name, url):
        raise tk.ValidationError({"credential_ref": [tk._("There is no such credential for this address")]})
    if url != before["url"]:
        inside: Context = {"user": context.get("user", ""), "ignore_auth": bool(context.get("ignore_auth"))}
        tk.get_action("resource_patch")(inside, {"id": identity, "url": url})
    if name != before["credential_ref"] or url != before["url"]:
        model.Session.execute(
            sa.update(vault.LOCATION).where(vault.LOCATION.c.resource_id == identity).values(credential_ref=name)
        )
        user = model.User.get(context.get("user") or "")
        ledger.record(
            "location.credential", session=model.Session, user_id=user.id if user is not None else "",
            resource_id=identity, details={"credential": name},
        )  # fmt: skip
        model.repo.commit()
    return pole_location_show(context, {"id": identity})
