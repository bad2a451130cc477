"""Search in the directories: by need in either language, place, person and hour; and never past a closed door."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories

from ckanext.pole.directory.model import COUNT, ENTRY

ENGLISH = {"LANG": "en"}


@pytest.fixture
def directory(harvest, centre):
    """The demonstration's directory, harvested."""
    found = harvest(f"{centre.url}/hsds", "pole_directory", languages=["fr", "en"])
    job = found.run()
    assert not job["gather_error_summary"]
    assert not job["object_error_summary"]
    return found


def search(user="", **asked):
    return tk.get_action("pole_directory_search")({"user": user}, asked)


def names(found):
    return {item["name"].get("fr") or item["name"]["en"] for item in found["results"]}


def close(directory):
    """Its tier becomes `agreement`, as its custodian would write it."""
    dataset = directory.package(fq="dataset_type:dataset")
    policy = tk.get_action("pole_policy_create")(
        directory.context(),
        {
            "owner_org": dataset["owner_org"],
            "title_translated": {"fr": "Répertoire complet"},
            "terms_translated": {"fr": "Pour orienter les personnes."},
        },
    )
    closed = {"id": dataset["id"], "access_tier": "agreement", "access_policy": policy["id"]}
    tk.get_action("package_patch")(directory.context(), closed)
    return dataset


@pytest.mark.usefixtures("directory")
class TestQuestions:
    def test_a_directory_answers_bad_questions_good_ones_pages_and_filters(self, app):
        # One harvest serves all of these: it takes longer than they do together.
        self.bad_questions_name_their_field()
        self.a_need_is_found_in_both_languages()
        self.filters_narrow()
        self.near_a_place_and_a_point()
        self.pages_and_facets()
        self.names_of_classes_above()
        self.the_pages(app)

    def bad_questions_name_their_field(self):
        bad = {"age": "dix", "latitude": "45,5", "sort": "?", "place": "nulle-part", "language": "klingon", "free": "x"}
        with pytest.raises(tk.ValidationError) as caught:
            search(**bad)
        assert set(caught.value.error_dict) == {"age", "latitude", "sort", "place", "language", "free"}
        for odd in ("'", "\\", "a & | !", ":*", "\x00", "(((", "🙂", "%", "x" * 300):
            assert search(q=odd)["count"] >= 0

    def a_need_is_found_in_both_languages(self):
        french, english = search(q="dépannage alimentaire"), search(q="food bank")
        assert french["count"] > 0
        assert names(french) & names(english), (names(french), names(english))
        assert search(q="DEPANNAGES alimentaires")["count"] == french["count"]
        loose = search(q="cuisines zzzzzz")
        assert loose["relaxed"]
        assert loose["count"] > 0

    def filters_narrow(self):
        every = search(limit=100)
        assert every["count"] == model.Session.query(ENTRY).count() > 70
        for asked in ({"language": "es"}, {"language": "espagnol"}):
            found = search(limit=100, **asked)
            assert 0 < found["count"] < every["count"]
            assert all("es" in {one["code"] for one in item["languages_spoken"]} for item in found["results"])
        young = search(age=8, limit=100)
        assert young["count"] < every["count"]
        assert all((item["minimum_age"] or 0) <= 8 for item in young["results"])
        assert all(item["free"] for item in search(free="true", limit=100)["results"])
        assert all(item["accessible"] for item in search(accessible=True, limit=100)["results"])
        now = search(open_now="true", limit=100)
        assert all(item["open_now"] for item in now["results"])
        assert now["count"] == sum(bool(item["open_now"]) for item in every["results"])

    def near_a_place_and_a_point(self):
        placed = search(place="mtl-ville", limit=100, sort="distance")
        distances = [item["distance_km"] for item in placed["results"] if "distance_km" in item]
        assert distances == sorted(distances)
        near = search(latitude=45.54069, longitude=-73.58928, distance=0.2)
        assert near["count"] > 0
        assert all(item["distance_km"] <= 0.2 for item in near["results"])
        assert "distance" not in search(q="repas")["search"]

    def pages_and_facets(self):
        first, second = search(limit=10, sort="name"), search(limit=10, offset=10, sort="name")
        ids = {item["id"] for item in first["results"]}
        assert len(ids) == 10
        assert not ids & {item["id"] for item in second["results"]}
        assert search(limit=10, offset=9999)["results"] == []
        facet = first["facets"]["language"][0]
        assert set(facet["label"]) == {"fr", "en"}
        assert search(language=facet["value"])["count"] == facet["count"]
        for withheld in (item for item in search(limit=100)["results"] if item["address_withheld"]):
            assert withheld["address"] is None
            assert withheld["latitude"] is None

    def names_of_classes_above(self):
        """The classes above come from `/taxonomy_terms`, which services do not carry."""
        food = next(item for item in search()["facets"]["category"] if item["value"] == "BD")
        assert food["label"] == {"fr": "Alimentation", "en": "Food"}

    def the_pages(self, app):
        page = app.get("/directory?q=food+bank&open_now=&language=")
        assert "Dépannage" in page.body or "alimentaire" in page.body
        assert 'lang="fr"' in app.get("/fr/directory").body
        assert app.get("/repertoire?q=repas", follow_redirects=False).status_code == 302
        wrong = app.get("/directory?age=dix&q=repas", status=400)
        assert 'value="dix"' in wrong.body
        assert 'value="repas"' in wrong.body
        assert app.get("/directory?page=99999999999999999999").status_code == 200
        entry = search(q="repas")["results"][0]
        assert entry["name"]["fr"].split()[0] in app.get(f"/fr/directory/{entry['id']}").body
        assert app.get("/directory/nobody", status=404)
        assert "/directory" in app.get("/").body
        # A class that its directory does not name is a code: no filter for a person.
        assert all(item["label"]["fr"] != item["value"] for item in search()["facets"]["category"])
        model.Session.execute(COUNT.update().where(COUNT.c.category == "BD").values(name_fr=None, name_en=None))
        model.Session.commit()
        body = app.get("/fr/directory").body
        assert "category=BH" in body
        assert "category=BD" not in body


def test_a_closed_directory_is_searched_by_those_allowed_and_counted_by_everybody(directory, app):
    dataset = close(directory)
    custodian = factories.User()
    tk.get_action("organization_member_create")(
        directory.context(), {"id": dataset["owner_org"], "username": custodian["name"], "role": "member"}
    )
    stranger = factories.User()
    entry = search(custodian["name"])["results"][0]
    assert search(custodian["name"])["count"] > 70
    for user in ("", stranger["name"]):
        closed = search(user, q="repas")
        assert (closed["count"], closed["results"], closed["facets"]) == (0, [], {})
        assert [item["name"] for item in closed["closed"]] == [dataset["name"]]
        with pytest.raises(tk.NotAuthorized):
            tk.get_action("pole_directory_entry_show")({"user": user}, {"id": entry["id"]})
        counts = tk.get_action("pole_directory_counts")({"user": user}, {})
        assert any(row["services"] for row in counts["counts"])
    page = app.get("/directory").body
    assert "pole-care" in page
    assert entry["name"]["fr"] not in page
    app.get(f"/directory/{entry['id']}", status=403)
    # Private, and even its existence is nobody's business.
    tk.get_action("package_patch")(
        directory.context(), {"id": dataset["id"], "access_tier": "confidential", "private": True}
    )
    assert search("")["closed"] == []
    with pytest.raises(tk.ObjectNotFound):
        tk.get_action("pole_directory_entry_show")({"user": ""}, {"id": entry["id"]})


def test_only_what_changed_is_written_and_what_is_gone_leaves(directory, centre):
    before = {row.id: row.digest for row in model.Session.execute(ENTRY.select())}
    for feed in centre.directory.feeds.values():
        gone = feed.services[-1]["id"]
        feed.services[:] = [item for item in feed.services if item["id"] != gone]
        feed.services[0]["name"] += " zyzzyva"
    directory.run()
    after = {row.id: row.digest for row in model.Session.execute(ENTRY.select())}
    assert after.keys() < before.keys()
    changed = {id_ for id_ in after if before[id_] != after[id_]}
    assert changed == {item["id"] for item in search(q="zyzzyva")["results"]} != set()
