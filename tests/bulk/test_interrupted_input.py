"""Ctrl-C where it is most likely: while a call waits for the caller's iterator, a lookup or a read."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import anyio
import httpx
import pytest
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE, MAX_RECORDS_PER_REQUEST

import arize_queues
from arize_queues import PartialFailureError
from arize_queues._plans.steps import Send, Start
from arize_queues._runtime.http import RequestBuilder
from arize_queues._runtime.timed import asend_within, send_within
from arize_queues._runtime.workers import ThreadWorkers
from arize_queues._settings import Settings
from tests.support.bulk_world import ANA, Caller, Handled, Press, World, check_sums, done_in, span_id
from tests.support.clock import ManualClock
from tests.support.plain_server import QUEUE, PlainServer


class Feed:
    """Iterator that raises KeyboardInterrupt once and can be resumed."""

    def __init__(self, items: list[Any], press_after: int) -> None:
        self._items = iter(items)
        self._left = press_after

    def __iter__(self) -> Iterator[Any]:
        """Return itself."""
        return self

    def __next__(self) -> Any:
        """Return the next item, or raise KeyboardInterrupt when its turn has come."""
        self._left -= 1
        if self._left == -1:
            raise KeyboardInterrupt
        return next(self._items)


def source(number: int) -> dict[str, Any]:
    """Build a source of one span."""
    day = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-02T00:00:00Z"}
    return {"record_type": "span", "project": "proj_1", **day, "span_ids": [f"s{number}"]}


INPUTS: dict[str, tuple[str, list[Any]]] = {
    "add_records": ("record_sources", [source(number) for number in range(300)]),
    "delete_records": ("record_ids", [f"r{number}" for number in range(5 * MAX_RECORD_IDS_PER_DELETE)]),
    "annotate_records": ("annotations", [(f"r{n}", [{"name": "notes", "text": "x"}]) for n in range(40)]),
    "assign_records": ("assignments", [(f"r{n}", [ANA]) for n in range(40)]),
}


@pytest.mark.parametrize("method", INPUTS)
def test_nothing_that_an_iterator_gave_is_lost(method: str) -> None:
    """Every item of an interrupted iterator is done or remains exactly once, and `.remaining` finishes the job."""
    field, items = INPUTS[method]
    server = PlainServer(items if method == "delete_records" else [])
    caller = Caller(kind="sync", transport=Handled(server))
    press_after = 250 if len(items) > 250 else 25
    with pytest.raises(KeyboardInterrupt) as caught:
        caller(method, annotation_queue=QUEUE, **{field: Feed(items, press_after)})
    partial = caught.value.partial
    check_sums(partial.summary)
    assert partial.summary.submitted == press_after
    left = list(partial.remaining)
    named = names_in(left)
    assert len(named) == len(set(named)) == len(items) - done_in(partial.summary)
    caller(method, annotation_queue=QUEUE, **{field: left})
    done = {"add_records": server.present, "annotate_records": server.notes, "assign_records": server.assigned}
    assert len(done.get(method, items)) == len(items)
    assert server.records == set()


def names_in(given: list[Any]) -> list[str]:
    """Return the IDs in an input."""
    if given and isinstance(given[0], tuple):
        return [name for name, _ in given]
    if given and isinstance(given[0], str):
        return given
    return [name for item in given for name in getattr(item, "ids", None) or item["span_ids"]]


@pytest.mark.parametrize("lazily", [False, True])
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("method", INPUTS)
def test_wherever_ctrl_c_comes_nothing_is_lost(method: str, seed: int, lazily: bool) -> None:
    """Ctrl-C at any line of the library leaves every record that was not written in `.remaining`."""
    field, items = INPUTS[method]
    server = PlainServer(items if method == "delete_records" else [])
    given: Any = iter(items) if lazily else dict(items) if field in ("annotations", "assignments") else items
    caller = Caller(kind="sync", transport=Handled(server))
    tracer = sys.gettrace()
    sys.settrace(Press(Random(seed).randrange(100, 12000), str(Path(arize_queues.__file__).parent)))
    try:
        caller(method, annotation_queue=QUEUE, **{field: given})
    except KeyboardInterrupt as stop:
        account = getattr(stop, "partial", None)
    else:
        account = None
    finally:
        sys.settrace(tracer)
    for thread in threading.enumerate():
        if thread.name.startswith("arize-queues_"):
            thread.join()
    if account is None:  # Ctrl-C came before the call had an account, or after it had returned
        return
    check_sums(account.summary)
    left = account.remaining
    pairs = field in ("annotations", "assignments")
    named = set(names_in(list(left.items()) if isinstance(left, dict) else list(left)))
    applied = {
        "add_records": {subject.split(" ")[1] for subject in server.present},
        "delete_records": set(items) - server.records if method == "delete_records" else set(),
        "annotate_records": set(server.notes),
        "assign_records": set(server.assigned),
    }[method]
    everything = {name for name, _ in items} if pairs else set(names_in(items))
    assert everything - named <= applied


@pytest.mark.parametrize("method", INPUTS)
def test_an_interruption_before_the_first_write_has_an_account(method: str) -> None:
    """Ctrl-C during a lookup or a read counts every item as not sent and leaves all of them."""
    field, items = INPUTS[method]
    given: Any = dict(items) if field in ("annotations", "assignments") else items

    def press(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        Caller(kind="sync", transport=Handled(press))(
            method, annotation_queue="Triage", space="spc_1", **{field: given}
        )
    partial = caught.value.partial
    assert isinstance(partial, PartialFailureError)
    assert partial.summary.not_sent == partial.summary.submitted == len(items)
    assert len(list(partial.remaining)) == len(items)


def test_the_queue_that_was_created_is_not_lost(world: World) -> None:
    """Ctrl-C while `create` adds the rest of its records keeps the new queue and counts every record."""
    numbers = range(2 * MAX_RECORDS_PER_REQUEST + 7)
    world.emulator.add_spans(
        world.project, ({"span_id": span_id(n), "start_time": "2026-03-02T00:00:00Z"} for n in numbers)
    )
    ids = [span_id(number) for number in [*numbers, 0, 1, 2]]
    caller = world.caller("sync")

    class Pressing(ManualClock):
        """Clock that raises KeyboardInterrupt as soon as the queue exists."""

        def now(self) -> float:
            if world.emulator.queues():
                raise KeyboardInterrupt
            return super().now()

    caller.clock = Pressing()
    record_sources = [
        {
            "record_type": "span",
            "project_id": world.project,
            "start_time": "2026-03-01T00:00:00Z",
            "end_time": "2026-03-03T00:00:00Z",
            "span_ids": ids,
        }
    ]
    with pytest.raises(KeyboardInterrupt) as caught:
        caller("create", **world.queue_fields(), record_sources=record_sources)
    partial = caught.value.partial
    assert partial.completed.id == world.emulator.queues()[0]["id"]
    check_sums(partial.summary)
    summary = partial.summary
    assert (summary.submitted, summary.duplicates, summary.created) == (len(ids), 3, MAX_RECORDS_PER_REQUEST)
    assert {name for left in partial.remaining for name in left.ids} == set(ids[MAX_RECORDS_PER_REQUEST:-3])


def test_a_second_ctrl_c_waits_for_nobody() -> None:
    """A second Ctrl-C returns at once from a server that does not answer, and the worker thread ends by itself."""
    release, main = threading.Event(), threading.main_thread().ident
    workers = ThreadWorkers(lambda send: release.wait(30), ManualClock(1000.0).as_clock())
    workers.start(Start(1, Send({})))
    try:
        for _ in range(2):
            threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
            with pytest.raises(KeyboardInterrupt):
                workers.next(None)
        workers.close()
        (left,) = [thread for thread in threading.enumerate() if thread.name.startswith("arize-queues_")]
    finally:
        release.set()
    left.join()


def test_ctrl_c_while_an_iteration_closes_is_heard() -> None:
    """Ctrl-C while workers close and wait for a request in flight raises KeyboardInterrupt."""
    release, main = threading.Event(), threading.main_thread().ident
    workers = ThreadWorkers(lambda send: release.wait(30), ManualClock(1000.0).as_clock())
    workers.start(Start(1, Send({})))
    threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            workers.close()
    finally:
        release.set()
    workers.close()


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_a_deadline_bounds_the_wait_for_a_turn(kind: str) -> None:
    """A request that waits for the semaphore until its deadline raises PoolTimeout and is never sent."""
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    builder = RequestBuilder(
        httpx.Client(transport=httpx.MockTransport(handle))
        if kind == "sync"
        else httpx.AsyncClient(transport=httpx.MockTransport(handle)),
        threading.Semaphore(0) if kind == "sync" else anyio.Semaphore(0),
        Settings(api_key="a-key", base_url="https://api.test"),
        borrowed=True,
    )
    send = Send({"method": "get", "url": "/v2/spaces"}, within=0.01)
    ask = send_within if kind == "sync" else partial(anyio.run, asend_within)
    with pytest.raises(httpx.PoolTimeout):
        ask(builder, send, 0.01)
    assert requests == []
