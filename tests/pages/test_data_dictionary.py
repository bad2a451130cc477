"""What the columns of a table mean, in two languages: the form, its errors, and what a reader sees."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import helpers

LONG = "x" * 201


@pytest.fixture
def dictionary(portal_in_small):
    """The form of the small portal's table, filled in by its sysadmin."""
    world = portal_in_small
    headers = {"Authorization": world.tokens["zoe"]}

    def send(prefix="", **inputs):
        path = f"{prefix}/dataset/jj/dictionary/{world.resource}"
        return world.app.post(path, data=inputs, headers=headers, follow_redirects=False)

    send.world = world
    return send


def columns(world):
    found = tk.get_action("datastore_info")({"ignore_auth": True}, {"id": world.resource})["fields"]
    return {column["id"]: column.get("info", {}) for column in found}


@pytest.mark.parametrize(("prefix", "said"), [("", "Ce texte est trop long"), ("/en", "This text is too long")])
def test_an_error_says_which_column_in_the_pages_language_and_loses_nothing(dictionary, prefix, said):
    before = columns(dictionary.world)
    typed = {"info__1__label-fr": LONG, "info__1__unit": "boîtes", "info__2__label-en": 'A "<b>plot</b>"'}
    page = dictionary(prefix, **typed).body
    assert said in page
    assert page.count(LONG) == 1
    assert 'href="#column-jardin"' in page
    assert 'value="boîtes"' in page
    assert "A &#34;&lt;b&gt;plot&lt;/b&gt;&#34;" in page
    assert columns(dictionary.world) == before


def test_a_column_is_described_in_both_languages_and_read_in_each(dictionary):
    answer = dictionary(
        **{"info__1__label-fr": "Jardin", "info__1__notes-fr": "<script>alert(1)</script>Son **nom**."},
        **{"info__2__label-fr": "Parcelles", "info__2__label-en": "Allotments", "info__2__unit": "parcelles"},
    )  # fmt: skip
    assert answer.status_code == 302
    world = dictionary.world
    assert columns(world)["lots"] == {
        "label": "Parcelles",
        "label_translated": {"fr": "Parcelles", "en": "Allotments"},
        "unit": "parcelles",
    }
    path = f"/dataset/jj/resource/{world.resource}"
    french, english = world.app.get(path).body, world.app.get(f"/en{path}").body
    assert "Parcelles" in french
    assert "Allotments" not in french
    assert "<strong>nom</strong>" in french
    assert "<script>alert(1)" not in french
    assert "Allotments" in english
    assert '<span lang="fr">Jardin</span>' in english
    headers = {"Authorization": world.tokens["zoe"]}
    assert 'value="Allotments"' in world.app.get(f"/dataset/jj/dictionary/{world.resource}", headers=headers).body


def test_the_api_refuses_what_the_form_refuses(dictionary):
    wanted = {"resource_id": dictionary.world.resource, "force": True}
    for info, part in (({"label_translated": {"de": "Garten"}}, "info"), ({"unit": LONG}, "unit"), ("texte", "info")):
        fields = [{"id": "jardin", "type": "text", "info": info}, {"id": "lots", "type": "int"}]
        with pytest.raises(tk.ValidationError) as refused:
            helpers.call_action("datastore_create", fields=fields, **wanted)
        assert list(refused.value.error_dict["fields"][0]) == [part]


def test_a_column_that_nobody_described_is_created_and_answered_over_the_api(dictionary):
    world = dictionary.world
    fields = [{"id": "jardin", "type": "text"}, {"id": "lots", "type": "int"}, {"id": "mot", "type": "text"}]
    sent = {"resource_id": world.resource, "fields": fields, "force": True}
    answer = world.app.post("/api/3/action/datastore_create", json=sent, headers={"Authorization": world.tokens["zoe"]})
    assert answer.status_code == 200, answer.body
    assert "info" not in answer.json["result"]["fields"][-1]
