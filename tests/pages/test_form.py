"""The dataset's form over HTTP: every mistake at once, in the page's language, with nothing lost, stored or run."""

from __future__ import annotations

import re
from html import unescape

import pytest
from ckan import model

SCRIPT = '"><script>alert(1)</script>'
#: Input → what was typed in it, and what is said of it in French and in English.
WRONG = {
    "title_translated-en": ("English only", "Le texte français manque", "The French text is missing"),
    "notes_translated-fr": ("é" * 50_001, "Ce texte est trop long", "This text is too long"),
    "spatial": ('{"type": "Licorne"', "géométrie GeoJSON valide", "valid GeoJSON geometry"),
    "period_end": ("2024-05-01", "La fin vient avant le début", "The end comes before the beginning"),
    "contact_email": ("ana chez exemple", "", "is not a valid format"),
    "contact_name": (SCRIPT, "", ""),
    "themes": ("inconnu", "", ""),
}
RIGHT = {"_ckan_phase": "1", "pkg_name": "", "save": "", "name": "faux", "period_start": "2025-05-01"}


@pytest.fixture
def form(portal_in_small):
    """Send the form of a new dataset, as the partner's administrator."""
    world = portal_in_small

    def send(prefix="", **inputs):
        headers = {"Authorization": world.tokens["ana"]}
        return world.app.post(f"{prefix}/dataset/new", data=inputs, headers=headers, follow_redirects=False)

    send.world = world
    return send


@pytest.mark.parametrize(("prefix", "language"), [("", 1), ("/en", 2)])
def test_every_mistake_is_named_in_the_pages_language_and_nothing_is_lost_or_stored(form, prefix, language):
    answer = form(prefix, **RIGHT, **{name: wrong[0] for name, wrong in WRONG.items()})
    page = answer.body
    said = unescape(page)
    assert answer.status_code == 200
    for name, wrong in WRONG.items():
        assert wrong[language] in said, name
        assert wrong[0] in said or name == "themes", f"{name} was lost"
    for field in ("title_translated", "notes_translated", "spatial", "period_end", "contact_email", "themes"):
        assert re.search(rf'id="field-{field}(-\w+)?-error"', page), f"no error beside {field}"
        assert re.search(rf'href="#field-{field}', page), f"no line on top leads to {field}"
    assert "<script>alert(1)" not in page
    model.Session.rollback()
    assert model.Package.get("faux") is None


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_ten_megabytes_are_refused_before_they_are_read(form, prefix):
    answer = form(prefix, **RIGHT, **{"notes_translated-fr": "x" * 10_000_000})
    assert answer.status_code in (200, 413)
    assert ("La requête est trop grande" if not prefix else "The request is too large") in unescape(answer.body)
    model.Session.rollback()
    assert model.Package.get("faux") is None


def test_a_draft_is_seen_by_its_people_alone_before_it_is_published(form):
    texts = {"title_translated-fr": "Brouillon de parcs", "notes_translated-fr": "Des parcs."}
    owner = model.Group.get("pp").id
    answer = form(**{**RIGHT, "name": "parcs-brouillon"}, **texts, owner_org=owner)
    assert answer.status_code == 302
    app, tokens = form.world.app, form.world.tokens
    step = app.get(answer.headers["Location"], headers={"Authorization": tokens["ana"]}).body
    assert 'href="/dataset/parcs-brouillon"' in step
    own = app.get("/dataset/parcs-brouillon", headers={"Authorization": tokens["ana"]})
    assert own.status_code == 200
    assert "Brouillon</span>" in own.body
    assert app.get("/dataset/parcs-brouillon").status_code == 404
    assert "parcs-brouillon" not in app.get("/dataset/?q=parcs").body
