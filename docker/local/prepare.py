"""Make a site fit the code, in one start of CKAN: migrations, words of scripts, administrator, xloader's token.

Run by `./dev up` with the portal's own Python, never imported by it:
`CKAN_INI=… python prepare.py < wishes.json > outcome.json`.
"""

from __future__ import annotations

import json
import os
import sys

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.cli import CKANConfigLoader
from ckan.cli.db import upgrade
from ckan.config.middleware import make_app
from ckan.lib import search
from ckan.lib.api_token import get_user_from_token
from ckan.lib.i18n import build_js_translations
from ckan.types import Context

XLOADER_TOKEN = "xloader"  # noqa: S105


def site_context() -> Context:
    """Act as the site itself."""
    return {"ignore_auth": True, "user": tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]}


def administrator(name: str, password: str) -> None:
    """Create the system administrator, or give it back its password and rights."""
    if model.User.get(name) is None:
        details = {"name": name, "password": password, "email": f"{name}@localhost.localdomain"}
        tk.get_action("user_create")(site_context(), details)
    user = model.Session.query(model.User).filter_by(name=name).one()
    if not user.validate_password(password):
        user.password = password
    user.sysadmin = True
    user.state = model.State.ACTIVE
    model.Session.commit()


def xloader_token(known: str) -> str:
    """The API token that xloader works with: the known one while it is good, else a new one."""
    if known and get_user_from_token(known, update_access_time=False) is not None:
        return known
    context = site_context()
    return tk.get_action("api_token_create")(context, {"user": context.get("user"), "name": XLOADER_TOKEN})["token"]


def main() -> None:
    """Read wishes on standard input, carry them out, print the outcome as the last line of standard output."""
    wishes = json.load(sys.stdin)

    app = make_app(CKANConfigLoader(os.environ["CKAN_INI"]).get_config())
    upgrade.main(args=[], prog_name="upgrade", standalone_mode=False)
    build_js_translations()  # CKAN's own server does it at each start; gunicorn does not

    outcome = {}
    with app._wsgi_app.test_request_context():  # type: ignore[attr-defined]
        if wishes.get("admin"):
            administrator(wishes["admin"]["name"], wishes["admin"]["password"])
        if "xloader_token" in wishes:
            outcome["xloader_token"] = xloader_token(wishes["xloader_token"])
        if wishes.get("reindex"):
            search.rebuild(clear=True, quiet=True, defer_commit=True)
            search.commit()
    print(f"\n{json.dumps(outcome)}")


if __name__ == "__main__":
    main()
