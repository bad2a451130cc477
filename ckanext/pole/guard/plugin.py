"""CKAN's doors of the guard."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from limits import parse
from werkzeug.middleware.proxy_fix import ProxyFix

from ckanext.pole import settings
from ckanext.pole.guard import answering, doors, forging, passwords, policy, sessions, tokens, uploading


@tk.blanket.helpers({name: getattr(module, name) for module in (answering, tokens) for name in module.__all__})
@tk.blanket.validators({"user_password_validator": passwords.user_password_validator})
class PoleGuardPlugin(tokens.Ending, p.SingletonPlugin):
    """Headers, limits on trying, passwords, nonsense texts, uploads that must not run, tokens that end."""

    p.implements(p.IConfigurer)
    p.implements(p.IConfigurable)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.ISignal)
    p.implements(p.IUploader, inherit=True)
    p.implements(p.IApiToken)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        """Add our templates; a site that is served by https never sends a cookie without it."""
        tk.add_template_directory(config, "templates")
        tk.add_resource("assets", "pole_guard")
        sessions.keep_cookies_safe(config)

    # IConfigurable

    def configure(self, config: CKANConfig) -> None:
        """Refuse to start with a source that no policy may name, or with a limit that says nothing."""
        policy.more_sources(settings.guard_sources())
        for door in settings.LIMITED:
            if limit := settings.guard_limit(door):
                parse(limit)

    # IMiddleware

    def make_middleware(self, app: Any, config: CKANConfig) -> Any:
        """Believe our own proxies, and put the headers on what leaves."""
        if proxies := settings.guard_proxies():
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)
        app.before_request(sessions.check)
        app.before_request(doors.check)
        app.before_request(forging.check)
        app.after_request(sessions.keep)
        app.after_request(answering.add_headers)
        app.after_request(answering.guard_dump)
        return app

    # IUploader

    def get_uploader(self, upload_to: str, old_filename: str | None = None) -> Any:
        """Look at a picture before it is kept."""
        return uploading.picture_uploader(upload_to, old_filename)

    def get_resource_uploader(self, data_dict: dict[str, Any]) -> Any:
        """Look at a file before it is kept."""
        return uploading.ExaminedUpload(data_dict)

    # ISignal

    def get_signal_subscriptions(self) -> dict[Any, list[Any]]:
        """What became of a try at logging in, and of a session; letters that were sent."""
        told = tk.signals
        return {
            told.user_logged_in: [doors.came_in, sessions.began], told.user_logged_out: [sessions.ended],
            told.failed_login: [doors.failed], told.request_password_reset: [doors.letter_sent],
        }  # fmt: skip
