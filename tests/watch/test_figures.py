"""What Prometheus reads, from the tests' own database."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ckan import model
from ckan.tests import factories

from ckanext.pole.harvest import model as tables

pytestmark = [pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")]


def figures():
    from prometheus_client.parser import text_string_to_metric_families

    from ckanext.pole.watch.metrics import exposition

    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(exposition().decode())
        for sample in family.samples
    }


def test_requests_searches_and_stores_are_counted(app, monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    factories.Dataset(owner_org=factories.Organization()["id"])
    moment = datetime.now(timezone.utc)
    one = {"id": "moisson", "source_id": "source", "state": "finished", "started": moment, "new": 3, "same": 4}
    model.Session.execute(tables.run.insert().values(one))
    model.Session.commit()
    before = figures()
    app.get("/api/3/action/package_search")
    app.get("/no-such-page", status=404)
    after = figures()

    def more(name, **labels):
        key = (name, tuple(sorted(labels.items())))
        return after.get(key, 0) - before.get(key, 0)

    assert more("pole_requests_total", method="GET", endpoint="api.action", status="200") == 1
    lost = {key for key in after if key[0] == "pole_requests_total" and ("status", "404") in key[1]}
    assert sum(after[key] - before.get(key, 0) for key in lost) == 1
    assert more("pole_search_seconds_count") == 1
    assert after["pole_datasets", (("state", "public"),)] == 1
    assert after["pole_harvest_records_day", (("fate", "new"),)] == 3
    assert after["pole_harvest_records_day", (("fate", "same"),)] == 4
    assert ("pole_queue_depth", (("queue", "harvest gather"),)) in after


def test_a_method_that_nobody_knows_makes_no_figure_of_its_own():
    from ckanext.pole.watch import metrics

    metrics.observe("BREW", "home.index", 405, 0.001)
    assert not any(dict(labels).get("method") == "BREW" for _, labels in figures())
    assert any(dict(labels).get("method") == "other" for _, labels in figures())
