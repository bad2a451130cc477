"""CKAN as it comes: no plugin, its own Solr schema in a core of its own, its own documents and its own questions."""

from __future__ import annotations

import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from ckanext.pole.search.configset import ckan_schema

CORE = "ckan_vanilla"


def _admin(base: str, **params: str) -> dict[str, Any]:
    address = f"{base}/admin/{params.pop('to', 'cores')}?{urllib.parse.urlencode({'wt': 'json', **params})}"
    with urllib.request.urlopen(address, timeout=60) as answer:
        return json.load(answer)


@contextmanager
def core(solr_url: str) -> Iterator[str]:
    """A core with the schema that CKAN ships, beside the one of `solr_url`; gone afterwards. Gives its address."""
    base = solr_url.rstrip("/").rsplit("/", 1)[0]
    home = Path(_admin(base, to="info/system")["solr_home"])
    if not home.is_dir():
        pytest.skip("SOLR IS ELSEWHERE: vanilla CKAN's core is made in its folder")
    folder = home / CORE
    if _admin(base, action="STATUS", core=CORE)["status"].get(CORE):
        _admin(base, action="UNLOAD", core=CORE, deleteIndex="true")
    shutil.rmtree(folder, ignore_errors=True)
    conf = folder / "conf"
    conf.mkdir(parents=True)
    shutil.copy(ckan_schema(), conf / "schema.xml")
    # The same caches and commits as ours, so that what differs is CKAN's schema, documents and questions.
    (conf / "solrconfig.xml").write_text(files("ckanext.pole.config").joinpath("solr/solrconfig.xml").read_text("utf-8")
                                         .split("<!-- Near spellings")[0] + "</config>", "utf-8")  # fmt: skip
    for name in ("stopwords.txt", "synonyms.txt", "protwords.txt"):
        (conf / name).write_text("", "utf-8")
    _admin(base, action="CREATE", name=CORE, instanceDir=CORE)
    try:
        yield f"{base}/{CORE}"
    finally:
        _admin(base, action="UNLOAD", core=CORE, deleteIndex="true")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def ckan(solr_url: str) -> Iterator[None]:
    """This very process without plugins, on another core; back to what it was afterwards."""
    import ckan.plugins as p
    import ckan.plugins.toolkit as tk

    before = {key: tk.config.get(key) for key in ("ckan.plugins", "solr_url")}
    p.unload_all()
    tk.config.update({"ckan.plugins": "", "solr_url": solr_url})
    p.load_all()
    try:
        yield
    finally:
        p.unload_all()
        tk.config.update(before)
        p.load_all()


def load_corpus(datasets: list[dict[str, Any]], organisation: str, user: str) -> None:
    """Create the datasets as a publisher would on such a site: in their first language, keywords as tags."""
    import ckan.plugins.toolkit as tk
    from ckan.lib.search import commit

    for item in datasets:
        lang = "fr" if "fr" in item["title"] else "en"
        words = (item.get("keywords") or {}).get(lang, [])
        tags = {"".join(sign for sign in word if sign.isalnum() or sign in " -_.") for word in words}
        tk.get_action("package_create")(
            {"user": user, "ignore_auth": True},
            {
                "name": item["id"],
                "owner_org": organisation,
                "title": item["title"][lang],
                "notes": (item.get("notes") or item["title"])[lang],
                "tags": [{"name": tag} for tag in sorted(tags) if len(tag) > 1],
            },
        )
    commit()
