"""CKAN as it comes: no plugin, its own Solr schema in a core of its own, its own documents and its own questions."""

from __future__ import annotations

import json
import re
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
def core(solr_url: str, name: str = CORE, configset: str = "") -> Iterator[str]:
    """A core beside the one of `solr_url`, gone afterwards. Gives its address.

    Args:
        solr_url: address of any core.
        name: of the new one.
        configset: of the new one; by default it has the schema that CKAN ships.
    """
    base = solr_url.rstrip("/").rsplit("/", 1)[0]
    home = Path(_admin(base, to="info/system")["solr_home"])
    if not home.is_dir():
        pytest.skip("SOLR IS ELSEWHERE: vanilla CKAN's core is made in its folder")
    folder = home / name
    if _admin(base, action="STATUS", core=name)["status"].get(name):
        _admin(base, action="UNLOAD", core=name, deleteIndex="true")
    shutil.rmtree(folder, ignore_errors=True)
    if not configset:
        _write_ckan_conf(folder / "conf")
    folder.mkdir(exist_ok=True)
    _admin(base, action="CREATE", name=name, instanceDir=name, **({"configSet": configset} if configset else {}))
    try:
        yield f"{base}/{name}"
    finally:
        _admin(base, action="UNLOAD", core=name, deleteIndex="true")
        shutil.rmtree(folder, ignore_errors=True)


def _write_ckan_conf(conf: Path) -> None:
    conf.mkdir(parents=True)
    shutil.copy(ckan_schema(), conf / "schema.xml")
    # The same caches and commits as ours, so that what differs is CKAN's schema, documents and questions; but as many
    # clauses in a question as Solr allows by itself.
    ours = files("ckanext.pole.config").joinpath("solr/solrconfig.xml").read_text("utf-8")
    plain = re.sub(r"(<maxBooleanClauses>)\d+", r"\g<1>1024", ours.split("<!-- Near spellings")[0] + "</config>")
    (conf / "solrconfig.xml").write_text(plain, "utf-8")
    for name in ("stopwords.txt", "synonyms.txt", "protwords.txt"):
        (conf / name).write_text("", "utf-8")


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
