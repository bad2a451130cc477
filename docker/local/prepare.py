"""Make the databases fit the code, in one start of CKAN: migrations, the administrator, xloader's token.

Run by `./dev up` with the portal's own Python, never imported by it:
`CKAN_INI=… python prepare.py < wishes.json > outcome.json`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

XLOADER_TOKEN = "xloader"  # noqa: S105


def administrator(tk: Any, model: Any, name: str, password: str) -> None:
    """Create the system administrator, or give it back its password and rights."""
    context = {"ignore_auth": True, "user": tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]}
    user = model.User.get(name)
    if user is None:
        tk.get_action("user_create")(
            dict(context), {"name": name, "password": password, "email": f"{name}@localhost.localdomain"}
        )
        user = model.User.get(name)
    elif not user.validate_password(password):
        user.password = password
    user.sysadmin = True
    user.state = "active"
    model.Session.commit()


def xloader_token(tk: Any, known: str) -> str:
    """The API token that xloader works with: the known one while it is good, else a new one."""
    from ckan.lib.api_token import get_user_from_token

    if known and get_user_from_token(known, update_access_time=False) is not None:
        return known
    site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    context = {"ignore_auth": True, "user": site_user}
    return tk.get_action("api_token_create")(context, {"user": site_user, "name": XLOADER_TOKEN})["token"]


def main() -> None:
    """Read wishes on standard input, carry them out, print the outcome as the last line of standard output."""
    wishes = json.load(sys.stdin)

    from ckan.cli import CKANConfigLoader
    from ckan.cli.db import upgrade
    from ckan.config.middleware import make_app

    app = make_app(CKANConfigLoader(os.environ["CKAN_INI"]).get_config())
    upgrade.main(args=[], prog_name="upgrade", standalone_mode=False)

    from ckan import model
    from ckan.plugins import toolkit as tk

    outcome = {}
    with app._wsgi_app.test_request_context():  # type: ignore[attr-defined]
        if wishes.get("admin"):
            administrator(tk, model, wishes["admin"]["name"], wishes["admin"]["password"])
        if "xloader_token" in wishes:
            outcome["xloader_token"] = xloader_token(tk, wishes["xloader_token"])
        if wishes.get("reindex"):
            from ckan.lib import search

            search.rebuild(clear=True, quiet=True, defer_commit=True)
            search.commit()
    print(f"\n{json.dumps(outcome)}")


if __name__ == "__main__":
    main()
