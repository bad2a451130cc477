"""The people's pages over HTTP: refusals and mistakes first, then what each side may do."""

from __future__ import annotations

import csv
import io
import json
import re
from urllib.parse import unquote

import pytest
from ckan import model
from ckan.plugins.toolkit import NotAuthorized
from ckan.tests import factories, helpers

TERMS = {"fr": "1. Ne jamais chercher à reconnaître une personne.", "en": "1. Never try to recognise a person."}


class World:
    """A custodian and its policy, a partner, a stranger, and each one's way to the site."""

    def __init__(self, app):
        self.app = app
        self.policy = None
        self.names = {who: factories.User()["name"] for who in ("admin", "partner", "member", "stranger")}
        self.custodian = factories.Organization(
            name="fiduciaire", title_translated={"fr": "Fiduciaire"},
            users=[{"name": self.names["admin"], "capacity": "admin"}],
        )  # fmt: skip
        self.receiver = factories.Organization(
            name="carrefour", title_translated={"fr": "Carrefour"},
            users=[
                {"name": self.names["partner"], "capacity": "admin"},
                {"name": self.names["member"], "capacity": "member"},
            ],
        )  # fmt: skip
        self.tokens = {
            who: helpers.call_action("api_token_create", context={"user": name}, user=name, name="essai")["token"]
            for who, name in self.names.items()
        }

    def begin(self, title):
        """A test's own policy."""
        self.policy = self.act(
            "admin", "pole_policy_create", owner_org=self.custodian["id"], terms_translated=TERMS,
            title_translated={"fr": title}, use_codes=["research", "no-reidentification"],
        )  # fmt: skip
        return self

    def act(self, who, action, **data):
        return helpers.call_action(action, context={"user": self.names[who], "ignore_auth": False}, **data)

    def get(self, who, path):
        headers = {"Authorization": self.tokens[who]} if who else {}
        return self.app.get(path, headers=headers, follow_redirects=False)

    def post(self, who, path, **form):
        return self.app.post(path, headers={"Authorization": self.tokens[who]}, data=form, follow_redirects=False)

    def agreement(self, *verbs):
        """An agreement between the two, after some verbs."""
        made = self.act(
            "admin", "pole_agreement_create", policy_id=self.policy["id"], org_id=self.receiver["id"],
            valid_until="2099-12-31",
        )  # fmt: skip
        for verb in verbs:
            made = self.act("partner" if verb == "sign" else "admin", f"pole_agreement_{verb}", id=made["id"])
        return made


#: The people and organisations are the same for all tests of this file; each has a policy of its own.
_KEPT: list[World] = []


@pytest.fixture
def world(with_plugins, request):
    # Another file's test may have emptied the database since.
    if not _KEPT or model.User.get(_KEPT[0].names["admin"]) is None:
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        _KEPT.clear()
        _KEPT.append(World(request.getfixturevalue("app")))
    return _KEPT[0].begin(f"Politique {request.node.name}")


def test_somebody_who_is_not_logged_in_is_led_to_the_form_and_back(world):
    answer = world.get("", "/access/desk/fiduciaire")
    assert answer.status_code == 302
    assert "/user/login" in answer.headers["Location"]
    assert unquote(answer.headers["Location"]).endswith("came_from=/access/desk/fiduciaire")


def test_a_desk_policy_or_request_of_others_is_refused_in_words(world):
    asked = world.act(
        "stranger",
        "pole_access_request_create",
        policy_id=world.policy["id"],
        purpose="Un mémoire.",
        use_code="research",
    )
    draft = world.agreement()
    refused = [
        ("stranger", "/access/desk/fiduciaire"),
        ("partner", "/access/desk/fiduciaire/agreements.csv"),
        ("partner", "/access/desk/fiduciaire/reads.csv"),
        ("partner", "/access/policy/new?org=fiduciaire"),
        ("partner", f"/access/policy/{world.policy['id']}/edit"),
        ("partner", f"/access/policy/{world.policy['id']}/retire"),
        ("stranger", f"/access/agreement/{draft['id']}"),
        ("stranger", f"/access/agreement/{draft['id']}/sign"),
        ("partner", f"/access/agreement/{draft['id']}/propose"),
        ("partner", f"/access/request/{asked['id']}"),
        ("partner", f"/access/request/{asked['id']}/approve"),
        ("stranger", f"/access/request/{asked['id']}/approve"),
    ]
    for who, path in refused:
        answer = world.get(who, path)
        assert answer.status_code == 403, path
        assert "Traceback" not in answer.body
    changed = world.post("partner", f"/access/policy/{world.policy['id']}/edit", **{"title_translated-fr": "Pris"})
    assert changed.status_code == 403
    assert (
        world.act("admin", "pole_policy_show", id=world.policy["id"])["title_translated"]
        == world.policy["title_translated"]
    )


def test_what_does_not_exist_is_not_found_in_words(world):
    for path in (
        "/access/policy/rien", "/access/policy/rien/odrl.jsonld", "/access/policy/rien/terms", "/access/agreement/rien",
        "/access/request/rien", "/access/desk/rien", "/access/request/new", "/access/request/new?dataset=rien",
        "/access/agreement/new?policy=rien", "/access/mine/withdraw/rien",
    ):  # fmt: skip
        assert world.get("admin", path).status_code == 404, path


def test_a_policy_without_french_terms_is_refused_beside_its_field_and_nothing_typed_is_lost(world):
    typed = {
        "title_translated-en": "<b>Only English</b>",
        "use_codes": "research",
        "purpose_translated-fr": "Planifier.",
    }
    answer = world.post("admin", "/access/policy/new?org=fiduciaire", **typed)
    assert answer.status_code == 422
    assert 'id="form-errors"' in answer.body
    assert 'href="#field-terms_translated-fr"' in answer.body
    assert 'id="field-title_translated-error"' in answer.body
    assert "&lt;b&gt;Only English&lt;/b&gt;" in answer.body
    assert "Planifier." in answer.body
    assert 'value="research" checked' in answer.body
    known = world.act("admin", "pole_policy_list", owner_org=world.custodian["id"])
    assert "Only English" not in json.dumps(known)


def test_a_custodian_writes_a_policy_and_an_agreement_by_forms(world):
    typed = {"title_translated-fr": "Paniers", "terms_translated-fr": "1. Planifier.", "use_codes": "service-planning"}
    made = world.post("admin", "/access/policy/new?org=fiduciaire", **typed)
    assert made.status_code == 303
    policy = made.headers["Location"].rsplit("/", 1)[-1]
    assert "Paniers" in world.get("", f"/access/policy/{policy}").body
    late = {"org_id": world.receiver["id"], "valid_from": "2031-01-01", "valid_until": "2030-12-31"}
    wrong = world.post("admin", f"/access/agreement/new?policy={policy}", **late)
    assert wrong.status_code == 422
    assert 'value="2031-01-01"' in wrong.body
    right = world.post("admin", f"/access/agreement/new?policy={policy}", **{**late, "valid_from": "2030-01-01"})
    assert right.status_code == 303
    page = world.get("admin", right.headers["Location"]).body
    assert "30 décembre 2030" not in page
    assert "31 décembre 2030" in page


def test_only_an_admin_of_the_partner_signs_and_only_what_was_read(world):
    agreement = world.agreement("propose")
    path = f"/access/agreement/{agreement['id']}/sign"
    for who in ("admin", "member", "stranger"):
        assert world.get(who, path).status_code == 403
        assert world.post(who, path, read="true", terms_sha256=world.policy["terms_sha256"]).status_code == 403
    page = world.get("partner", path)
    assert TERMS["fr"][3:] in page.body
    assert world.policy["terms_sha256"] in page.body
    assert world.post("partner", path, terms_sha256=world.policy["terms_sha256"], lang="fr").status_code == 422
    stale = world.post("partner", path, read="true", terms_sha256="0" * 64, lang="fr")
    assert stale.status_code == 422
    assert world.act("partner", "pole_agreement_show", id=agreement["id"])["state"] == "proposed"
    form = {"read": "true", "terms_sha256": world.policy["terms_sha256"], "lang": "fr"}
    assert world.post("partner", path, **form).status_code == 303
    signed = world.act("partner", "pole_agreement_show", id=agreement["id"])
    assert (signed["state"], signed["signed_lang"]) == ("active", "fr")
    assert signed["terms_sha256"] == world.policy["terms_sha256"]
    assert world.post("partner", path, **form).status_code == 403, "a second signature"


def test_an_agreement_is_suspended_with_a_reason_that_the_partner_reads(world):
    agreement = world.agreement("propose", "sign")
    path = f"/access/agreement/{agreement['id']}"
    assert world.post("admin", f"{path}/suspend").status_code == 422, "without a reason"
    assert world.post("admin", f"{path}/suspend", reason="Vérification en cours").status_code == 303
    assert "Vérification en cours" in world.get("member", path).body
    assert "Vérification en cours" not in world.get("", path).body
    assert world.post("admin", f"{path}/resume").status_code == 303
    assert world.act("admin", "pole_agreement_show", id=agreement["id"])["status"] == "active"


def test_the_register_names_organisations_and_never_people(world):
    world.agreement("propose", "sign")
    page = world.get("", "/access/").body
    assert "Carrefour" in page
    assert world.policy["title_translated"]["fr"] in page
    for name in world.names.values():
        assert name not in page


def test_an_agreement_in_preparation_is_not_in_the_register(world):
    world.agreement("propose")
    for who in ("", "partner"):
        assert world.policy["title_translated"]["fr"] not in world.get(who, "/access/").body


def test_desks_show_what_waits_on_each_side(world):
    world.act(
        "stranger",
        "pole_access_request_create",
        policy_id=world.policy["id"],
        purpose="Un mémoire.",
        use_code="research",
    )
    agreement = world.agreement("propose")
    custodian = world.get("admin", "/access/desk/fiduciaire").body
    assert "Un mémoire." in custodian
    assert "Carrefour" in custodian
    partner = world.get("partner", "/access/desk/carrefour?side=partner").body
    assert f"/access/agreement/{agreement['id']}/sign" in partner
    member = world.get("member", "/access/desk/carrefour?side=partner")
    assert member.status_code == 200
    assert f"/access/agreement/{agreement['id']}/sign" not in member.body
    for query in ("?status=zzz&sort=zzz&page=-1", "?page=99999999999999", "?status=active&page=2"):
        assert world.get("admin", f"/access/desk/fiduciaire{query}").status_code == 200


def test_a_request_lives_through_question_answer_and_approval(world):
    path = f"/access/request/new?policy={world.policy['id']}"
    empty = world.post("stranger", path, use_code="research", people="<i>Moi</i>")
    assert empty.status_code == 422
    assert 'href="#field-purpose"' in empty.body
    assert "&lt;i&gt;Moi&lt;/i&gt;" in empty.body
    made = world.post("stranger", path, purpose="Un mémoire.", use_code="research", duration_days="30")
    assert made.status_code == 303
    page = "/access/request/" + made.headers["Location"].rsplit("/", 1)[-1]
    assert world.post("admin", f"{page}/return", question="Quel quartier?").status_code == 303
    assert "Quel quartier?" in world.get("stranger", page).body
    assert world.post("stranger", f"{page}/answer", answer="Rosemont").status_code == 303
    assert world.post("admin", f"{page}/approve", grant_until="2001-01-01").status_code == 422
    assert world.post("admin", f"{page}/approve", grant_until="2099-06-30").status_code == 303
    assert "30 juin 2099" in world.get("stranger", page).body
    assert world.post("stranger", f"{page}/revoke", reason="x").status_code == 403


def test_terms_are_accepted_exported_and_withdrawn_by_their_person(world):
    path = f"/access/policy/{world.policy['id']}/terms"
    assert world.post("stranger", path, terms_sha256=world.policy["terms_sha256"]).status_code == 422
    assert world.post("stranger", path, read="true", terms_sha256="0" * 64).status_code == 422
    away = {"came_from": "https://ailleurs.exemple.test/", "read": "true", "terms_sha256": world.policy["terms_sha256"]}
    accepted = world.post("stranger", path, **away)
    assert accepted.status_code in (302, 303)
    assert "ailleurs" not in accepted.headers["Location"]
    assert world.policy["title_translated"]["fr"] in world.get("stranger", "/access/mine").body
    answer = world.get("stranger", "/access/mine/export.json")
    assert "no-store" in answer.headers["Cache-Control"]
    mine = json.loads(answer.body)
    assert mine["account"]["name"] == world.names["stranger"]
    assert world.policy["id"] in [row["policy_id"] for row in mine["acceptances"]]
    assert json.loads(world.get("member", "/access/mine/export.json").body)["acceptances"] == []
    assert world.post("stranger", f"/access/mine/withdraw/{world.policy['id']}").status_code == 303
    page = world.get("stranger", "/access/mine").body
    assert page.count(f"/access/policy/{world.policy['id']}") == 1, "the last word on a policy, once"
    assert f"/access/mine/withdraw/{world.policy['id']}" not in page


def test_machines_read_policies_and_agreements_in_odrl(world):
    agreement = world.agreement("propose", "sign")
    for path, kind in (
        (f"/access/policy/{world.policy['id']}/odrl.jsonld", "Offer"),
        (f"/access/agreement/{agreement['id']}/odrl.jsonld", "Agreement"),
    ):
        answer = world.get("", path)
        assert answer.headers["Content-Type"].startswith("application/ld+json")
        assert json.loads(answer.body)["@type"] == kind
        assert not any(name in answer.body for name in world.names.values())


def test_a_custodian_suspends_a_person_by_a_form_and_the_person_reads_why(world):
    name, desk = world.names["stranger"], "/access/desk/fiduciaire"
    for who in ("partner", "stranger"):
        assert world.get(who, f"{desk}/suspend").status_code == 403
        assert world.post(who, f"{desk}/suspend", user_id=name, reason="x").status_code == 403
    wrong = world.post("admin", f"{desk}/suspend", user_id=f"{name}x", policy_id=world.policy["id"])
    assert wrong.status_code == 422
    assert 'href="#field-reason"' in wrong.body
    assert f'value="{name}x"' in wrong.body
    form = {"user_id": name, "policy_id": world.policy["id"], "reason": "Copie publiée ailleurs"}
    assert world.post("admin", f"{desk}/suspend", **form).status_code == 303
    assert world.post("admin", f"{desk}/suspend", **form).status_code == 422, "a second time"
    shown = world.get("admin", desk).body
    assert "Copie publiée ailleurs" in shown
    assert "Copie publiée ailleurs" in world.get("stranger", "/access/mine").body
    assert "Copie publiée ailleurs" in str(world.get("stranger", "/access/mine/export.json").json["suspensions"])
    back = re.search(rf'{desk}/resume[^"]*', shown)[0].replace("&amp;", "&")
    assert world.get("partner", back).status_code == 403
    assert world.post("admin", back).status_code == 303
    assert world.get("admin", back).status_code == 404, "lifted already"
    assert "Copie publiée ailleurs" not in world.get("stranger", "/access/mine").body


def test_each_side_reads_names_and_takes_its_log_away_in_a_table_that_runs_no_formula(world):
    account = world.act("partner", "user_show", id=world.names["partner"])
    helpers.call_action("user_patch", context={"user": world.names["partner"]}, id=account["id"], fullname="=1+1 Ana")
    world.agreement("propose", "sign")
    for who, desk, side in (("admin", "fiduciaire", "custodian"), ("partner", "carrefour", "partner")):
        assert "=1+1 Ana" in world.get(who, f"/access/desk/{desk}?side={side}").body
        answer = world.get(who, f"/access/desk/{desk}/reads.csv?side={side}")
        rows = list(csv.DictReader(io.StringIO(answer.body.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}"))))
        signed = next(row for row in rows if row["event"] == "agreement.sign")
        assert (signed["user_id"], signed["user_fullname"]) == (account["id"], "'=1+1 Ana")
    for who, path in (("member", "carrefour/reads.csv?side=partner"), ("stranger", "fiduciaire/reads.csv")):
        assert world.get(who, f"/access/desk/{path}").status_code == 403


def test_an_exported_table_runs_no_formula(world):
    formula = "=HYPERLINK(1)"
    world.act("admin", "pole_policy_update", id=world.policy["id"], title_translated={"fr": formula})
    world.agreement()
    answer = world.get("admin", "/access/desk/fiduciaire/agreements.csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}"))))
    assert f"'{formula}" in [row["policy"] for row in rows]


def test_a_dataset_says_why_and_shows_one_button_to_the_next_step(world):
    dataset = world.act(
        "admin", "package_create", name="places", owner_org=world.custodian["id"], title_translated={"fr": "Places"},
        notes_translated={"fr": "Places."}, access_tier="agreement", access_policy=world.policy["id"],
        resources=[{"name_translated": {"fr": "Tableau"}, "url": "https://ailleurs.exemple.test/a.csv"}],
    )  # fmt: skip

    def panel(who):
        page = world.get(who, f"/dataset/{dataset['name']}").body
        found = re.search(r'<(section|p)[^>]* id="access".*?</\1>', page, re.DOTALL)
        return found[0] if found else ""

    assert panel("").count('class="btn') == 1
    assert f"/access/policy/{world.policy['id']}" in panel("")
    assert "/user/login" in panel("")
    assert f"/access/request/new?dataset={dataset['name']}" in panel("stranger")
    assert panel("admin") == ""
    world.agreement("propose", "sign")
    assert f"/access/policy/{world.policy['id']}/terms" in panel("member")
    world.act("member", "pole_terms_accept", policy_id=world.policy["id"], terms_sha256=world.policy["terms_sha256"])
    assert "href=" not in panel("member")
    assert "31 décembre 2099" in panel("member")


def test_the_ledger_answers_each_side_about_its_own_and_nobody_about_others(world):
    person = world.act("stranger", "user_show", id=world.names["stranger"])["id"]
    world.agreement("propose", "sign")
    rows = world.act("admin", "pole_access_log_list", owner_org="fiduciaire")
    assert rows[0]["event"] == "agreement.sign"
    older = world.act("admin", "pole_access_log_list", owner_org="fiduciaire", after=rows[0]["seq"], limit=1)
    assert older == rows[1:2]
    assert (
        world.act("partner", "pole_access_log_list", org_id="carrefour")[0]["agreement_id"] == rows[0]["agreement_id"]
    )
    assert all(row["user_id"] == person for row in world.act("stranger", "pole_access_log_list", user_id=person))
    for who, asked in (
        ("stranger", {"owner_org": "fiduciaire"}), ("member", {"org_id": "carrefour"}),
        ("partner", {"owner_org": "fiduciaire"}), ("partner", {"user_id": person}), ("stranger", {}),
    ):  # fmt: skip
        with pytest.raises(NotAuthorized):
            world.act(who, "pole_access_log_list", **asked)
