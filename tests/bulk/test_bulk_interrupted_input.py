"""Ctrl-C where it is likeliest: while the caller's iterator, a lookup or a read is waited for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE, MAX_RECORDS_PER_REQUEST
from bulk_world import ANA, Caller, FakeClock, Handled, World, check_sums, span_id
from plain_server import QUEUE, PlainServer

from arize_queues import PartialFailureError
from arize_queues._background import ThreadBackground
from arize_queues._plan import Send, Start


class Feed:
    """An iterator that Ctrl-C interrupts once, and that can go on."""

    def __init__(self, items: list[Any], press_after: int) -> None:
        self._items = iter(items)
        self._left = press_after

    def __iter__(self) -> Iterator[Any]:
        """Be an iterator."""
        return self

    def __next__(self) -> Any:
        """Give the next item."""
        self._left -= 1
        if self._left == -1:
            raise KeyboardInterrupt
        return next(self._items)


def source(number: int) -> dict[str, Any]:
    """Make a source of one span."""
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
    """What it gave before, and what it gives after, is done or left, each thing once; passed in again, it is done."""
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
    if method != "add_records":
        done = [item for item in items if item not in left]
        assert [*done, *left] == items
    assert len(left) == len(items) - (press_after - partial.summary.not_sent - partial.summary.failed)
    caller(method, annotation_queue=QUEUE, **{field: left})
    done_all = {"add_records": server.present, "annotate_records": server.notes, "assign_records": server.assigned}
    assert len(done_all.get(method, items)) == len(items)
    assert server.records == set()


@pytest.mark.parametrize("method", INPUTS)
def test_an_interruption_before_the_first_write_has_an_account(method: str) -> None:
    """Ctrl-C during a lookup or a read: nothing was sent, all is left."""
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
    """Ctrl-C while the rest of a create's records are added: the account has the queue, and counts them all."""
    numbers = range(2 * MAX_RECORDS_PER_REQUEST + 7)
    world.emulator.add_spans(
        world.project, ({"span_id": span_id(n), "start_time": "2026-03-02T00:00:00Z"} for n in numbers)
    )
    ids = [span_id(number) for number in [*numbers, 0, 1, 2]]
    caller = world.caller("sync")

    class Pressing(FakeClock):
        """Presses Ctrl-C as soon as the queue is there."""

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
    """A server that does not answer keeps nobody who presses twice; the thread ends by itself."""
    release, main = threading.Event(), threading.main_thread().ident
    background = ThreadBackground(lambda send: release.wait(30), FakeClock().clock)
    background.start(Start(1, Send({})))
    try:
        for _ in range(2):
            threading.Timer(0.01, signal.pthread_kill, (main, signal.SIGINT)).start()
            with pytest.raises(KeyboardInterrupt):
                background.next(None)
        background.close()
        (left,) = [thread for thread in threading.enumerate() if thread.name.startswith("arize-queues_")]
    finally:
        release.set()
    left.join()
