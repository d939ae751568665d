"""Isolation: a request that the server declines is split until the bad IDs stand alone and all others succeed."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE, MAX_RECORDS_PER_REQUEST

from arize_queues import DeadlineExceededError, NotFoundError, PartialFailureError, SpanSource, UnprocessableEntityError
from arize_queues.emulator import Fault
from tests.support.bulk_world import Job, World, check_sums, span_id

LEVELS = math.ceil(math.log2(MAX_RECORDS_PER_REQUEST))
# Enough requests to isolate ten IDs, and to find that splitting is in vain.
IN_VAIN = 1 + 11 * LEVELS
KINDS = ["sync", "asyncio"]


def add(world: World, kind: str, numbers: range, bad: set[str], **client: Any) -> PartialFailureError:
    """Add spans of which the server refuses some, and return the error."""
    world.emulator.add_spans(
        world.project, ({"span_id": span_id(n), "start_time": "2026-03-02T00:00:00Z"} for n in numbers)
    )
    queue = world.create_queue()
    world.emulator.faults.add(Fault(method="POST", path="*/records", reject=bad, times=None))
    with pytest.raises(PartialFailureError) as caught:
        world.caller(kind)("add_records", client=client, annotation_queue=queue, record_sources=[world.source(numbers)])
    check_sums(caught.value.summary)
    return caught.value


def in_queue(world: World) -> set[str]:
    """Return the IDs of the spans in the only queue."""
    return {row[0] for row in world.state()[0]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [0, 1, MAX_RECORDS_PER_REQUEST // 2, MAX_RECORDS_PER_REQUEST - 1])
def test_one_bad_id_of_a_full_request_is_found(world: World, kind: str, place: int) -> None:
    """One bad ID in a full request is isolated in about log2(n) levels and carries the server's reason."""
    numbers = range(MAX_RECORDS_PER_REQUEST)
    partial = add(world, kind, numbers, {span_id(place)})
    assert [failure.what for failure in partial.failures] == [[span_id(place)]]
    error = partial.failures[0].error
    assert isinstance(error, UnprocessableEntityError)
    assert span_id(place) in (error.detail or "")
    assert in_queue(world) == {span_id(number) for number in numbers} - {span_id(place)}
    assert [source.ids for source in partial.remaining] == [(span_id(place),)]
    assert len(world.writes("add_records")) <= 1 + 2 * LEVELS
    assert [record.data["context.span_id"] for record in partial.completed] == [
        span_id(number) for number in numbers if number != place
    ]


@pytest.mark.parametrize(
    "places",
    [
        range(3),
        range(10),
        range(MAX_RECORDS_PER_REQUEST - 3, MAX_RECORDS_PER_REQUEST),
        [0, MAX_RECORDS_PER_REQUEST // 2],
        [0, 1, MAX_RECORDS_PER_REQUEST // 2, MAX_RECORDS_PER_REQUEST // 2 + 1],
        sorted(random.Random(3).sample(range(MAX_RECORDS_PER_REQUEST), 7)),
        range(0, MAX_RECORDS_PER_REQUEST, 40),
    ],
    ids=["first 3", "first 10", "last 3", "2 halves", "2 pairs", "7 anywhere", "every 40th"],
)
def test_several_bad_ids_are_found_and_all_others_go_in(world: World, places: Any) -> None:
    """Several bad IDs are each isolated, wherever they stand, and all other IDs are added."""
    numbers = range(MAX_RECORDS_PER_REQUEST)
    bad = {span_id(place) for place in places}
    partial = add(world, "sync", numbers, bad)
    assert [failure.what for failure in partial.failures] == [[span_id(place)] for place in places]
    assert in_queue(world) == {span_id(number) for number in numbers} - bad
    assert {name for source in partial.remaining for name in source.ids} == bad
    assert (partial.summary.failed, partial.summary.created) == (len(bad), len(numbers) - len(bad))
    assert len(world.writes("add_records")) <= 1 + 2 * LEVELS * len(bad)


@pytest.mark.parametrize("kind", KINDS)
def test_where_everything_is_refused_splitting_stops(world: World, kind: str) -> None:
    """Splitting stops when the first few IDs fail alike and none succeeds, and every ID remains."""
    numbers = range(MAX_RECORDS_PER_REQUEST)
    partial = add(world, kind, numbers, {span_id(number) for number in numbers})
    assert len(world.writes("add_records")) <= IN_VAIN
    assert in_queue(world) == set()
    assert partial.summary.failed + partial.summary.not_sent == len(numbers)
    assert [name for source in partial.remaining for name in source.ids] == [span_id(number) for number in numbers]


@pytest.mark.parametrize("percent", [30, 50, 70])
def test_good_ids_are_found_among_many_bad_ones(world: World, percent: int) -> None:
    """Good IDs are added even where most IDs are bad, and only bad IDs are reported."""
    numbers = range(100)
    bad = {span_id(number) for number in random.Random(percent).sample(numbers, percent)}
    partial = add(world, "sync", numbers, bad)
    assert in_queue(world) == {span_id(number) for number in numbers} - bad
    assert {name for failure in partial.failures for name in failure.what} == bad


def test_requests_that_are_searched_side_by_side_share_what_they_find(world: World) -> None:
    """Concurrent searches share their findings: eight refused requests cost one search and a few requests each."""
    numbers = range(8 * MAX_RECORDS_PER_REQUEST)
    add(world, "sync", numbers, {span_id(number) for number in numbers}, max_concurrency=8)
    assert len(world.writes("add_records")) <= IN_VAIN + 8 * (LEVELS + 1)


def test_further_requests_are_not_split_once_it_was_in_vain(world: World) -> None:
    """After one search in vain, each further refused request is sent once and not split."""
    numbers = range(4 * MAX_RECORDS_PER_REQUEST)
    partial = add(world, "sync", numbers, {span_id(number) for number in numbers}, max_concurrency=1)
    assert len(world.writes("add_records")) <= IN_VAIN + 3
    assert partial.summary.submitted == len(numbers)
    assert {name for source in partial.remaining for name in source.ids} == {span_id(number) for number in numbers}


def test_a_project_that_does_not_exist_is_no_reason_to_search(world: World) -> None:
    """A source with an unknown project fails as a whole with a 404 after a bounded number of requests."""
    queue = world.create_queue()
    source = SpanSource(
        project="UHJvamVjdDo5OTk5OQ==",
        start_time="2026-03-02",
        end_time="2026-03-03",
        span_ids=[span_id(number) for number in range(MAX_RECORDS_PER_REQUEST)],
    )
    with pytest.raises(PartialFailureError) as caught:
        world.caller("sync")("add_records", annotation_queue=queue, record_sources=[source])
    assert len(world.writes("add_records")) <= 2 * IN_VAIN  # after each 404 the client reads the queue again
    assert all(isinstance(failure.error, NotFoundError) for failure in caught.value.failures)
    check_sums(caught.value.summary)


def test_ids_that_the_server_does_not_know_are_named(world: World) -> None:
    """Spans that the emulator's own rules reject are each isolated, with its "not found" message."""
    numbers = range(20)
    world.emulator.add_spans(
        world.project, ({"span_id": span_id(n), "start_time": "2026-03-02T00:00:00Z"} for n in numbers)
    )
    queue = world.create_queue()
    sources = [world.source([*numbers, 77]), world.source([88, *numbers], window=1)]
    with pytest.raises(PartialFailureError, match="not found") as caught:
        world.caller("sync")("add_records", annotation_queue=queue, record_sources=sources)
    assert [failure.what for failure in caught.value.failures] == [[span_id(77)], [span_id(88)]]
    assert [source.ids for source in caught.value.remaining] == [(span_id(77),), (span_id(88),)]
    assert [source.window for source in caught.value.remaining] == [source.window for source in sources]
    assert in_queue(world) == {span_id(number) for number in numbers}
    check_sums(caught.value.summary)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("places", [[0], [5, 250], range(3), [299]])
def test_a_delete_is_split_too(world: World, kind: str, places: Any) -> None:
    """Bad IDs of a delete are each isolated, and all other records are deleted."""
    job = Job.of(world, "delete_records", 3)
    bad = [job.given[place] for place in places]
    world.emulator.faults.add(Fault(method="DELETE", reject=set(bad), times=None))
    with pytest.raises(PartialFailureError) as caught:
        world.caller(kind)("delete_records", **job.arguments(job.given))
    assert [failure.what for failure in caught.value.failures] == [[name] for name in bad]
    assert caught.value.remaining == bad
    assert world.record_ids(job.queue) == bad
    assert caught.value.summary.done == len(job.given) - len(bad)
    levels = math.ceil(math.log2(MAX_RECORD_IDS_PER_DELETE))
    assert len(world.writes("delete_records")) <= 3 + 2 * levels * len(bad)
    check_sums(caught.value.summary)


@pytest.mark.parametrize("method", ["annotate_records", "assign_records"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_record_among_many_fails_alone(world: World, kind: str, method: str) -> None:
    """Bad records of an annotate or assign call fail alone, and all others succeed without a second request."""
    job = Job.of(world, method, 12)
    bad = [list(job.given)[place] for place in (0, 1, 2, 7)]
    world.emulator.faults.add(Fault(method="POST", reject=set(bad), times=None))
    with pytest.raises(PartialFailureError) as caught:
        world.caller(kind)(method, **job.arguments(job.given))
    assert [failure.what for failure in caught.value.failures] == [[name] for name in bad]
    assert caught.value.remaining == {name: job.given[name] for name in bad} or list(caught.value.remaining) == bad
    assert list(caught.value.completed) == [name for name in job.given if name not in bad]
    assert job.applied() == set(job.given) - set(bad)
    assert len(world.writes(method)) == 12


def test_a_refusal_half_way_down_ends_the_search_with_a_true_account(world: World) -> None:
    """A 401 during a search stops it, and `.remaining` is exactly what the server has not applied."""
    numbers = range(MAX_RECORDS_PER_REQUEST)
    world.emulator.faults.add(Fault(method="POST", path="*/records", nth=4, status=401, times=None))
    partial = add(world, "sync", numbers, {span_id(3)})
    assert len(world.writes("add_records")) == 4
    left = {name for source in partial.remaining for name in source.ids}
    assert left == {span_id(number) for number in numbers} - in_queue(world)
    assert partial.summary.created == len(in_queue(world))


def test_reasons_that_differ_do_not_stop_the_search(world: World) -> None:
    """IDs that fail with different statuses do not stop the search."""
    numbers = range(8)
    for place, status in ((0, 422), (1, 404), (2, 400)):
        name = span_id(place)
        world.emulator.faults.add(
            Fault(
                method="POST",
                path="*/records",
                status=status,
                times=None,
                where=lambda request, name=name: (
                    [name] in [source["span_ids"] for source in request.body["record_sources"]]
                ),
            )
        )
    partial = add(world, "sync", numbers, {span_id(place) for place in range(3)})
    assert [failure.what for failure in partial.failures] == [[span_id(place)] for place in range(3)]
    assert len(in_queue(world)) == 5


def test_parts_that_were_not_sent_in_time_are_not_of_unknown_fate(world: World) -> None:
    """Parts of a declined request that miss the deadline are not reported as of unknown outcome."""
    numbers, caller = range(8), world.caller("sync")
    world.emulator.add_spans(
        world.project, ({"span_id": span_id(n), "start_time": "2026-03-02T00:00:00Z"} for n in numbers)
    )
    queue = world.create_queue()
    world.emulator.faults.add(Fault(method="POST", path="*/records", reject={span_id(0)}, times=1))
    world.emulator.faults.add(Fault(method="POST", path="*/records", status=429, retry_after=60, times=None))
    with pytest.raises(DeadlineExceededError) as caught:
        caller("add_records", annotation_queue=queue, record_sources=[world.source(numbers)], deadline=5.0)
    assert not [failure for failure in caught.value.failures if "may or may not" in str(failure.error)]
    check_sums(caught.value.summary)
