"""Jobs whose worker is killed: nothing is lost, and what kills its worker again and again is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ckan.lib import jobs
from rq.job import JobStatus
from rq.registry import StartedJobRegistry

from ckanext.pole.watch import lost

QUEUE = "pole-lost"
LATER = 600.0
"""Seconds after which a worker that said nothing is gone."""


@pytest.fixture
def queue(ckan_config):
    jobs._queues.clear()
    found = jobs.get_queue(QUEUE)
    found.delete(delete_jobs=True)
    yield found
    found.delete(delete_jobs=True)


@pytest.fixture
def killed_worker(ckan_config, queue):
    """Start a worker, and kill it and its child as soon as it has a job in hand."""

    def start() -> None:
        rq = Path(sys.executable).with_name("rq")
        process = subprocess.Popen(
            [rq, "worker", "--url", ckan_config["ckan.redis.url"], queue.name], start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while not StartedJobRegistry(queue=queue).get_job_ids(cleanup=False):
            assert time.monotonic() < deadline, "the worker took no job"
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        # Its child has a session of its own.
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and _belongs(folder, queue.name):
                os.kill(int(folder.name), signal.SIGKILL)

    return start


def _belongs(folder: Path, name: str) -> bool:
    try:
        return name.encode() in (folder / "cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.faults
def test_a_job_whose_worker_is_killed_is_tried_again_but_not_for_ever(queue, killed_worker):
    job = jobs.enqueue(time.sleep, [3600], queue=QUEUE)
    for _ in range(lost.TRIES):
        killed_worker()
        assert lost.put_back() == 0  # it may still be at work: nobody takes it away
        assert lost.put_back(time.time() + LATER) == 1
        assert queue.get_job_ids() == [job.id]
    killed_worker()
    assert lost.put_back(time.time() + LATER) == 0
    assert job.get_status() == JobStatus.FAILED


def test_a_job_that_failed_by_itself_is_not_tried_again(ckan_config, queue):
    job = jobs.enqueue(time.sleep, [-1], queue=QUEUE)  # refused by Python
    rq = Path(sys.executable).with_name("rq")
    command = [rq, "worker", "--burst", "--url", ckan_config["ckan.redis.url"], queue.name]
    subprocess.run(command, check=True, timeout=60)
    assert job.get_status() == JobStatus.FAILED
    assert lost.put_back(time.time() + LATER) == 0
