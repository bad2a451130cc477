"""Jobs whose worker is killed: nothing is lost, and what kills its worker again and again is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ckan.lib import jobs
from freezegun import freeze_time
from rq import Queue, Worker
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry, FinishedJobRegistry, StartedJobRegistry

from ckanext.pole.watch import lost

QUEUE = "pole-lost"
TIMEOUT = 7200
LATER = 600.0
"""Seconds after which a worker that said nothing is gone."""


@pytest.fixture
def queue(ckan_config):
    jobs._queues.clear()
    found = jobs.get_queue(QUEUE)
    forget(found)
    yield found
    forget(found)


def forget(queue) -> None:
    for killed in Worker.all(queue=queue):
        killed.register_death()
    queue.delete(delete_jobs=True)
    queue.connection.delete(queue.intermediate_queue_key)
    for registry in (FailedJobRegistry(queue=queue), FinishedJobRegistry(queue=queue)):
        for job_id in registry.get_job_ids():
            registry.remove(job_id, delete_job=True)


@pytest.fixture
def killed_worker(ckan_config, queue):
    """Start a worker, and kill it and its child as soon as it has a job in hand."""

    def start() -> None:
        process = worker_with_a_job(ckan_config, queue)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pid in processes(queue.name):
            os.kill(pid, signal.SIGKILL)

    return start


def worker_with_a_job(ckan_config, queue) -> subprocess.Popen[bytes]:
    rq = Path(sys.executable).with_name("rq")
    process = subprocess.Popen(
        [rq, "worker", "--url", ckan_config["ckan.redis.url"], queue.name], start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not StartedJobRegistry(queue=queue).get_job_ids(cleanup=False):
        assert time.monotonic() < deadline, "the worker took no job"
        time.sleep(0.05)
    return process


def processes(name: str) -> list[int]:
    """A worker of a queue and its child, which has a session of its own."""
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit() and _belongs(folder, name)]


def _belongs(folder: Path, name: str) -> bool:
    try:
        return name.encode() in (folder / "cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.faults
def test_a_job_whose_worker_is_killed_is_tried_again_but_not_for_ever(queue, killed_worker):
    job = jobs.enqueue(time.sleep, [3600], queue=QUEUE, rq_kwargs={"timeout": TIMEOUT})
    for _ in range(lost.TRIES):
        killed_worker()
        # As if it had been killed a moment sooner: with the job begun, and not struck off the list of those taken.
        queue.connection.lpush(queue.intermediate_queue_key, job.id)
        assert lost.put_back() == 0  # it may still be at work: nobody takes it away
        assert lost.put_back(time.time() + LATER) == 1
        assert queue.intermediate_queue.get_job_ids() == []
        [again] = queue.get_job_ids()
        # Under another number: xloader refuses one that it knows.
        assert again != job.id
        job = Job.fetch(again, connection=queue.connection)
        assert (job.func_name, job.args, job.timeout) == ("time.sleep", [3600], TIMEOUT)
        assert FailedJobRegistry(queue=queue).get_job_ids() == []
    killed_worker()
    assert lost.put_back(time.time() + LATER) == 0
    assert job.get_status() == JobStatus.FAILED


def test_a_job_whose_worker_dies_as_soon_as_it_has_taken_it_is_put_back(queue):
    job = jobs.enqueue(time.sleep, [0], queue=QUEUE)
    assert Queue.dequeue_any([queue], None, connection=queue.connection)  # and no more is heard of that worker
    another, now = Worker([queue], connection=queue.connection), datetime.now(timezone.utc)
    for minutes in (0, 2):
        with freeze_time(now + timedelta(minutes=minutes)):
            queue.intermediate_queue.cleanup(another, queue)  # RQ's, whenever a worker begins
    assert queue.get_job_ids() == []
    assert lost.put_back(time.time() + LATER) == 1
    [again] = queue.get_job_ids()
    assert again != job.id


@pytest.mark.faults
def test_the_job_of_a_frozen_worker_is_done_by_another_and_the_first_finds_nothing_left_when_it_thaws(
    ckan_config, queue, tmp_path
):
    done = tmp_path / "done"
    jobs.enqueue(subprocess.run, [["sh", "-c", f"sleep 0.5; echo done >> {done}"]], queue=QUEUE)
    worker = worker_with_a_job(ckan_config, queue)
    stopped = processes(queue.name)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert lost.put_back() == 0  # it may still be at work: nobody takes it away
        assert lost.put_back(time.time() + LATER) == 1
        burst(ckan_config, queue)
        assert queue.get_job_ids() == []
        assert len(FinishedJobRegistry(queue=queue).get_job_ids()) == 1
        assert done.exists()
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        worker.terminate()
        worker.wait(30)
    assert lost.put_back(time.time() + LATER) == 0
    assert queue.get_job_ids() == []


def burst(ckan_config, queue) -> None:
    """Work through what stands in a queue, and end."""
    rq = Path(sys.executable).with_name("rq")
    command = [rq, "worker", "--burst", "--url", ckan_config["ckan.redis.url"], queue.name]
    subprocess.run(command, check=True, timeout=60)


def test_a_job_that_failed_by_itself_is_not_tried_again(ckan_config, queue):
    job = jobs.enqueue(time.sleep, [-1], queue=QUEUE)  # refused by Python
    burst(ckan_config, queue)
    assert job.get_status() == JobStatus.FAILED
    assert lost.put_back(time.time() + LATER) == 0
