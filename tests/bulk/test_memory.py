"""Iterators as input: a bulk call reads and holds only as much as it is about to send."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE, MAX_RECORDS_PER_REQUEST

from arize_queues import ExampleSource, PartialFailureError, SpanSource
from arize_queues._bulk.add import _REQUESTS_PACKED_TOGETHER
from tests.support.bulk_world import START, Caller, Handled
from tests.support.plain_server import QUEUE, PlainServer

pytestmark = pytest.mark.slow

WIDTH = 4


class Watched:
    """Server that measures, at each write, how far ahead of the answers the input has been read."""

    def __init__(self, server: PlainServer) -> None:
        self._server = server
        self._lock = threading.Lock()
        self.taken = 0
        self.answered = 0
        self.furthest = 0

    def reading(self, items: Iterator[Any], size: Any = lambda _: 1) -> Iterator[Any]:
        """Yield items, and count those that were read."""
        for item in items:
            self.taken += size(item)
            yield item

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        response = self._server(request)
        if request.method != "GET":
            with self._lock:
                self.furthest = max(self.furthest, self.taken - self.answered)
                body = self._server.bodies[-1]
                sources = body.get("record_sources", [])
                sent = len(body.get("record_ids", [])) or sum(len(source.get("span_ids", "1")) for source in sources)
                self.answered += sent or 1
        return response


@pytest.mark.parametrize("method", ["annotate_records", "assign_records"])
def test_rows_are_read_one_by_one(kind: str, method: str) -> None:
    """Rows are read at most a few ahead of the requests in flight."""
    ids = [f"r{number}" for number in range(200)]
    watched = Watched(PlainServer(ids))
    value: Any = [{"name": "notes", "text": "x"}] if method == "annotate_records" else ["ana@example.com"]
    field = {"annotate_records": "annotations", "assign_records": "assignments"}[method]
    rows = watched.reading((name, value) for name in ids)
    caller = Caller(kind=kind, transport=Handled(watched))
    result = caller(method, client={"max_concurrency": WIDTH}, annotation_queue=QUEUE, **{field: rows})
    assert len(result) == watched.taken == len(ids)
    assert watched.furthest <= 2 * WIDTH


def test_ids_to_delete_are_read_a_request_at_a_time(kind: str) -> None:
    """IDs to delete are read at most a few requests ahead."""
    ids = [f"r{number}" for number in range(40 * MAX_RECORD_IDS_PER_DELETE)]
    watched = Watched(PlainServer(ids))
    caller = Caller(kind=kind, transport=Handled(watched))
    caller(
        "delete_records",
        client={"max_concurrency": WIDTH},
        annotation_queue=QUEUE,
        record_ids=watched.reading(iter(ids)),
    )
    assert watched.taken == len(ids)
    assert watched.furthest <= 2 * WIDTH * MAX_RECORD_IDS_PER_DELETE


def test_sources_are_read_a_few_requests_at_a_time(kind: str) -> None:
    """Sources are read ahead by no more than the group that is packed together and the requests in flight."""
    size = MAX_RECORDS_PER_REQUEST // 2
    watched = Watched(PlainServer())
    sources = watched.reading((span_source(number, size) for number in range(100)), size=lambda source: len(source.ids))
    caller = Caller(kind=kind, transport=Handled(watched))
    result = caller("add_records", client={"max_concurrency": WIDTH}, annotation_queue=QUEUE, record_sources=sources)
    assert result.summary.created == watched.taken == 100 * size
    assert watched.furthest <= (_REQUESTS_PACKED_TOGETHER + 1 + 2 * WIDTH) * MAX_RECORDS_PER_REQUEST


def test_whole_datasets_are_read_a_few_at_a_time() -> None:
    """Whole datasets, each a request of its own, are read no further ahead than one packed group."""
    server = PlainServer()
    server.datasets = {f"ds_{number}": 1 for number in range(100)}
    watched = Watched(server)
    sources = watched.reading(ExampleSource(dataset=name) for name in server.datasets)
    Caller(kind="sync", transport=Handled(watched))(
        "add_records", client={"max_concurrency": WIDTH}, annotation_queue=QUEUE, record_sources=sources
    )
    assert watched.furthest <= _REQUESTS_PACKED_TOGETHER + 1 + 2 * WIDTH


class Name(str):
    """ID that can be weakly referenced, unlike a plain string."""

    __slots__ = ("__weakref__",)


def test_deleted_ids_are_not_held(kind: str) -> None:
    """A running delete holds only the IDs of a few requests in memory."""
    alive: weakref.WeakSet[Name] = weakref.WeakSet()
    most = 0
    count = 20 * MAX_RECORD_IDS_PER_DELETE

    def ids() -> Iterator[Name]:
        nonlocal most
        for number in range(count):
            name = Name(f"r{number}")
            alive.add(name)
            if number % (5 * MAX_RECORD_IDS_PER_DELETE) == 0:
                gc.collect()
                most = max(most, len(alive))
            yield name

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(204)

    Caller(kind=kind, transport=Handled(handle))(
        "delete_records", client={"max_concurrency": 2}, annotation_queue=QUEUE, record_ids=ids()
    )
    assert most <= 2 * WIDTH * MAX_RECORD_IDS_PER_DELETE


def test_what_is_left_of_an_iterator_is_not_read(kind: str) -> None:
    """After a stop, `.remaining` is an iterator that resumes the input where reading stopped."""
    ids = [f"r{number}" for number in range(10 * MAX_RECORD_IDS_PER_DELETE)]
    watched = Watched(PlainServer(ids, ["ok", "401"]))
    caller = Caller(kind=kind, transport=Handled(watched))
    with pytest.raises(PartialFailureError) as caught:
        caller(
            "delete_records",
            client={"max_concurrency": 1},
            annotation_queue=QUEUE,
            record_ids=watched.reading(iter(ids)),
        )
    assert watched.taken <= 4 * MAX_RECORD_IDS_PER_DELETE
    assert isinstance(caught.value.remaining, Iterator)
    caller("delete_records", annotation_queue=QUEUE, record_ids=caught.value.remaining)
    assert watched.taken == len(ids)
    assert watched._server.records == set()


def test_an_endless_iterator_can_be_stopped_by_a_deadline() -> None:
    """A deadline stops an add whose input never ends."""
    watched = Watched(PlainServer())
    numbers = iter(int, 1)  # endless zeros
    caller = Caller(kind="sync", transport=Handled(watched), clock=None)
    with pytest.raises(PartialFailureError) as caught:
        caller(
            "add_records",
            annotation_queue=QUEUE,
            deadline=0.5,
            record_sources=(span_source(number, MAX_RECORDS_PER_REQUEST) for number in numbers),
        )
    assert next(caught.value.remaining).ids
    assert caught.value.summary.submitted >= caught.value.summary.created


def span_source(number: int, size: int) -> SpanSource:
    """Build a span source with IDs that no other number's source has."""
    return SpanSource(
        project="proj_1",
        start_time=START,
        end_time="2026-03-03",
        span_ids=[f"{number}-{index}" for index in range(size)],
    )
