"""`ckan pole harvest run|preview|report|resume`: a harvest from a terminal, in this process."""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
import click
from ckan import model
from ckan.types import Context
from ckanext.harvest import queue
from ckanext.harvest.logic import HarvestJobExists
from ckanext.harvest.model import HarvestJob, HarvestSource

from ckanext.pole.harvest import consumer, objects, runs
from ckanext.pole.harvest.changes import Tally
from ckanext.pole.harvest.importing import BATCH

COUNTS = (
    "records", "new", "changed", "same", "left_out", "duplicates", "quarantined", "missing", "held", "written",
    "deleted", "failed",
)  # fmt: skip


@click.command("run")
@click.argument("source")
def run(source: str) -> None:
    """Moissonne SOURCE ici et maintenant · harvest SOURCE here and now.

    SOURCE is the name or the id of a harvest source. Another run of it is waited for.
    """
    row = _source(source)
    try:
        job_id = tk.get_action("harvest_job_create")(_context(), {"source_id": row.id, "run": False})["id"]
    except HarvestJobExists:
        raise click.ClickException(
            "Un moissonnage de cette source est en cours · a run of this source is at work"
        ) from None
    job: Any = model.Session.get(HarvestJob, job_id)
    job.status = "Running"
    model.Session.commit()
    _work(row, job_id)


@click.command("resume")
@click.argument("source")
def resume(source: str) -> None:
    """Reprend le moissonnage arrêté de SOURCE · go on with the stopped run of SOURCE."""
    row = _source(source)
    try:
        found = tk.get_action("pole_harvest_run_resume")(_context(), {"source_id": row.id})
    except tk.ValidationError as error:
        raise click.ClickException(str(error.error_summary)) from None
    _work(row, found["id"])


@click.command("preview")
@click.argument("source")
@click.option("--limit", default=20, show_default=True, help="How many records.")
@click.option("--json", "as_json", is_flag=True, help="All of it, as JSON.")
def preview(source: str, limit: int, as_json: bool) -> None:
    """Montre ce que SOURCE donnerait, sans rien écrire · show what SOURCE would give, writing nothing."""
    found = tk.get_action("pole_harvest_preview")(_context(), {"source_id": _source(source).id, "limit": limit})
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for record in found["records"]:
            click.echo(f"{record['action']:<9} {record['guid'][:40]:<40} {record['title'] or record['problem']}")
    if found["problem"]:
        raise click.ClickException(found["problem"])


@click.command("report")
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="All of it, as JSON.")
def report(source: str, as_json: bool) -> None:
    """Dit ce que le dernier moissonnage de SOURCE a changé · say what the last run of SOURCE changed."""
    found = tk.get_action("pole_harvest_report")(_context(), {"source_id": _source(source).id, "limit": 1000})
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    _say(found)
    for item in found["changes"]:
        click.echo(f"{item['action']:<9} {item['title']}")
        for path, (old, new) in item["fields"].items():
            click.echo(f"          {path}: {_short(old)} → {_short(new)}")


COMMANDS = (run, resume, preview, report)


def _work(source: Any, job_id: str) -> None:
    """Read the source with a progress bar, then import with another."""
    harvester: Any = queue.get_harvester(source.type)
    job: Any = model.Session.get(HarvestJob, job_id)
    row = runs.get(job_id)
    if row is None or row.read_until is None:
        with click.progressbar(length=1, label="Lecture · reading", show_pos=True) as bar:

            def shown(tally: Tally) -> None:
                bar.length = max(tally.totals, default=tally.records) or 1
                bar.update(tally.records - bar.pos)

            job.gather_started = objects.naive_now()
            harvester.gather_stage(job, progress=shown)
            job.gather_finished = objects.naive_now()
            model.Session.commit()
    ids = objects.waiting_ids(job_id)
    with click.progressbar(length=max(1, len(ids)), label="Écriture · writing", show_pos=True) as bar:
        worker, queues = consumer.Fetchers(), consumer.Fetchers.connect()
        for at in range(0, len(ids), BATCH):
            part = ids[at : at + BATCH]
            worker.work(queues, [json.dumps({"harvest_object_id": id_}) for id_ in part])
            bar.update(len(part))
    tk.get_action("harvest_jobs_run")(_context(), {"source_id": source.id})
    found = tk.get_action("pole_harvest_report")(_context(), {"id": job_id, "limit": 1})
    _say(found)
    if found["state"] == runs.FAILED:
        raise click.ClickException(found["problem_detail"] or found["problem"])


def _say(found: dict[str, Any]) -> None:
    click.echo(f"{found['state']}  " + "  ".join(f"{name}={found[name]}" for name in COUNTS))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _source(wanted: str) -> Any:
    package = model.Package.get(wanted)
    row = model.Session.get(HarvestSource, package.id if package is not None else wanted)
    if row is None:
        raise click.ClickException(f"Pas de source {wanted} · no source {wanted}")
    return row


def _context() -> Context:
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    return {"ignore_auth": True, "user": user, "model": model, "session": model.Session}  # type: ignore[return-value,typeddict-item]
