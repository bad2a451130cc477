"""CKAN's doors of the second factor."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.common import CKANConfig
from flask import Response

from ckanext.pole import settings
from ckanext.pole.guard.second_factor import actions, auth, entering, standing, views


@tk.blanket.actions(actions)
@tk.blanket.auth_functions(auth)
@tk.blanket.blueprints([views.pole_second_factor])
class PoleSecondFactorPlugin(p.SingletonPlugin):
    """After the right password, a code of the person's own device."""

    p.implements(p.IConfigurer)
    p.implements(p.IConfigurable)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.IAuthenticator, inherit=True)
    p.implements(p.ISignal)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        """Add the pages."""
        tk.add_template_directory(config, "templates")

    # IConfigurable

    def configure(self, config: CKANConfig) -> None:
        """Refuse to start with a role that nobody has: who was meant would go without."""
        if unknown := set(settings.second_factor_required()) - set(standing.ROLES):
            raise ValueError(f"ckanext.pole.guard.second_factor.required: {', '.join(sorted(unknown))}")

    # IMiddleware

    def make_middleware(self, app: Any, config: CKANConfig) -> Any:
        """Lead people to the code that they owe."""
        app.before_request(entering.lead)
        return app

    # IAuthenticator

    def identify_user(self, user_id: str | None = None) -> model.User | model.AnonymousUser | None:
        """A session whose code is owed is nobody's."""
        return entering.identify(user_id)

    def logout(self) -> Response | None:
        """One may log out before the code as well."""
        return entering.leave()

    # ISignal

    def get_signal_subscriptions(self) -> dict[Any, list[Any]]:
        """The beginning and the end of a session."""
        return {
            tk.signals.user_logged_in: [entering.logged_in], tk.signals.user_logged_out: [entering.logged_out]
        }  # fmt: skip
