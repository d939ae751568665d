"""Deadlines bound a whole bulk call, including lookups, reads and slow input, and keep its counts exact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE

from arize_queues import APITimeoutError, DeadlineExceededError, RateLimitError
from arize_queues.emulator import Fault
from tests.support.bulk_world import Caller, Handled, Job, World, check_sums
from tests.support.clock import ManualClock
from tests.support.plain_server import QUEUE, PlainServer

SOURCE = {
    "record_type": "span",
    "project": "chat",
    "start_time": "2026-03-01T00:00:00Z",
    "end_time": "2026-03-02T00:00:00Z",
    "span_ids": ["a", "b", "b"],
}
CALLS: dict[str, dict[str, Any]] = {
    "add_records": {"record_sources": [SOURCE]},
    "delete_records": {"record_ids": ["r0", "r1", "r1"]},
    "annotate_records": {"annotations": {"r0": [{"name": "notes", "text": "x"}]}},
    "assign_records": {"assignments": {"r0": ["ana@example.com"]}},
}


@pytest.mark.parametrize("method", CALLS)
def test_it_bounds_what_comes_before_the_first_write(kind: str, method: str) -> None:
    """A deadline ends a call whose lookup must wait too long, and `.remaining` can be passed to a new call."""
    clock = ManualClock(1000.0)
    began = clock.elapsed

    def busy(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "60"}, json={"status": 429})

    caller = Caller(kind=kind, transport=Handled(busy), clock=clock)
    with pytest.raises(DeadlineExceededError) as caught:
        caller(method, annotation_queue="Triage", space="prod", deadline=5.0, **CALLS[method])
    assert clock.elapsed == began + 5.0
    assert caught.value.failures == []
    summary = caught.value.summary
    assert summary.not_sent + summary.duplicates == summary.submitted > 0
    server = PlainServer(["r0", "r1"])

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/projects":
            project = {"id": "proj_1", "name": "chat", "space_id": "spc_1", "created_at": "2026-03-01T00:00:00Z"}
            return httpx.Response(200, json={"projects": [project], "pagination": {"has_more": False}})
        return server(request)

    (field,) = CALLS[method]
    Caller(kind=kind, transport=Handled(serve))(method, annotation_queue=QUEUE, **{field: caught.value.remaining})
    assert len(server.bodies) == 1


def slowly(clock: ManualClock, items: list[Any], seconds: float) -> Iterator[Any]:
    """Yield items, and advance a clock before each of them."""
    for item in items:
        clock.elapsed += seconds
        yield item


@pytest.mark.parametrize("method", CALLS)
def test_it_bounds_the_reading_of_a_slow_iterator(kind: str, method: str) -> None:
    """A deadline ends the reading of a slow iterator, and `.remaining` holds every item that was not sent."""
    clock, server = ManualClock(1000.0), PlainServer()
    items: dict[str, list[Any]] = {
        "add_records": [{**SOURCE, "project": "proj_1", "span_ids": [f"s{number}"]} for number in range(30)],
        "delete_records": [f"r{number}" for number in range(30)],
        "annotate_records": [(f"r{number}", [{"name": "notes", "text": "x"}]) for number in range(30)],
        "assign_records": [(f"r{number}", ["ana@example.com"]) for number in range(30)],
    }
    (field,) = CALLS[method]
    given = {field: slowly(clock, items[method], 0.25)}
    caller = Caller(kind=kind, transport=Handled(server), clock=clock)
    began = clock.elapsed
    with pytest.raises(DeadlineExceededError) as caught:
        caller(method, annotation_queue=QUEUE, deadline=1.0, **given)
    assert clock.elapsed <= began + 2.0
    assert caught.value.failures == []
    check_sums(caught.value.summary)
    sent = len(server.bodies) if method in ("annotate_records", "assign_records") else 0
    left = list(caught.value.remaining)
    if method == "add_records":
        left = [name for source in left for name in getattr(source, "ids", None) or source["span_ids"]]
    assert len(left) == 30 - sent


def test_what_was_taken_and_not_sent_is_not_of_unknown_fate() -> None:
    """IDs that were read from an iterator but never sent count as not sent, not as failed."""
    clock, server = ManualClock(1000.0), PlainServer()
    ids = [f"r{number}" for number in range(3 * MAX_RECORD_IDS_PER_DELETE)]
    caller = Caller(kind="sync", transport=Handled(server), clock=clock)
    with pytest.raises(DeadlineExceededError) as caught:
        caller(
            "delete_records",
            client={"max_concurrency": 1},
            annotation_queue=QUEUE,
            record_ids=slowly(clock, ids, 1.0),
            deadline=1.5 * MAX_RECORD_IDS_PER_DELETE,
        )
    summary = caught.value.summary
    assert (summary.done, summary.failed) == (MAX_RECORD_IDS_PER_DELETE, 0)
    assert summary.not_sent == summary.submitted - summary.done > 0
    assert [*caught.value.remaining] == ids[MAX_RECORD_IDS_PER_DELETE:]


def test_who_waits_for_the_servers_time_fails_with_the_servers_word() -> None:
    """A throttled request that cannot be retried before the deadline fails with its RateLimitError."""
    clock = ManualClock(1000.0)

    def busy(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "60"}, json={"status": 429})

    caller = Caller(kind="sync", transport=Handled(busy), clock=clock)
    with pytest.raises(DeadlineExceededError) as caught:
        caller("delete_records", annotation_queue=QUEUE, record_ids=["r0"], deadline=5.0)
    (failure,) = caught.value.failures
    assert isinstance(failure.error, RateLimitError)
    assert failure.error.retry_after == 60.0


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_an_answer_that_never_ends_is_cut_off(world: World, kind: str) -> None:
    """A deadline cuts off an answer that trickles in byte by byte."""
    job, caller = Job.of(world, "annotate_records", 1), world.caller(kind, fake_clock=False)
    world.emulator.faults.add(Fault(path="*/annotate", trickle=30, times=None))
    with pytest.raises(DeadlineExceededError) as caught:
        caller("annotate_records", **job.arguments(job.given), deadline=0.5)
    assert [type(failure.error) for failure in caught.value.failures] == [APITimeoutError]
    check_sums(caught.value.summary)
