"""Confidential datasets are hidden from all but those who may; what one can open is found at the very next question."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from ckan.plugins.toolkit import NotAuthorized, ValidationError


def names(app, world, who, **query):
    """What a person finds under the test's policy."""
    wanted = {"fq": f'access_policy:"{world.policy["id"]}"', "include_private": "true", "rows": 100}
    if "mine" in query:
        wanted["fq"] += " pole_access:mine"
    answer = app.get("/api/3/action/package_search", query_string=wanted, headers=headers(world, who))
    return {dataset["name"].partition("-")[0] for dataset in answer.json["result"]["results"]}


def headers(world, who, known={}):  # noqa: B006 - a token a person for the whole test run is enough
    from ckan import model

    key = world.ids.get(who, "")
    if who and (key not in known or not model.User.get(key)):
        known[key] = world.headers(who)
    return known.get(key, {})


@pytest.fixture
def collection(world):
    """One dataset a tier."""
    short = world.policy["id"][:8]
    world.open = world.make_dataset(f"ouvert-{short}", "open", access_policy=world.policy["id"])
    world.registered = world.make_dataset(f"inscrit-{short}", "registered")
    world.agreed = world.make_dataset(f"entente-{short}", "agreement")
    world.hidden = world.make_dataset(f"secret-{short}", "confidential")
    return world


def versions(world):
    """What Solr counts up each time that it is given a document again."""
    from ckan.lib.search.common import make_connection

    wanted = f'access_policy:"{world.policy["id"]}"'
    return {doc["id"]: doc["_version_"] for doc in make_connection().search(wanted, rows=100, fl="id,_version_")}


def test_what_one_sees_and_opens_follows_each_act_and_nothing_is_indexed_again(app, collection):
    world = collection
    indexed = versions(world)
    assert len(indexed) == 4
    public, everything = {"ouvert", "inscrit", "entente"}, {"ouvert", "inscrit", "entente", "secret"}
    who = "partner_member"

    def seen():
        return names(app, world, who), names(app, world, who, mine=True)

    assert names(app, world, "") == public
    assert names(app, world, "", mine=True) == {"ouvert"}
    assert names(app, world, "custodian_member") == names(app, world, "custodian_member", mine=True) == everything
    assert seen() == (public, {"ouvert"})
    world.accept(who)
    assert seen() == (public, {"ouvert", "inscrit"})
    agreement = world.sign()
    assert seen() == (everything, everything)
    world.call("pole_agreement_suspend", "custodian_admin", id=agreement["id"], reason="Vérification")
    assert seen() == (public, {"ouvert", "inscrit"})
    world.call("pole_agreement_resume", "custodian_admin", id=agreement["id"])
    assert seen() == (everything, everything)
    world.call("pole_policy_update", "custodian_admin", id=world.policy["id"], terms_translated={"fr": "Nouveau."})
    assert seen() == (everything, {"ouvert"})
    world.accept(who)
    expire(agreement["id"])
    assert seen() == (public, {"ouvert", "inscrit"})
    assert versions(world) == indexed


def test_the_catalogue_offers_the_filter_to_those_who_have_an_account(app, world):
    offered = app.get("/en/dataset/", headers=headers(world, "outsider")).body
    assert "pole_access=mine" in offered
    assert "pole_access=mine" not in app.get("/en/dataset/").body
    chosen = app.get("/en/dataset/?pole_access=mine", headers=headers(world, "outsider")).body
    assert 'aria-current="true"' in chosen
    assert "Data that I can open" in chosen


def test_a_hidden_dataset_is_hidden_on_page_and_api_and_shown_to_its_partner(app, collection):
    world = collection
    world.sign()
    page, call = f"/dataset/{world.hidden['name']}", f"/api/3/action/package_show?id={world.hidden['id']}"
    for who, status in (("", 403), ("elsewhere_admin", 403), ("partner_member", 200), ("custodian_member", 200)):
        assert app.get(call, headers=headers(world, who), expect_errors=True).status_code == status, who
    answer = app.get(page, expect_errors=True, follow_redirects=False)
    assert answer.status_code in (302, 403, 404)
    assert world.hidden["id"] not in answer.body
    for who in ("", "elsewhere_admin"):
        with pytest.raises(NotAuthorized):
            world.call("pole_access_explain", who, id=world.hidden["resources"][0]["id"])
    assert world.call("pole_access_explain", "partner_member", id=world.hidden["id"])["code"] == "terms_required"


def test_a_page_of_twenty_closed_datasets_costs_no_statement_a_row(app, world):
    short = world.policy["id"][:8]
    few, many = (count(app, world, rows, short) for rows in (1, 20))
    assert many == few


def count(app, world, rows, short):
    """SQL statements of one API search that finds so many closed datasets, decided all."""
    from ckan import model

    from ckanext.pole.access import facts

    made = [world.make_dataset(f"ferme-{short}-{rows}-{number}") for number in range(rows)]
    ids = [dataset["resources"][0]["id"] for dataset in made]
    person = headers(world, "partner_member")
    url = f"/api/3/action/package_search?rows=20&fq=name:ferme-{short}-{rows}-* pole_access:agreement"
    app.get(url, headers=person)
    with statements() as found:
        answer = app.get(url, headers=person)
    assert answer.json["result"]["count"] == rows
    user = model.User.get(world.accounts["partner_member"])
    with statements() as decisions:
        assert {decision.code for decision in facts.decisions_on(ids, user).values()} == {"agreement_required"}
    assert len(decisions) == 2
    about_access = [text for text in found if "pole_stands(" in text]
    assert len(about_access) == 1
    assert not [text for text in found if "roles_that_cascade" in text]
    return len(found)


def test_more_than_a_thousand_organisations_and_policies_still_find(app, world):
    """Solr refuses 1,024 clauses by default; an administrator of 500 organisations has more labels than that."""
    from ckan import model

    from ckanext.pole.access import facts, labels
    from ckanext.pole.access.model import now

    who = world.newcomer(world.partner, "admin")
    fill(world, who, organisations=40, policies=1100)
    model.Session.remove()
    user = model.User.get(world.accounts[who])
    with statements() as found:
        mine = labels.PolicyLabels().get_user_dataset_labels(user)
    assert len(found) == 1
    assert len(mine) > 1024
    assert len(facts.standing(user).open_policies(now())) >= 1100
    assert "ferme" not in names(app, world, who)
    hidden = world.make_dataset(f"secret-{world.policy['id'][:8]}", "confidential")
    world.sign()
    assert names(app, world, who) == {"secret"}
    answer = app.get("/api/3/action/package_search?fq=pole_access:mine&rows=1", headers=world.headers(who))
    assert answer.status_code == 200
    assert hidden["private"] is True


def test_a_search_asks_with_short_labels_and_all_else_with_those_of_ckan(app, world):
    from ckan import model
    from ckan.tests import factories

    from ckanext.pole.access import labels

    def ring(searching):
        model.Session.remove()
        user = model.User.get(world.accounts[who])
        with labels.searching() if searching else nullcontext():
            mine = labels.PolicyLabels().get_user_dataset_labels(user)
        packs = [label for label in mine if label.startswith(".")]
        return {*mine} | {pack[at : at + 10] for pack in packs for at in range(1, len(pack), 10)}

    organisation = factories.Organization(title_translated={"fr": "Table"})["id"]
    who, label, short = world.newcomer(organisation), f"member-{organisation}", labels.short(organisation)
    dataset = {"name": f"cache-{organisation[:8]}", "title_translated": {"fr": "Caché"}, "owner_org": organisation}
    dataset = world.call("package_create", "sysadmin", notes_translated={"fr": "Note."}, access_tier="open", **dataset)
    assert {label, short} & ring(False) == {label}
    assert {label, short} & ring(True) == {short}
    world.call("package_patch", "sysadmin", id=dataset["id"], private=True)
    asked = {"fq": f'owner_org:"{organisation}"', "include_private": "true"}
    assert app.get("/api/3/action/package_search", query_string=asked).json["result"]["count"] == 0
    found = app.get("/api/3/action/package_search", query_string=asked, headers=headers(world, who)).json["result"]
    assert [one["name"] for one in found["results"]] == [dataset["name"]]


@pytest.mark.parametrize("organisations", [1, 50, 101])
def test_a_member_finds_what_each_of_her_organisations_hides_and_nothing_of_others(app, world, organisations):
    from ckan import model

    from ckanext.pole.search import indexing

    who, tag = world.newcomer(world.partner, "member"), f"tenu-{world.policy['id'][:8]}"
    made = []
    for number in range(organisations + 1):
        group = model.Group(name=f"{tag}-{organisations}-{number}", is_organization=True, type="organization")
        package = model.Package(name=f"{tag}-{organisations}-{number}", title="Tenu", private=True)
        model.Session.add_all([group, package])
        model.Session.flush()
        package.owner_org = group.id
        if number < organisations:  # the last is somebody else's
            row = {"table_id": world.ids[who], "table_name": "user", "capacity": "member"}
            model.Session.add(model.Member(group=group, **row))
        made.append(package.id)
    model.Session.commit()
    indexing.refresh(made)
    asked = {"fq": f"name:{tag}-{organisations}-*", "include_private": "true", "rows": 1000, "fl": "id"}

    def found(who):
        answer = app.get("/api/3/action/package_search", query_string=asked, headers=headers(world, who)).json["result"]
        return {one["id"] for one in answer["results"]}

    assert found(who) == set(made[:-1])
    assert found("outsider") == found("") == set()
    assert found("sysadmin") == set(made)


def test_a_policy_is_due_above_open_and_has_to_be_the_custodians_own(world):
    foreign = world.call(
        "pole_policy_create", "elsewhere_admin", owner_org=world.ids["elsewhere"],
        title_translated={"fr": "Ailleurs"}, terms_translated={"fr": "…"},
    )  # fmt: skip
    short = world.policy["id"][:8]
    closed_resource = [{"url": "https://donnees.example.org/x.csv", "access_tier": "agreement"}]
    for number, change in enumerate(
        (
            {"access_policy": ""},
            {"access_policy": foreign["id"]},
            {"access_policy": "00000000-0000-0000-0000-000000000000"},
            {"access_policy": "a\0b"},
            {"tier": "open", "resources": closed_resource},
        )
    ):
        tier = change.pop("tier", "agreement")
        with pytest.raises(ValidationError) as error:
            world.make_dataset(f"mauvais-{short}-{number}", tier, **change)
        assert "access_policy" in error.value.error_dict, change
    with pytest.raises(ValidationError):
        world.call("package_patch", "custodian_editor", id=world.dataset["id"], access_policy="")
    world.call("pole_policy_retire", "custodian_admin", id=world.policy["id"])
    world.call("package_patch", "custodian_editor", id=world.dataset["id"], notes_translated={"fr": "Autre."})
    with pytest.raises(ValidationError):
        world.make_dataset(f"retiree-{short}")


def test_a_confidential_dataset_is_private_and_stays_so_until_its_editor_opens_it(world):
    dataset = world.make_dataset(f"secret-{world.policy['id'][:8]}", "confidential", private=False)
    assert dataset["private"] is True
    less = world.call("package_patch", "custodian_editor", id=dataset["id"], access_tier="agreement")
    assert less["private"] is True
    assert world.call("package_patch", "custodian_editor", id=dataset["id"], private=False)["private"] is False


def test_the_explanation_says_why_in_both_languages_and_the_one_next_step(app, world):
    resource = world.dataset["resources"][0]["id"]

    def explain(who):
        answer = app.get(f"/api/3/action/pole_access_explain?id={resource}", headers=headers(world, who))
        return answer.json["result"]

    nobody = explain("")
    assert (nobody["allowed"], nobody["code"], nobody["next_step"]["code"]) == (False, "login_required", "log_in")
    assert nobody["reason"]["fr"] != nobody["reason"]["en"]
    assert explain("outsider")["next_step"]["code"] == "ask"
    assert explain("partner_admin")["next_step"]["code"] == "ask_agreement"
    agreement = world.sign()
    step = explain("partner_member")["next_step"]
    assert (step["code"], step["label"]["en"]) == ("accept_terms", "Read the conditions")
    assert world.policy["id"] in step["url"]
    world.accept("partner_member")
    allowed = explain("partner_member")
    assert (allowed["allowed"], allowed["agreement_id"], allowed["next_step"]) == (True, agreement["id"], None)
    assert app.get("/api/3/action/pole_access_explain?id=nulle-part", expect_errors=True).status_code == 404


def fill(world, who, organisations, policies):
    """Many organisations of one person, many policies with agreements for one of them; straight into the tables."""
    from ckan import model

    from ckanext.pole.access.model import Agreement, Policy, new_id, now

    session = model.Session
    for number in range(organisations):
        group = model.Group(name=f"org-{new_id()}", title=f"Organisation {number}", is_organization=True)
        group.type = "organization"
        session.add(group)
        session.flush()
        session.add(model.Member(table_id=world.ids[who], table_name="user", capacity="admin", group=group))
    ids = [new_id() for _ in range(policies)]
    row = {"owner_org": world.custodian, "title_translated": {"fr": "P"}, "terms_version": 1, "state": "active"}
    row |= {"purpose_translated": {}, "use_codes": [], "created": now(), "modified": now()}
    session.execute(sa.insert(Policy.__table__), [{"id": policy_id, **row} for policy_id in ids])
    dates = {"valid_from": now() - timedelta(days=1), "valid_until": now() + timedelta(days=90)}
    dates |= {"created": now(), "modified": now(), "state": "active", "org_id": group.id}
    session.execute(sa.insert(Agreement.__table__), [{"id": new_id(), "policy_id": found, **dates} for found in ids])
    session.commit()


class statements:
    """The SQL statements that the site's own connections carry out meanwhile."""

    def __enter__(self):
        from ckan import model

        self.engine, self.found = model.Session.get_bind(), []
        sa.event.listen(self.engine, "before_cursor_execute", self._note)
        return self.found

    def __exit__(self, *_):
        sa.event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, *_):
        self.found.append(statement)


def expire(agreement_id):
    from ckan import model

    from ckanext.pole.access.model import Agreement

    row = model.Session.get(Agreement, agreement_id)
    row.valid_from -= timedelta(days=900)
    row.valid_until = datetime.now(timezone.utc) - timedelta(seconds=1)
    model.Session.commit()


@pytest.fixture
def whispered(world):
    """A hidden dataset and an open one, each with a word that no other has."""
    short = world.policy["id"][:8]
    world.word, world.known = f"murmure{short}", f"annonce{short}"
    world.make_dataset(world.word, "confidential", title_translated={"fr": world.word, "en": world.word})
    world.make_dataset(world.known, "open", title_translated={"fr": world.known, "en": world.known})
    return world


@pytest.mark.parametrize("field", ["name", "title_fr", "text_fr", "text", "title_sort_fr", "spelling", "id", "tags"])
def test_no_facet_tells_words_of_what_is_hidden(app, whispered, field):
    query = {"facet.field": f'["{field}"]', "facet.mincount": 0, "facet.limit": -1, "rows": 0}
    answer = app.get("/api/3/action/package_search", query_string=query)
    assert answer.json["success"]
    assert whispered.word not in answer.body
    if field == "name":
        assert whispered.known in answer.body


@pytest.mark.parametrize(
    "asked",
    [
        {"defType": "func", "q": "docfreq(name,'{word}')", "fl": "name,score"},
        {"defType": "lucene_func", "q": "*"},
        {"boost": "docfreq(name,'{word}')", "q": "a", "fl": "score"},
        {"bf": "docfreq(name,'{word}')", "q": "a"},
        {"sort": "if(docfreq(name,'{word}'),1,0) asc"},
        {"sort": "permission_labels asc"},
        {"q": "permission\\_labels:public"},
        {"fq": "permission\\u005flabels:public"},
        {"fq": "\\p\\ermission_labels:public"},
        {"q": "public", "qf": "permission_labels^2"},
        {"q": "public", "defType": "edismax", "qf": "text permission_labels"},
    ],
)
def test_no_question_counts_what_is_hidden(app, whispered, asked):
    query = {name: value.replace("{word}", whispered.word) for name, value in asked.items()}
    answer = app.get("/api/3/action/package_search", query_string=query, expect_errors=True)
    assert answer.status_code in (400, 409)
    assert not answer.json["success"]


def test_an_answer_does_not_say_how_rare_its_words_are(app, whispered):
    query = {"q": whispered.known, "fl": "name,score", "sort": "score desc, name asc"}
    found = app.get("/api/3/action/package_search", query_string=query).json["result"]["results"]
    assert found == [{"name": whispered.known}]
