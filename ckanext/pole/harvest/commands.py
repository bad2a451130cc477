"""`ckan pole harvest run|preview|report|resume`: a harvest from a terminal, in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    job_id = _new_job(row.id)
    job: Any = model.Session.get(HarvestJob, job_id)
    job.status = "Running"
    model.Session.commit()
    _work(row, job_id)


@click.command("resume")
@click.argument("source")
def resume(source: str) -> None:
    """Reprend le moissonnage arrêté de SOURCE · go on with the stopped run of SOURCE."""
    row = _source(source)
    found = _asked("pole_harvest_run_resume", source_id=row.id)
    _work(row, found["id"])


@click.command("preview")
@click.argument("source")
@click.option("--limit", default=20, show_default=True, help="How many records.")
@click.option("--all", "whole", is_flag=True, help="Read it all: what a run would add, change, leave and delete.")
@click.option("--json", "as_json", is_flag=True, help="All of it, as JSON.")
def preview(source: str, limit: int, whole: bool, as_json: bool) -> None:
    """Montre ce que SOURCE donnerait, sans rien écrire · show what SOURCE would give, writing nothing."""
    if whole:
        _rehearse(source, limit, as_json)
        return
    found = _asked("pole_harvest_preview", source_id=_source(source).id, limit=limit)
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
    found = _asked("pole_harvest_report", source_id=_source(source).id, limit=1000)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    _say(found)
    for item in found["changes"]:
        click.echo(f"{item['action']:<9} {item['title']}")
        _say_fields(item["fields"])


COMMANDS = (run, resume, preview, report)


def _new_job(source_id: str) -> str:
    """A job of our own; ckanext-harvest allows one a source, so another one's end is waited for."""
    waited = False
    while True:
        try:
            return tk.get_action("harvest_job_create")(_context(), {"source_id": source_id, "run": False})["id"]
        except HarvestJobExists:
            model.Session.remove()
        if not waited:
            click.echo("Un autre moissonnage de cette source est en cours, on l’attend · waiting for another run of it")
            waited = True
        time.sleep(1)


@contextmanager
def _reading() -> Iterator[Callable[[Tally], None]]:
    """A progress bar for the pages of a source."""
    with click.progressbar(length=1, label="Lecture · reading", show_pos=True) as bar:

        def shown(tally: Tally) -> None:
            bar.length = max(tally.totals, default=tally.records) or 1
            bar.update(tally.records - bar.pos)

        yield shown


def _rehearse(source: str, limit: int, as_json: bool) -> None:
    asked = {"source_id": _source(source).id, "limit": limit}
    if as_json:
        found = _asked("pole_harvest_rehearse", **asked)
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        with _reading() as shown:
            found = _asked("pole_harvest_rehearse", {"progress": shown}, **asked)
        click.echo(
            "  ".join(f"{name}={number}" for name, number in found["counts"].items()) + f"  held={found['held']}"
        )
        for action in ("new", "changed", "gone"):
            for item in found[action]:
                click.echo(f"{action:<9} {item['title'] or item['guid']}")
                _say_fields(item.get("fields", {}))
        for said in found["bad"]:
            click.echo(f"{'bad':<9} {said}")
    if found["problem"]:
        raise click.ClickException(found["problem"])


def _work(source: Any, job_id: str) -> None:
    """Read the source with a progress bar, then import with another."""
    harvester: Any = queue.get_harvester(source.type)
    job: Any = model.Session.get(HarvestJob, job_id)
    row = runs.get(job_id)
    if row is None or row.read_until is None:
        with _reading() as shown:
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
        worker.rest()
    tk.get_action("harvest_jobs_run")(_context(), {"source_id": source.id})
    found = tk.get_action("pole_harvest_report")(_context(), {"id": job_id, "limit": 1})
    _say(found)
    if found["state"] == runs.FAILED:
        raise click.ClickException(found["problem_detail"] or found["problem"])


def _say(found: dict[str, Any]) -> None:
    click.echo(f"{found['state']}  " + "  ".join(f"{name}={found[name]}" for name in COUNTS))


def _say_fields(changed: dict[str, Any]) -> None:
    for path, (old, new) in changed.items():
        click.echo(f"          {path}: {_short(old)} → {_short(new)}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _source(wanted: str) -> Any:
    package = model.Package.get(wanted)
    row = model.Session.get(HarvestSource, package.id if package is not None else wanted)
    if row is None:
        raise click.ClickException(f"Pas de source {wanted} · no source {wanted}")
    return row


def _asked(action: str, more: dict[str, Any] | None = None, /, **data_dict: Any) -> dict[str, Any]:
    """Call an action; what it refuses is said in a line."""
    context: Any = {**_context(), **(more or {})}
    try:
        return tk.get_action(action)(context, data_dict)
    except tk.ObjectNotFound:
        raise click.ClickException("Pas encore de moissonnage · this source has not been harvested yet") from None
    except tk.ValidationError as error:
        said = "; ".join(f"{field}: {text}" for field, text in error.error_summary.items())
        raise click.ClickException(said) from None


def _context() -> Context:
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    return {"ignore_auth": True, "user": user, "model": model, "session": model.Session}  # type: ignore[return-value,typeddict-item]
