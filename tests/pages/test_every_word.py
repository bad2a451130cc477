"""Every word of every page is in the page's language.

Two nets. One hangs behind the catalogues: a sentence that no catalogue knows falls into it. The other reads pages as a
person does and picks the words that only the other language uses: it finds what never went to gettext.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import flask_babel
import pytest

_spec = importlib.util.spec_from_file_location("pole_reading", Path(__file__).with_name("reading.py"))
assert _spec is not None
assert _spec.loader is not None
reading = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reading)

#: Blueprints and rules that give no page: aliases, machines' doors, downloads.
NO_PAGES = ("api", "static", "webassets", "util", "file", "resource", "harvest_resource", "_debug_toolbar")
NO_PAGE = {
    "activity.dashboard_testing", "dataset_resource.download", "datastore.dump", "dcat.read_catalog",
    "dcat.read_dataset", "dcat.read_dataset_series", "group.member_dump", "harvester.job_abort", "harvester.refresh",
    "home.robots_txt", "home.redirect_locale", "organization.member_dump", "user.logout", "user.me",
    "user.perform_reset", "user.delete", "activity.package_changes_multiple", "activity.group_changes_multiple",
    "activity.organization_changes_multiple", "harvester.object_show",
}  # fmt: skip
#: Pages that need something of the small portal: an error in their place would be read instead, and pass.
SHOWN = ("/directory/", "/harvest/ss/report/rr", "/dataset/changes_multiple")
#: CKAN's own pages that break for everyone: what they show is our page 500.
BROKEN = ("/group/changes/", "/organization/changes/", "/group/bulk_process/")


def addresses(world):
    """Every address a person may open that this portal can answer."""
    fixed = {"resource_id": world.resource, "view_id": world.view, "source": "ss", "package_type": "dataset"}
    fixed |= {"organization": "pp", "org": "pp"}
    ids = {
        "dataset": "jj", "dataset_resource": "jj", "datastore": "jj", "xloader": "jj", "group": "aines",
        "organization": "pp", "user": "ana", "harvest": "ss", "harvester": "ss", "activity.package": "jj",
        "activity.group": "aines", "activity.organization": "pp", "activity.user": "ana", "activity.resource": "jj",
        "feeds.group": "aines", "feeds.organization": "pp",
    }  # fmt: skip
    for rule in world.app.flask_app.url_map.iter_rules():
        blueprint, name = rule.endpoint.split(".")[0], rule.endpoint.split(".")[-1]
        if "GET" not in (rule.methods or ()) or blueprint in NO_PAGES or rule.endpoint in NO_PAGE:
            continue
        if rule.rule.startswith(("/en/", "/testing", "/.well-known")):
            continue
        known = fixed | {"id": ids.get(f"{blueprint}.{name.split('_')[0]}") or ids.get(blueprint)}
        if rule.endpoint in ("activity.package_changes", "activity.package_history", "activity.resource_history"):
            known |= {"id": world.activities[0] if "changes" in name else "jj", "activity_id": world.activities[0]}
        if rule.endpoint in ("activity.organization_changes", "activity.group_changes"):
            known["id"] = world.group_activities[name.split("_")[0]]
        for id_ in world.ids.get(name.split("_")[0] if blueprint == "pole_access" else "", [known["id"]]):
            known["id"] = id_
            if all(known.get(argument) for argument in rule.arguments - set(rule.defaults or ())):
                yield re.sub(r"<(?:[^<>:]+:)?(\w+)>", lambda found, known=known: known[found[1]], rule.rule)
    yield from ("/dataset/?q=zzzz", "/dataset/?q=jardin&themes=aines", "/absent", "/dataset/absent", "/user/login?x=1")
    yield from (f"/harvest/ss/job/{job}" for job in world.jobs)
    yield from ("/access/policy/new?org=pp", f"/access/agreement/new?policy={world.ids['policy'][0]}")
    yield f"/access/request/new?policy={world.ids['policy'][0]}"
    yield "/access/desk/signe?side=partner"
    yield f"/dataset/changes_multiple?new_id={world.activities[0]}&old_id={world.activities[-1]}"
    yield from (f"/directory/{world.service}", "/directory?q=jardin", "/directory?q=zzzz&age=x")
    yield "/harvest/ss/report/rr"


@pytest.fixture(scope="module")
def foreign():
    return reading.foreign_words()


@pytest.fixture
def net(portal_in_small):
    """The net behind the French catalogues, while a test lasts."""
    with portal_in_small.app.flask_app.test_request_context("/"), flask_babel.force_locale("fr"):
        last = flask_babel.get_domain().get_translations()
    while last._fallback is not None:
        last = last._fallback
    hung = reading.Net()
    last.add_fallback(hung)
    yield hung
    last._fallback = None


def crawl(world, prefix, readers):
    """(address, who, answer) of all that answers in prose."""
    flask = world.app.flask_app
    # A page that breaks shows its error, as it does to people.
    flask.testing, flask.config["PROPAGATE_EXCEPTIONS"] = False, False
    try:
        for path in sorted(set(addresses(world))):
            for who in readers:
                headers = {"Authorization": world.tokens[who]} if who else {}
                answer = world.app.get(prefix + path, headers=headers, follow_redirects=False)
                kind = answer.headers.get("Content-Type", "")
                if answer.status_code not in (301, 302) and ("html" in kind or "xml" in kind):
                    yield path, who, answer
    finally:
        flask.testing, flask.config["PROPAGATE_EXCEPTIONS"] = True, None


# Who sees the most opens every page; what else is said to the public, no catalogue of English may lack.
@pytest.mark.parametrize(("lang", "readers"), [("fr", ("zoe", "")), ("en", ("zoe",))])
def test_every_page_speaks_one_language_and_has_one_title(portal_in_small, net, foreign, lang, readers):
    wrong, broken, untitled, opened = {}, [], set(), 0
    for path, who, answer in crawl(portal_in_small, {"fr": "", "en": "/en"}[lang], readers):
        opened += 1
        if answer.status_code >= 500 and not path.startswith(BROKEN):
            broken.append((path, who))
        elif who and answer.status_code != 200 and path.startswith(SHOWN):
            broken.append((path, who, answer.status_code))
        titles = len(re.findall(r"<h1[ >]", answer.body))
        if "<footer" in answer.body and titles != 1:
            untitled.add(f"{titles} titles of the first level: {path}")
        for text, words in reading.faults(answer.body, lang, foreign[lang]).items():
            wrong.setdefault(text, (words, path, who))
    assert opened > 150, f"only {opened} pages were opened: the crawl lost its way"
    faults = [f"{text!r}: {where}" for text, where in sorted(wrong.items())]
    found = [*map(str, broken), *sorted(untitled), *faults, *(f"no French: {said}" for said in sorted(net.caught))]
    assert not found, "\n".join(found)
