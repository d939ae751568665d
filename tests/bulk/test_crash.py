"""SIGKILL at any point of a job with a ledger: the same call again sends only the rest, to the same final state."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pytest

from arize_queues.emulator import Emulator, Fault
from tests.support import crash_job
from tests.support.bulk_world import WRITES, Job, World
from tests.support.examples import IS_NIGHTLY

pytestmark = pytest.mark.slow

REQUESTS = 30
SHORT = 5  # for deletes, where a request carries a hundred records
PROCESSES = multiprocessing.get_context("forkserver")
# Every module that a job imports, so that a process starts in milliseconds; httpcore imports trio if installed.
PROCESSES.set_forkserver_preload(
    [
        "arize_queues._client",
        "arize_queues._operations.add",
        "arize_queues._operations.deletion",
        "arize_queues_raw.client",
        "arize_queues_raw.models",
        "anyio",
        "certifi",
        "concurrent.futures.thread",
        "encodings.idna",
        "httpcore",
        "httpx",
        "sqlite3",
        "trio",
    ]
)


class Killer:
    """Kills a process when the server receives its n-th write, before applying it or after, but never answered.

    The server waits until the process is dead, so the process cannot have seen an answer.
    """

    def __init__(self, world: World, method: str, number: int, *, applied: bool) -> None:
        self._left = number
        self._applied = applied
        self.process: Any = None
        verb, path = WRITES[method]
        world.emulator.faults.add(Fault(method=verb, path=path, where=self._strikes, drop=True, times=None))

    def _strikes(self, _: Any) -> bool:
        self._left -= 1
        if self._left == 0:
            os.kill(self.process.pid, signal.SIGKILL)
            wait([self.process.sentinel])
        # Other writes that were in flight when the process died are applied or dropped just as this one is.
        return self._left <= 0 and not self._applied


def start(job: Job, ledger: Path, width: int, die_at: tuple[str, int] | None = None, **options: Any) -> Any:
    """Return a process, not started yet, that makes the call."""
    arguments = {**job.arguments(job.given), "ledger": str(ledger), "max_concurrency": width, **options}
    emulator = job.world.emulator
    return PROCESSES.Process(target=crash_job.run, args=(emulator.url, emulator.api_key, job.method, arguments, die_at))


def resume(job: Job, ledger: Path, width: int, **options: Any) -> tuple[list[Any], Any]:
    """Make the same call again in this process, and return the writes that it sent and its result."""
    job.world.emulator.clear_requests()
    call = job.world.caller("sync")
    result = call(job.method, client={"max_concurrency": width}, **job.arguments(job.given), ledger=ledger, **options)
    return job.world.writes(job.method), result


def size_of(method: str) -> int:
    """Return the number of requests of the job."""
    return SHORT if method == "delete_records" else REQUESTS


@cache
def undisturbed(method: str) -> Any:
    """Return the final state of an undisturbed run on an emulator of its own."""
    with Emulator() as emulator:
        world = World.on(emulator)
        job = Job.of(world, method, size_of(method))
        world.caller("sync")(method, **job.arguments(job.given))
        return world.state()


def boundaries(method: str, step: int) -> Iterator[tuple[str, int, bool]]:
    """Yield the points to kill at: before and after the server applies every `step`-th write."""
    for number in range(1, size_of(method) + 1, step):
        yield method, number, False
        yield method, number, True


@pytest.mark.parametrize(
    ("method", "number", "applied"),
    [
        *boundaries("annotate_records", 1 if IS_NIGHTLY else 5),
        *boundaries("assign_records", 7),
        *boundaries("add_records", 7),
        *boundaries("delete_records", 2),
    ],
)
def test_a_killed_job_goes_on_where_it_was(
    world: World, tmp_path: Path, method: str, number: int, applied: bool
) -> None:
    """A killed job, run again, sends only unanswered requests and ends in the state of an undisturbed run."""
    job = Job.of(world, method, size_of(method))
    killer = Killer(world, method, number, applied=applied)
    killer.process = start(job, tmp_path / "job.sqlite", 1)
    killer.process.start()
    killer.process.join()
    assert killer.process.exitcode == -signal.SIGKILL
    world.emulator.faults.clear()

    # An applied but unanswered request is sent again, except an assignment, which the client finds unchanged.
    unanswered = 0 if applied and method == "assign_records" else 1
    sent, _ = resume(job, tmp_path / "job.sqlite", 1)
    assert len(sent) == size_of(method) - number + unanswered
    assert job.applied() == set(job.ids(job.given))
    assert world.state() == undisturbed(method)


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("number", [1, 8, 9, 17, 30] if IS_NIGHTLY else [1, 9, 30])
@pytest.mark.parametrize("method", ["annotate_records", "assign_records", "add_records"])
def test_a_job_killed_with_many_requests_under_way_goes_on(
    world: World, tmp_path: Path, method: str, number: int, applied: bool
) -> None:
    """A job killed with eight requests in flight repeats at most those, and ends as an undisturbed run."""
    job = Job.of(world, method, REQUESTS)
    killer = Killer(world, method, number, applied=applied)
    killer.process = start(job, tmp_path / "job.sqlite", 8)
    killer.process.start()
    killer.process.join()
    world.emulator.faults.clear()

    sent, result = resume(job, tmp_path / "job.sqlite", 8)
    assert len(sent) <= REQUESTS - number + 8
    assert job.applied() == set(job.ids(job.given))
    assert world.state() == undisturbed(method)
    assert result.summary.submitted == len(job.ids(job.given))
    assert result.summary.failed == result.summary.not_sent == 0


@pytest.mark.parametrize("number", [1, 2, 15, 29, 30] if IS_NIGHTLY else [1, 15, 30])
@pytest.mark.parametrize("moment", ["answer", "written"])
def test_a_job_killed_around_its_ledgers_entry_goes_on(world: World, tmp_path: Path, moment: str, number: int) -> None:
    """A killed job repeats an answered request only if the kill came before its ledger entry."""
    job = Job.of(world, "annotate_records", REQUESTS)
    process = start(job, tmp_path / "job.sqlite", 1, die_at=(moment, number))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    sent, result = resume(job, tmp_path / "job.sqlite", 1)
    assert len(sent) == REQUESTS - number + (moment == "answer")
    assert world.state() == undisturbed("annotate_records")
    assert result.summary.done == REQUESTS


def test_a_job_killed_again_and_again_comes_to_its_end(world: World, tmp_path: Path) -> None:
    """A job that is killed after every request finishes in the end, and the last run sends nothing."""
    job = Job.of(world, "assign_records", 6)
    for _ in range(6):
        process = start(job, tmp_path / "job.sqlite", 1, die_at=("written", 1), keep_completed=False)
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    sent, result = resume(job, tmp_path / "job.sqlite", 1, keep_completed=False)
    assert sent == []
    assert (result.summary.done, result.summary.requests_sent, dict(result)) == (6, 6, {})


@pytest.mark.parametrize("applied", [False, True])
def test_overwriting_assignments_goes_on_after_a_kill(world: World, tmp_path: Path, applied: bool) -> None:
    """With `keep_completed=False`, a resumed job assigns again only records whose requests were not answered."""
    job = Job.of(world, "assign_records", REQUESTS)
    killer = Killer(world, "assign_records", 10, applied=applied)
    killer.process = start(job, tmp_path / "job.sqlite", 1, keep_completed=False)
    killer.process.start()
    killer.process.join()
    world.emulator.faults.clear()
    for name in list(job.given)[:9]:
        world.emulator.complete(job.queue, name, job.given[name][0])

    sent, _ = resume(job, tmp_path / "job.sqlite", 1, keep_completed=False)
    assert [request.path.split("/")[5] for request in sent] == list(job.given)[9:]
    finished = [record["assigned_users"][0]["completion_status"] for record in world.emulator.records(job.queue)]
    assert finished == ["completed"] * 9 + ["pending"] * (REQUESTS - 9)
