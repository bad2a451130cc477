"""The letters of CKAN's own, which a person may get before anyone knows which language they read."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib import mailer


def test_an_invitation_speaks_both_languages(portal_in_small, post, ckan_config, monkeypatch):
    monkeypatch.setitem(ckan_config, "ckan.site_title", "Données d'ici & d'ailleurs")
    wanted = {"email": "lea@exemple.test", "group_id": "pp", "role": "member"}
    with portal_in_small.app.flask_app.test_request_context("/"):
        tk.get_action("user_invite")({"user": "zoe"}, wanted)
    (letter,) = post
    assert letter["Subject"] == "Invitation : Données d'ici & d'ailleurs · Invitation to Données d'ici & d'ailleurs"
    french, english = letter.get_content().split("---\n")[:2]
    assert "Choisissez votre mot de passe ici" in french
    assert "Choose your password here" in english
    assert french.count("/user/reset/") == english.count("/user/reset/") == 1
    assert "d'ici & d'ailleurs" in french


def test_a_new_password_is_asked_for_in_both_languages(portal_in_small, post):
    with portal_in_small.app.flask_app.test_request_context("/en/user/reset"):
        mailer.send_reset_link(model.User.get("ana"))
    (letter,) = post
    assert letter["Subject"].startswith("Nouveau mot de passe · New password")
    assert "Bonjour ana" in letter.get_content()
    assert "Hello ana" in letter.get_content()
