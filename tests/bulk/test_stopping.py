"""Ctrl-C, cancellation and deadlines: no request follows, the ledger is correct, and the exception has an account."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import anyio
import httpx
import pytest
import trio

import arize_queues
from arize_queues import AsyncArizeClient, DeadlineExceededError, PartialFailureError
from arize_queues._operations.labels import annotate_records
from arize_queues._plans.steps import Finished, Next, Plan, Start
from arize_queues.emulator import Fault
from tests.support.bulk_world import Caller, Handled, Job, Press, World, check_sums, done_in
from tests.support.clock import ManualClock
from tests.support.examples import examples
from tests.support.plain_server import QUEUE, PlainServer
from tests.support.plans import make_context

pytestmark = pytest.mark.slow

BULK = ["add_records", "delete_records", "annotate_records", "assign_records"]
WIDTH = 3


def is_write(request: Any) -> bool:
    """Return True for a write request."""
    return bool(request.method != "GET")


def own_threads() -> list[str]:
    """Return the names of the threads that clients have started."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("arize-queues_")]


def check_partial(job: Job, partial: PartialFailureError) -> None:
    """Check that a partial failure agrees with the server's state."""
    given, left = set(job.ids(job.given)), set(job.ids(partial.remaining))
    failed = {name for failure in partial.failures for name in failure.what}
    check_sums(partial.summary)
    assert given - left <= job.applied()
    assert not (left - failed) & job.applied()
    assert done_in(partial.summary) == len(given - left)


@pytest.mark.parametrize("method", BULK)
def test_ctrl_c_ends_a_call_with_its_account(world: World, tmp_path: Path, method: str) -> None:
    """Ctrl-C awaits the requests in flight, attaches exact counts, and the same call resumes the job."""
    job, ledger = Job.of(world, method, 8), tmp_path / "job.sqlite"
    arrived: list[int] = []

    def press(request: Any) -> bool:
        if is_write(request):
            arrived.append(1)
            if len(arrived) == WIDTH + 1:
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return False

    world.emulator.faults.add(Fault(path="*/records*", where=press, drop=True, times=None))
    world.emulator.latency = 0.05
    call = world.caller("sync")
    with pytest.raises(KeyboardInterrupt) as caught:
        call(method, client={"max_concurrency": WIDTH}, **job.arguments(job.given), ledger=ledger)
    sent = len(world.writes(method))
    partial = caught.value.partial
    assert own_threads() == []
    assert isinstance(partial, PartialFailureError)
    assert str(partial) in caught.value.__notes__
    check_partial(job, partial)
    # Requests in flight are awaited; only an answer that was just being recorded may be of unknown outcome.
    assert partial.summary.failed <= len(job.ids(job.given)) // 8
    assert WIDTH + 1 <= sent < 8
    assert all(request.status is not None for request in world.writes(method))

    world.emulator.clear_requests()
    call(method, **job.arguments(job.given), ledger=ledger)
    assert 8 - sent <= len(world.writes(method)) <= 8 - sent + 1
    assert job.applied() == set(job.ids(job.given))


@pytest.mark.parametrize("method", BULK)
def test_an_interruption_in_the_callers_own_code_keeps_the_account(world: World, method: str) -> None:
    """Ctrl-C inside the `progress` callable carries the account of everything done so far."""
    job, calls = Job.of(world, method, 6), []

    def press(*numbers: Any) -> None:
        calls.append(numbers)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        world.caller("sync")(method, client={"max_concurrency": 2}, **job.arguments(job.given), progress=press)
    assert own_threads() == []
    check_partial(job, caught.value.partial)
    assert done_in(caught.value.partial.summary) >= len(job.ids(job.given)) // 3


def interrupt(plan: Plan[Any], started: list[Start], server: PlainServer) -> None:
    """Throw KeyboardInterrupt into a waiting plan, and answer its requests in flight, the newest first."""
    step = plan.throw(KeyboardInterrupt())
    for start in reversed(started):
        assert step == Next(None)
        kwargs = start.send.kwargs
        request = httpx.Request(kwargs["method"], "https://api.test" + kwargs["url"], json=kwargs["json"])
        response = server(request)
        response.request, response.elapsed = request, timedelta()
        step = plan.send(Finished(start.tag, response))


def test_ctrl_c_while_waiting_accounts_for_all_that_is_under_way() -> None:
    """After Ctrl-C, every answer to a request in flight still counts, and no request starts."""
    ids = [f"r{number}" for number in range(20)]
    server = PlainServer(ids)
    context = make_context(ManualClock(1000.0), max_concurrency=WIDTH)
    plan = annotate_records(
        context,
        annotation_queue=QUEUE,
        space=None,
        annotations={name: [{"name": "notes", "text": "x"}] for name in ids},
        validate=False,
        on_conflict="overwrite",
        progress=None,
        ledger=None,
        deadline=None,
    )
    started: list[Start] = []
    step: Any = next(plan)
    while isinstance(step, Start):
        started.append(step)
        step = plan.send(None)
    assert (len(started), step) == (WIDTH, Next(None))
    with pytest.raises(KeyboardInterrupt) as caught:
        interrupt(plan, started, server)
    assert list(caught.value.partial.completed) == ids[:WIDTH]
    assert caught.value.partial.failures == []
    assert list(caught.value.partial.remaining) == ids[WIDTH:]


@pytest.mark.parametrize("seed", range(examples(4)))
def test_ctrl_c_at_any_line_ends_the_call(tmp_path: Path, seed: int) -> None:
    """Ctrl-C at any line of the library ends the call with counts that add up, and the ledger finishes the job."""
    random, ids = Random(seed), [f"r{number}" for number in range(30)]
    server, ours = PlainServer(ids), str(Path(arize_queues.__file__).parent)
    arguments = {
        "annotation_queue": QUEUE,
        "annotations": {name: [{"name": "notes", "text": "x"}] for name in ids},
        "validate": False,
        "ledger": tmp_path / "job.sqlite",
    }
    caller = Caller(kind="sync", transport=Handled(server))
    accounts: list[Any] = []
    for _ in range(6):
        press = Press(random.randrange(100, 6000), ours)
        tracer = sys.gettrace()
        sys.settrace(press)
        try:
            caller("annotate_records", **arguments)
        except KeyboardInterrupt as stop:
            accounts.append(getattr(stop, "partial", None))
        finally:
            sys.settrace(tracer)
        gc.collect()
        assert own_threads() == []
    assert any(accounts)
    for partial in filter(None, accounts):
        check_sums(partial.summary)
        assert set(partial.completed) <= set(server.notes)
    result = caller("annotate_records", **arguments)
    assert set(server.notes) == set(ids)
    assert result.summary.done == len(ids)


SCRIPT = """
import sys
from arize_queues import ArizeClient
url, key, queue, ledger = sys.argv[1:]
client = ArizeClient(api_key=key, base_url=url, max_concurrency=2)
ids = [record.id for record in client.annotation_queues.iter_records(annotation_queue=queue)]
rows = {name: [{"name": "notes", "text": f"seen in bulk {name}"}] for name in ids}
try:
    client.annotation_queues.annotate_records(annotation_queue=queue, annotations=rows, ledger=ledger)
except KeyboardInterrupt as stop:
    summary = stop.partial.summary
    print(summary.done, summary.failed, summary.not_sent)
    raise
"""


def test_a_program_stopped_by_ctrl_c_ends(world: World, tmp_path: Path) -> None:
    """A script stopped by Ctrl-C sees the account, exits with a traceback, and can resume from its ledger."""
    job = Job.of(world, "annotate_records", 10)
    processes: list[Any] = []
    seen: list[int] = []
    ready = threading.Event()

    def press(_: Any) -> bool:
        ready.wait()
        seen.append(1)
        if len(seen) == 4:
            processes[0].send_signal(signal.SIGINT)
        return False

    world.emulator.faults.add(Fault(path="*/annotate", where=press, drop=True, times=None))
    world.emulator.latency = 0.05
    ledger = tmp_path / "job.sqlite"
    arguments = [world.emulator.url, world.emulator.api_key, job.queue, str(ledger)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        processes.append(process)
        ready.set()
        output, errors = process.communicate()
    done, failed, not_sent = map(int, output.split())
    assert "KeyboardInterrupt" in errors
    assert process.returncode != 0
    assert 4 <= len(job.applied()) <= done + failed
    assert failed <= 1  # the answer that was just being recorded
    assert done + failed + not_sent == 10

    world.emulator.clear_requests()
    world.caller("sync")("annotate_records", **job.arguments(job.given), ledger=ledger)
    assert not_sent <= len(world.writes("annotate_records")) <= not_sent + failed


def cancel_when_told(kind: str, work: Callable[[], Awaitable[Any]], told: Any) -> BaseException:
    """Run a task, cancel it once `told` is set, and return the exception raised in it."""
    caught: list[BaseException] = []

    async def guarded() -> None:
        try:
            await work()
        except BaseException as stop:
            caught.append(stop)
            raise

    async def on_asyncio() -> None:
        task = asyncio.ensure_future(guarded())
        await asyncio.to_thread(told.wait)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def on_trio() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(guarded)
            await trio.to_thread.run_sync(told.wait)
            nursery.cancel_scope.cancel()

    if kind == "trio":
        trio.run(on_trio)
    else:
        asyncio.run(on_asyncio())
    (stop,) = caught
    return stop


# httpx does not close a body's generator when it is cancelled while sending, and trio warns about that.
@pytest.mark.filterwarnings("ignore:.*ByteStream.__aiter__")
@pytest.mark.parametrize("kind", ["asyncio", "trio"])
@pytest.mark.parametrize("method", BULK)
def test_a_cancelled_task_carries_its_account(world: World, tmp_path: Path, method: str, kind: str) -> None:
    """A cancellation keeps its type, carries `.partial` with exact counts, and no request follows it."""
    job, ledger, told = Job.of(world, method, 8), tmp_path / "job.sqlite", threading.Event()
    arrived: list[int] = []

    def tell(request: Any) -> bool:
        arrived.append(1)
        if len(arrived) == WIDTH + 2:
            told.set()
        return False

    world.emulator.faults.add(Fault(path="*/records*", where=lambda r: is_write(r) and tell(r), drop=True, times=None))
    world.emulator.latency = 0.05
    caller = world.caller(kind)
    settings = {"api_key": caller.api_key, "base_url": caller.url, "max_concurrency": WIDTH, "api_revision": "2026-10"}
    arguments = {**job.arguments(job.given), "ledger": ledger}
    stop = cancel_when_told(kind, lambda: caller.acall(method, settings, arguments), told)
    assert isinstance(stop, asyncio.CancelledError if kind == "asyncio" else trio.Cancelled)
    partial = stop.partial
    assert isinstance(partial, PartialFailureError)
    failed = {name for failure in partial.failures for name in failure.what}
    assert all("may or may not" in str(failure.error) for failure in partial.failures)
    check_sums(partial.summary)
    assert len(failed) <= WIDTH * len(job.ids(job.given)) // 8
    seen = len(world.writes(method))
    world.emulator.stop()  # read what was on its way, and drop the requests that it is still working on
    sent = len(world.writes(method))
    assert sent - seen <= WIDTH
    world.emulator.start()
    assert len(world.writes(method)) == sent
    assert set(job.ids(job.given)) - set(job.ids(partial.remaining)) <= job.applied()
    assert not (set(job.ids(partial.remaining)) - failed) & job.applied()

    world.emulator.clear_requests()
    world.emulator.latency = 0.0
    world.emulator.faults.clear()
    again = Caller(kind="sync", url=world.emulator.url, api_key=caller.api_key, clock=ManualClock(1000.0))
    again(method, **job.arguments(job.given), ledger=ledger)
    assert job.applied() == set(job.ids(job.given))
    left = len(job.ids(partial.remaining)) * 8 // len(job.ids(job.given))
    assert len(world.writes(method)) <= left


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_a_time_limit_of_the_library_cancels_cleanly(world: World, kind: str) -> None:
    """A client still works after anyio's move_on_after has cancelled a bulk call."""
    job = Job.of(world, "annotate_records", 6)
    world.emulator.faults.add(Fault(path="*/annotate", nth=3, delay=30, times=None))

    async def work() -> None:
        async with AsyncArizeClient(api_key=world.emulator.api_key, base_url=world.emulator.url) as client:
            with anyio.move_on_after(0.3) as scope:
                await client.annotation_queues.annotate_records(annotation_queue=job.queue, annotations=job.given)
            assert scope.cancelled_caught
            world.emulator.faults.clear()
            await client.annotation_queues.annotate_records(annotation_queue=job.queue, annotations=job.given)

    anyio.run(work, backend=kind)
    assert job.applied() == set(job.given)


def ticking(clock: ManualClock, server: PlainServer, seconds: float) -> Callable[[httpx.Request], httpx.Response]:
    """Return a handler whose writes each advance a clock."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            clock.elapsed += seconds
        return server(request)

    return handle


def plain_arguments(method: str, ids: list[str]) -> dict[str, Any]:
    """Return the arguments of a call on a plain server."""
    if method == "annotate_records":
        return {"annotations": {name: [{"name": "notes", "text": "x"}] for name in ids}}
    return {"assignments": {name: ["ana@example.com"] for name in ids}}


@pytest.mark.parametrize("method", ["annotate_records", "assign_records"])
def test_a_deadline_ends_a_call_with_its_account(kind: str, method: str) -> None:
    """A deadline of five seconds at one second a request allows five requests, and leaves the rest not sent."""
    ids = [f"r{number}" for number in range(20)]
    server, clock = PlainServer(ids), ManualClock(1000.0)
    caller = Caller(kind=kind, transport=Handled(ticking(clock, server, 1.0)), clock=clock)
    with pytest.raises(DeadlineExceededError, match="deadline") as caught:
        caller(
            method, client={"max_concurrency": 1}, annotation_queue=QUEUE, deadline=5.0, **plain_arguments(method, ids)
        )
    assert list(caught.value.completed) == ids[:5]
    assert list(caught.value.remaining) == ids[5:]
    assert caught.value.failures == []
    assert (caught.value.summary.done, caught.value.summary.not_sent) == (5, 15)
    assert len(server.bodies) == 5


def test_a_deadline_cuts_a_wait_that_the_server_asked_for(kind: str) -> None:
    """A call whose Retry-After exceeds its deadline ends at the deadline, not after the wait."""
    ids = [f"r{number}" for number in range(4)]
    clock = ManualClock(1000.0)
    began = clock.elapsed

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"retry-after": "60"}, json={})

    caller = Caller(kind=kind, transport=Handled(handle), clock=clock)
    with pytest.raises(DeadlineExceededError) as caught:
        caller(
            "annotate_records",
            annotation_queue=QUEUE,
            deadline=5.0,
            validate=False,
            **plain_arguments("annotate_records", ids),
        )
    assert clock.elapsed == began + 5.0
    assert list(caught.value.remaining) == ids
    check_sums(caught.value.summary)


@pytest.mark.parametrize("retries", [0, 5])
def test_a_deadline_cuts_a_request_that_takes_too_long(world: World, kind: str, retries: int) -> None:
    """A request still in flight at the deadline is abandoned, fails as of unknown outcome, and remains."""
    job, caller = Job.of(world, "annotate_records", 3), world.caller(kind, fake_clock=False)
    world.emulator.faults.add(Fault(path="*/annotate", delay=30, times=None))
    with pytest.raises(DeadlineExceededError) as caught:
        caller("annotate_records", client={"max_retries": retries}, **job.arguments(job.given), deadline=0.4)
    check_sums(caught.value.summary)
    assert list(caught.value.remaining) == list(job.given)
    assert caught.value.summary.failed == 3
    assert own_threads() == []


def test_a_deadline_that_is_not_reached_changes_nothing(kind: str) -> None:
    """A call that finishes exactly at its deadline returns normally."""
    ids = [f"r{number}" for number in range(5)]
    server, clock = PlainServer(ids), ManualClock(1000.0)
    caller = Caller(kind=kind, transport=Handled(ticking(clock, server, 1.0)), clock=clock)
    result = caller(
        "annotate_records",
        client={"max_concurrency": 1},
        annotation_queue=QUEUE,
        deadline=5.0,
        **plain_arguments("annotate_records", ids),
    )
    assert list(result) == ids


@pytest.mark.parametrize("method", BULK)
@pytest.mark.parametrize("deadline", [0, -1, "soon", float("nan"), True])
def test_a_deadline_that_is_none_is_refused(world: World, method: str, deadline: Any) -> None:
    """A deadline that is not a positive finite number of seconds is refused before any request."""
    job = Job.of(world, method, 1)
    with pytest.raises(ValueError, match="deadline"):
        world.caller("sync")(method, **job.arguments(job.given), deadline=deadline)
    assert world.emulator.requests == []


def test_an_add_stopped_by_its_deadline_can_go_on(kind: str) -> None:
    """The `.remaining` of an add that its deadline stopped can be passed in again to finish it."""
    server, clock = PlainServer(), ManualClock(1000.0)
    caller = Caller(kind=kind, transport=Handled(ticking(clock, server, 1.0)), clock=clock)
    sources = [
        {
            "record_type": "span",
            "project_id": "proj_1",
            "start_time": f"2026-03-{day:02}T00:00:00Z",
            "end_time": f"2026-03-{day + 1:02}T00:00:00Z",
            "span_ids": ["a", "b"],
        }
        for day in range(1, 9)
    ]
    with pytest.raises(DeadlineExceededError) as caught:
        caller(
            "add_records", client={"max_concurrency": 1}, annotation_queue=QUEUE, record_sources=sources, deadline=2.0
        )
    assert len(server.bodies) == 2
    check_sums(caught.value.summary)
    caller("add_records", annotation_queue=QUEUE, record_sources=caught.value.remaining)
    assert len(server.present) == 16
    assert len(server.bodies) == 4
