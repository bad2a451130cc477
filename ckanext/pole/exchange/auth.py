"""Who may ask for what: `package_show` decides about a dataset, in any form."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context

__all__ = ["pole_dataset_federal"]


@tk.auth_allow_anonymous_access
def pole_dataset_federal(context: Context, data_dict: dict[str, Any]) -> AuthResult:
    """Whoever may see the dataset."""
    tk.check_access("package_show", context, {"id": str(tk.get_or_bust(data_dict, "id"))})
    return {"success": True}
