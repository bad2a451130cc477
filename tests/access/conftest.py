"""A custodian, a partner, someone from elsewhere, a policy and a dataset under it."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

import pytest
from ckan.tests import helpers
from werkzeug.datastructures import FileStorage


@dataclass
class World:
    """Who there is; `accounts` by what they are."""

    accounts: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    custodian: str = ""
    partner: str = ""
    policy: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def dataset(self) -> dict[str, Any]:
        """A dataset under the policy, made when it is first needed."""
        return self.make_dataset(f"jeu-{self.policy['id'][:8]}")

    def call(self, action: str, who: str = "", **data: Any) -> Any:
        """An action as someone would call it, rights checked."""
        context = {"user": self.accounts.get(who, ""), "ignore_auth": False}
        return helpers.call_action(action, context=context, **data)

    def headers(self, who: str) -> dict[str, str]:
        """An API token of someone's."""
        if not who:
            return {}
        name = self.accounts[who]
        token = helpers.call_action("api_token_create", context={"user": name}, user=name, name=self.policy["id"])
        return {"Authorization": token["token"]}

    def newcomer(self, organisation: str = "", role: str = "member") -> str:
        """Someone new, for what would stick to the others."""
        from ckan.tests import factories

        account = factories.User()
        who = f"newcomer-{len(self.accounts)}"
        self.accounts[who], self.ids[who] = account["name"], account["id"]
        if organisation:
            helpers.call_action(
                "organization_member_create", id=organisation, username=account["name"], role=role,
                context={"user": self.accounts["sysadmin"]},
            )  # fmt: skip
        return who

    def make_policy(self, **more: Any) -> dict[str, Any]:
        details = {
            "owner_org": self.custodian,
            "title_translated": {"fr": "Partage social", "en": "Social sharing"},
            "terms_translated": {"fr": "Ne réidentifier personne.", "en": "Re-identify nobody."},
        }
        return self.call("pole_policy_create", "custodian_admin", **(details | more))

    def make_dataset(self, name: str, tier: str = "agreement", policy: str = "", **more: Any) -> dict[str, Any]:
        details = {
            "title_translated": {"fr": name}, "notes_translated": {"fr": "Note."}, "owner_org": self.custodian,
            "resources": [{"url": "https://donnees.example.org/x.csv", "name_translated": {"fr": "Tableau"}}],
        }  # fmt: skip
        if tier != "open":
            details["access_policy"] = policy or self.policy["id"]
        return self.call("package_create", "custodian_editor", name=name, access_tier=tier, **(details | more))

    def sign(self, days: float = 30, org: str = "", signer: str = "partner_admin", **more: Any) -> dict[str, Any]:
        """An agreement, drafted, proposed and signed."""
        draft = self.call(
            "pole_agreement_create", "custodian_admin", policy_id=self.policy["id"], org_id=org or self.partner,
            **({"valid_until": in_days(days)} | more),
        )  # fmt: skip
        self.call("pole_agreement_propose", "custodian_admin", id=draft["id"])
        return self.call("pole_agreement_sign", signer, id=draft["id"])

    def accept(self, who: str) -> dict[str, Any]:
        policy = self.call("pole_policy_show", who, id=self.policy["id"])
        return self.call("pole_terms_accept", who, policy_id=policy["id"], terms_sha256=policy["terms_sha256"])

    def ask(self, who: str = "outsider", **more: Any) -> dict[str, Any]:
        details = {"policy_id": self.policy["id"], "purpose": "Portrait de quartier", "use_code": "research"}
        return self.call("pole_access_request_create", who, **(details | more))

    def code(self, who: str, target: str = "") -> str:
        """The decision's code on the dataset's resource, or on another one."""
        from ckanext.pole.access import facts

        resource = target or self.dataset["resources"][0]["id"]
        decision = facts.decision_on(resource, self.accounts.get(who, ""))
        return decision.code


def in_days(days: float) -> str:
    """An instant, so many days from now."""
    return (datetime.now(timezone.utc) + timedelta(days=days)).isoformat()


#: The people of the tests in this folder: made once, and again when another test has emptied the database.
_PEOPLE: list[World] = []


def _people() -> World:
    from ckan import model
    from ckan.tests import factories

    if _PEOPLE and model.User.get(_PEOPLE[0].ids["sysadmin"]):
        return _PEOPLE[0]
    made = World()
    roles = {
        "custodian": ("custodian_admin", "custodian_editor", "custodian_member"),
        "partner": ("partner_admin", "partner_member"),
        "elsewhere": ("elsewhere_admin", "elsewhere_member"),
    }
    for org, people in roles.items():
        users = []
        for who in people:
            account = factories.User()
            made.accounts[who], made.ids[who] = account["name"], account["id"]
            users.append({"name": account["name"], "capacity": who.rpartition("_")[2]})
        made.ids[org] = factories.Organization(title_translated={"fr": org}, users=users)["id"]
    made.custodian, made.partner = made.ids["custodian"], made.ids["partner"]
    for who, make in (("outsider", factories.User), ("sysadmin", factories.Sysadmin)):
        account = make()
        made.accounts[who], made.ids[who] = account["name"], account["id"]
    _PEOPLE[:] = [made]
    return made


@pytest.fixture
def people(request, with_plugins):
    """The people, on whatever database there is; nothing is agreed yet."""
    from ckan import model

    if not _PEOPLE or not model.User.get(_PEOPLE[0].ids["sysadmin"]):
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
    yield _people()
    model.Session.rollback()
    model.Session.remove()


@pytest.fixture
def world(people):
    """The people, a policy which is this test's own."""
    made = World(dict(people.accounts), dict(people.ids), people.custodian, people.partner)
    made.policy = made.make_policy()
    return made


@dataclass
class Custodian:
    """The organisation that keeps closed data, and its people by account name."""

    world: World

    def __getattr__(self, who: str) -> str:
        accounts = self.world.accounts
        return accounts.get(f"custodian_{who}") or accounts[who]

    def create(self, name: str = "jeu", **more: Any) -> dict[str, Any]:
        """A dataset, saved by the editor as an API call is."""
        details = {"access_policy": self.world.policy["id"], "resources": [], **more}
        tier = details.pop("access_tier", "open")
        return self.world.make_dataset(f"{name}-{uuid.uuid4().hex[:8]}", tier, **details)

    @staticmethod
    def by(user: str) -> dict[str, Any]:
        """The context of a call that is checked."""
        return {"user": user, "ignore_auth": False}

    @staticmethod
    def upload(content: str = "mot\ncanari-fichier\n", name: str = "a.csv") -> FileStorage:
        """A file as a form sends it."""
        return FileStorage(io.BytesIO(content.encode()), filename=name)


@pytest.fixture
def custodian(world):
    """See `Custodian`."""
    return Custodian(world)


@pytest.fixture
def token():
    """Make a header that logs a person in."""

    def make(user):
        made = helpers.call_action("api_token_create", context={"user": user}, user=user, name=uuid.uuid4().hex)
        return {"Authorization": made["token"]}

    return make
