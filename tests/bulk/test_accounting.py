"""The counts of a bulk call add up, and completed and remaining records together are its input."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE, MAX_RECORDS_PER_REQUEST
from hypothesis import given, settings
from hypothesis import strategies as st

from arize_queues import (
    ExampleSource,
    Id,
    InvalidRequestError,
    NameNotFoundError,
    PartialFailureError,
    SpanSource,
    TraceSource,
)
from tests.support.bulk_world import START, Caller, Handled, check_sums
from tests.support.examples import examples
from tests.support.plain_server import OUTCOMES, QUEUE, PlainServer, record

Sources = list[SpanSource | ExampleSource]
SCRIPTS = st.lists(st.sampled_from([*OUTCOMES, "ok", "ok", "ok"]), max_size=12)
WIDTHS = st.sampled_from([1, 2, 8])
TRIES = 20


class IteratorError(Exception):
    """Error that a test's iterator raises."""


def source(window: int, names: list[int]) -> SpanSource:
    """Build a source whose window differs for each number."""
    start = START + timedelta(seconds=window)
    return SpanSource(
        project="proj_1", start_time=start, end_time=start + timedelta(days=1), span_ids=[f"s{name}" for name in names]
    )


SPANS = st.builds(source, st.integers(0, 5), st.lists(st.integers(0, 12), min_size=1, max_size=20))
WHOLE = st.builds(lambda number: ExampleSource(dataset=f"ds_{number}"), st.integers(0, 3))
SOURCES = st.lists(SPANS | WHOLE, min_size=1, max_size=7)


def subjects(sources: Any) -> set[str]:
    """Return the subjects that sources ask for, one for each whole dataset."""
    found: set[str] = set()
    for item in sources:
        if isinstance(item, ExampleSource):
            found.add(f"whole {item.dataset}")
        else:
            found |= {f"{item.start_time:%Y-%m-%dT%H:%M:%S}Z {name}" for name in item.span_ids}
    return found


def on_server(server: PlainServer) -> set[str]:
    """Return the subjects on the server, in the form of `subjects`."""
    return {f"whole {name.partition(' ')[0]}" if name.startswith("ds_") else name for name in server.present}


def outcome(method: str, server: PlainServer, width: int, **arguments: Any) -> tuple[Any, Any]:
    """Make a call with few retries, and return its result and its error, of which one is None."""
    try:
        client = {"max_retries": 1, "max_concurrency": width}
        return caller_of(server)(method, client=client, annotation_queue=QUEUE, **arguments), None
    except PartialFailureError as partial:
        return None, partial


def caller_of(server: PlainServer, kind: str = "sync") -> Caller:
    """Return a caller for a plain server."""
    return Caller(kind=kind, transport=Handled(server))


@settings(max_examples=examples(100), deadline=None)
@given(SOURCES, SCRIPTS, st.sets(st.integers(0, 12), max_size=4), WIDTHS, st.booleans())
def test_the_counts_of_an_add_add_up(
    sources: Sources, script: list[str], bad: set[int], width: int, lazily: bool
) -> None:
    """The counts of an add add up under any faults, and repeated calls leave nothing but bad IDs."""
    server = PlainServer(script=script)
    server.bad = {f"s{name}" for name in bad}
    server.datasets = {f"ds_{number}": 3 * number for number in range(4)}
    left, failures = sources, []
    for _ in range(TRIES):
        before, healthy = subjects(left), not server.script
        result, partial = outcome("add_records", server, width, record_sources=iter(left) if lazily else left)
        if partial is None:
            check_sums(result.summary)
            assert result.summary.failed == result.summary.not_sent == 0
            left = []
            break
        check_sums(partial.summary)
        left, failures = list(partial.remaining), partial.failures
        assert subjects(left) <= before
        # An empty dataset leaves no trace on the server.
        assert before - subjects(left) <= on_server(server) | {"whole ds_0"}
        assert left, "an error with nothing left"
        assert failures or partial.summary.not_sent
        if subjects(left) == before and healthy:
            break
    else:
        pytest.fail("it never ends")
    assert subjects(sources) - subjects(left) <= on_server(server) | {"whole ds_0"}
    assert not left or server.bad & {name for failure in failures for name in failure.what}


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(st.integers(0, 3 * MAX_RECORD_IDS_PER_DELETE), min_size=1, max_size=5 * MAX_RECORD_IDS_PER_DELETE),
    SCRIPTS,
    st.sets(st.integers(0, 3 * MAX_RECORD_IDS_PER_DELETE), max_size=3),
    WIDTHS,
    st.booleans(),
    st.none() | st.integers(0, 5 * MAX_RECORD_IDS_PER_DELETE),
)
def test_the_counts_of_a_delete_add_up(  # noqa: PLR0917  # hypothesis passes them
    numbers: list[int], script: list[str], bad: set[int], width: int, lazily: bool, breaks_at: int | None
) -> None:
    """The counts of a delete add up under any faults, even if its iterator raises half way."""
    ids = [f"r{number}" for number in numbers]
    server = PlainServer(ids, script)
    server.bad = {f"r{number}" for number in bad}
    given_ids = ids if breaks_at is None or not lazily else ids[:breaks_at]

    def breaking() -> Iterator[str]:
        yield from given_ids
        if given_ids is not ids:
            raise IteratorError

    _, partial = outcome("delete_records", server, width, record_ids=breaking() if lazily else ids)
    if partial is None:
        assert given_ids is ids
        assert not server.records
        return
    left, taken = [], set(given_ids)
    with suppress(IteratorError):
        left += (name for name in partial.remaining)
    check_sums(partial.summary)
    failed = {name for failure in partial.failures for name in failure.what}
    assert failed <= set(left) <= taken
    assert not (taken - set(left)) & server.records, "neither deleted nor left"


@settings(max_examples=examples(60), deadline=None)
@given(
    st.sampled_from(["annotate_records", "assign_records"]),
    st.integers(1, 25),
    SCRIPTS,
    st.sets(st.integers(0, 24), max_size=4),
    WIDTHS,
    st.booleans(),
    st.none() | st.integers(0, 25),
)
def test_the_counts_of_annotating_and_assigning_add_up(  # noqa: PLR0917  # hypothesis passes them
    method: str, count: int, script: list[str], bad: set[int], width: int, lazily: bool, breaks_at: int | None
) -> None:
    """The counts of annotate and assign calls add up under any faults, even if their iterator raises."""
    ids = [f"r{number}" for number in range(count)]
    server = PlainServer(ids, script)
    server.bad = {f"r{number}" for number in bad}
    value: Any = [{"name": "notes", "text": "x"}] if method == "annotate_records" else ["ana@example.com"]
    given_ids = ids if breaks_at is None or not lazily else ids[:breaks_at]

    def breaking() -> Iterator[tuple[str, Any]]:
        yield from ((name, value) for name in given_ids)
        if len(given_ids) < len(ids):
            raise IteratorError

    fields = {"annotate_records": "annotations", "assign_records": "assignments"}
    arguments = {fields[method]: breaking() if lazily else dict.fromkeys(ids, value)}
    applied = server.notes if method == "annotate_records" else server.assigned
    result, partial = outcome(method, server, width, **arguments)
    if partial is None:
        check_sums(result.summary)
        assert list(result) == ids == list(given_ids)
        assert set(applied) == set(ids)
        return
    check_sums(partial.summary)
    left: dict[str, Any] = {}
    with suppress(IteratorError):
        left.update(partial.remaining)
    assert set(left) | set(partial.completed) == set(given_ids)
    assert not set(left) & set(partial.completed)
    assert set(partial.completed) <= set(applied)
    assert all(left.values())


@settings(max_examples=examples(30), deadline=None)
@given(SOURCES, SCRIPTS, WIDTHS)
def test_the_counts_of_two_runs_with_a_ledger_add_up(sources: Sources, script: list[str], width: int) -> None:
    """Each run with a ledger includes the counts of earlier runs, and the last run has nothing left."""
    server = PlainServer(script=script)
    server.datasets = {f"ds_{number}": 3 * number for number in range(4)}
    caller = caller_of(server)
    with TemporaryDirectory() as folder:
        done = 0
        for _ in range(TRIES):
            try:
                summary = caller(
                    "add_records",
                    client={"max_retries": 0, "max_concurrency": width},
                    annotation_queue=QUEUE,
                    record_sources=sources,
                    ledger=Path(folder) / "job.sqlite",
                ).summary
            except PartialFailureError as partial:
                summary = partial.summary
                check_sums(summary)
                assert done <= summary.created + summary.already_present
                done = summary.created + summary.already_present
            else:
                break
        else:
            pytest.fail("it never ends")
    check_sums(summary)
    assert summary.failed == summary.not_sent == 0
    assert {name for name in subjects(sources) if name != "whole ds_0"} <= on_server(server)
    assert summary.created <= len(server.present)
    assert summary.created + summary.already_present >= len({name for name in subjects(sources) if "whole" not in name})


def test_duplicates_are_dropped_and_counted() -> None:
    """An ID given twice for equal sources is sent once and counted as a duplicate."""
    server = PlainServer()
    sources = [source(0, [1, 2, 1]), source(1, [1, 2]), source(0, [2, 3])]
    result = caller_of(server)("add_records", annotation_queue=QUEUE, record_sources=sources)
    assert (result.summary.submitted, result.summary.duplicates, result.summary.created) == (7, 2, 5)
    check_sums(result.summary)
    sent = [name for body in server.bodies for item in body["record_sources"] for name in item["span_ids"]]
    assert len(sent) == 5


def test_what_is_in_the_queue_already_is_counted_as_that() -> None:
    """Records that are in the queue already are counted as already present, not as created."""
    server = PlainServer()
    add = caller_of(server)
    add("add_records", annotation_queue=QUEUE, record_sources=[source(0, [1, 2])])
    again = add("add_records", annotation_queue=QUEUE, record_sources=[source(0, [1, 2, 3])])
    assert (again.summary.created, again.summary.already_present) == (1, 2)
    check_sums(again.summary)


def test_a_whole_dataset_that_is_refused_is_one_failure() -> None:
    """A refused whole dataset, whose size is unknown, counts as one submitted and one failed record."""
    server = PlainServer(script=["400"])
    server.datasets = {"ds_1": 3}
    with pytest.raises(PartialFailureError) as caught:
        caller_of(server)(
            "add_records", annotation_queue=QUEUE, record_sources=[ExampleSource(dataset="ds_1"), source(0, [1])]
        )
    check_sums(caught.value.summary)
    assert [failure.what for failure in caught.value.failures] == [["all of ds_1"]]
    assert caught.value.remaining == [ExampleSource(dataset="ds_1")]


@pytest.mark.parametrize("taken", [0, 1, 50, MAX_RECORD_IDS_PER_DELETE, MAX_RECORD_IDS_PER_DELETE + 50])
def test_what_an_iterator_gave_before_it_raised_is_deleted(taken: int) -> None:
    """All IDs that an iterator yielded before it raised are deleted."""
    ids = [f"r{number}" for number in range(taken)]
    server = PlainServer(ids)

    def breaking() -> Iterator[str]:
        yield from ids
        raise IteratorError("the source is gone")

    with pytest.raises(PartialFailureError, match="the source is gone") as caught:
        caller_of(server)("delete_records", annotation_queue=QUEUE, record_ids=breaking())
    assert isinstance(caught.value.__cause__, IteratorError)
    assert server.records == set(caught.value.remaining) == set()
    assert (caught.value.summary.submitted, caught.value.summary.done) == (taken, taken)


def test_what_an_iterator_of_sources_gave_before_it_raised_is_added() -> None:
    """All sources that an iterator yielded before it raised are added."""
    server = PlainServer()

    def breaking() -> Iterator[SpanSource]:
        yield source(0, [1, 2])
        yield source(1, [3])
        raise IteratorError

    with pytest.raises(PartialFailureError) as caught:
        caller_of(server)("add_records", annotation_queue=QUEUE, record_sources=breaking())
    assert len(server.present) == 3
    assert list(caught.value.remaining) == []
    assert caught.value.summary.created == caught.value.summary.submitted == 3


def test_an_iterator_that_raises_after_the_call_was_stopped_loses_no_account() -> None:
    """A 401 followed by an iterator's exception still raises a PartialFailureError with exact counts."""
    ids = [f"r{number}" for number in range(2 * MAX_RECORD_IDS_PER_DELETE)]
    server = PlainServer(ids, ["ok", "401"])

    def breaking() -> Iterator[str]:
        yield from ids
        raise IteratorError

    with pytest.raises(PartialFailureError) as caught:
        caller_of(server)(
            "delete_records", client={"max_concurrency": 1}, annotation_queue=QUEUE, record_ids=breaking()
        )
    check_sums(caught.value.summary)
    assert caught.value.summary.done == MAX_RECORD_IDS_PER_DELETE
    assert list(caught.value.remaining)[:MAX_RECORD_IDS_PER_DELETE] == ids[MAX_RECORD_IDS_PER_DELETE:]


def test_a_bad_row_of_an_iterator_fails_alone(kind: str) -> None:
    """An empty or repeated row of an iterator fails alone, and only the empty one remains."""
    server, note = PlainServer(["r0", "r1", "r2"]), [{"name": "notes", "text": "x"}]
    rows = [("r0", note), ("r1", []), ("r2", note), ("r0", note)]
    with pytest.raises(PartialFailureError) as caught:
        caller_of(server, kind)("annotate_records", annotation_queue=QUEUE, annotations=iter(rows))
    assert [failure.what for failure in caught.value.failures] == [["r1"], ["r0"]]
    assert "annotations['r1']" in str(caught.value.failures[0].error)
    assert "given twice" in str(caught.value.failures[1].error)
    assert all(isinstance(failure.error, InvalidRequestError) for failure in caught.value.failures)
    assert list(caught.value.remaining) == [rows[1]]
    assert server.notes == {"r0": "x", "r2": "x"}
    assert (caught.value.summary.done, caught.value.summary.failed) == (2, 2)
    check_sums(caught.value.summary)


def test_a_bad_id_or_source_of_an_iterator_fails_alone(kind: str) -> None:
    """A bad ID or source of an iterator fails alone and remains, and all others are sent."""
    server = PlainServer(["r0", "r1"])
    with pytest.raises(PartialFailureError) as caught:
        caller_of(server, kind)("delete_records", annotation_queue=QUEUE, record_ids=iter(["r0", "", "r1"]))
    assert [failure.what for failure in caught.value.failures] == [["''"]]
    assert list(caught.value.remaining) == [""]
    assert (caught.value.summary.done, caught.value.summary.failed) == (2, 1)
    check_sums(caught.value.summary)

    sources = [source(0, [1]), {"record_type": "planet"}, source(1, [2, 3])]
    with pytest.raises(PartialFailureError) as caught:
        caller_of(server, kind)("add_records", annotation_queue=QUEUE, record_sources=iter(sources))
    assert [failure.what for failure in caught.value.failures] == [["record_sources[1]"]]
    assert list(caught.value.remaining) == [sources[1]]
    assert (caught.value.summary.created, caught.value.summary.failed) == (3, 1)
    check_sums(caught.value.summary)


def test_a_mapping_with_an_empty_list_is_refused_before_anything_is_sent() -> None:
    """All problems of a mapping are reported at once, before any request."""
    server = PlainServer()
    rows = {"r0": [{"name": "notes", "text": "x"}], "r1": [], "r2": [{"text": "no name"}]}
    with pytest.raises(InvalidRequestError) as caught:
        caller_of(server)("annotate_records", annotation_queue=QUEUE, annotations=rows)
    assert len(caught.value.problems) == 2
    assert server.bodies == []


def test_an_add_of_more_than_fits_keeps_the_order() -> None:
    """An add of several requests returns the created records in input order."""
    server = PlainServer()
    names = list(range(2 * MAX_RECORDS_PER_REQUEST + 7))
    result = caller_of(server)("add_records", annotation_queue=QUEUE, record_sources=[source(0, names)])
    assert [record.id.split(" ")[1] for record in result] == [f"s{name}" for name in names]
    assert result.requests_sent == len(server.bodies) == 3


def test_an_account_with_an_iterator_pickles_without_it() -> None:
    """A pickled PartialFailureError keeps its summary, and its `.remaining` unless that is an iterator."""
    server = PlainServer(["r0"])
    server.bad = {"r0"}
    with pytest.raises(PartialFailureError) as caught:
        caller_of(server)("delete_records", annotation_queue=QUEUE, record_ids=iter(["r0"]))
    copied = pickle.loads(pickle.dumps(caught.value))
    assert copied.remaining is None
    assert copied.summary == caught.value.summary
    with pytest.raises(PartialFailureError) as caught:
        caller_of(server)("delete_records", annotation_queue=QUEUE, record_ids=["r0"])
    assert pickle.loads(pickle.dumps(caught.value)).remaining == ["r0"]


def test_a_name_that_leads_nowhere_is_looked_up_once() -> None:
    """An unknown project is looked up once, however many sources of an iterator name it."""
    lookups: list[str] = []

    def nothing_there(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("name"):
            lookups.append(request.url.params["name"])
        return httpx.Response(200, json={"projects": [], "pagination": {"has_more": False}})

    sources = [source(number, [number]).with_owner("chta") for number in range(50)]
    with pytest.raises(PartialFailureError) as caught:
        Caller(kind="sync", transport=Handled(nothing_there))(
            "add_records",
            client={"max_concurrency": 1},
            annotation_queue=QUEUE,
            space="spc_1",
            record_sources=iter(sources),
        )
    assert all(isinstance(failure.error, NameNotFoundError) for failure in caught.value.failures)
    assert lookups == ["chta"]
    assert len(list(caught.value.remaining)) == 50


@pytest.mark.parametrize("lazily", [False, True])
def test_what_a_revision_does_not_have_is_refused_here(lazily: bool) -> None:
    """Trace sources under revision 2026-05 are refused before any write, in a list or from an iterator."""
    server = PlainServer()
    window = {"start_time": START, "end_time": START + timedelta(days=1)}
    traces = [TraceSource(project="proj_1", **window, trace_ids=["t"])]
    with pytest.raises((InvalidRequestError, PartialFailureError)) as caught:
        caller_of(server)(
            "add_records",
            client={"api_revision": "2026-05"},
            annotation_queue=QUEUE,
            record_sources=iter(traces) if lazily else traces,
        )
    assert "2026-05" in str(caught.value)
    assert server.bodies == []


def test_a_bad_name_in_an_iterator_takes_nothing_with_it(kind: str) -> None:
    """A source of an unknown project fails alone, and a good source of the same batch is added."""
    server = PlainServer()

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/projects":
            return httpx.Response(200, json={"projects": [], "pagination": {"has_more": False}})
        return server(request)

    sources = [source(0, [1, 2]), source(1, [3]).with_owner("chta")]
    with pytest.raises(PartialFailureError) as caught:
        Caller(kind=kind, transport=Handled(handle))(
            "add_records", annotation_queue=QUEUE, space="spc_1", record_sources=iter(sources)
        )
    assert (caught.value.summary.created, caught.value.summary.failed) == (2, 1)
    assert [left.ids for left in caught.value.remaining] == [("s3",)]


def test_a_name_that_leads_nowhere_is_not_held_against_others() -> None:
    """An unknown project name does not affect a dataset of that name or an Id that reads the same."""
    server = PlainServer()
    server.datasets = {"ds_1": 3}
    dataset = {"id": "ds_1", "name": "eval", "space_id": "spc_1", "created_at": "2026-03-01T00:00:00Z"}
    dataset |= {"updated_at": "2026-03-01T00:00:00Z"}

    def handle(request: httpx.Request) -> httpx.Response:
        end = {"pagination": {"has_more": False}}
        if request.url.path == "/v2/projects":
            return httpx.Response(200, json={"projects": [], **end})
        if request.url.path == "/v2/datasets":
            return httpx.Response(200, json={"datasets": [dataset], **end})
        return server(request)

    sources = [source(0, [1]).with_owner("eval"), ExampleSource(dataset="eval"), source(0, [2]).with_owner(Id("eval"))]
    with pytest.raises(PartialFailureError) as caught:
        Caller(kind="sync", transport=Handled(handle))(
            "add_records",
            client={"max_concurrency": 1},
            annotation_queue=QUEUE,
            space="spc_1",
            record_sources=iter(sources),
        )
    assert [failure.what for failure in caught.value.failures] == [["s1"]]
    assert caught.value.summary.created == 4


def test_ids_that_can_be_read_once_are_read_once() -> None:
    """A generator of IDs in a dict from an iterator is read once, and all its IDs are added."""
    server = PlainServer()
    window = {"start_time": START, "end_time": START + timedelta(days=1)}
    items = [{"record_type": "span", "project_id": "proj_1", **window, "span_ids": (f"s{n}" for n in range(3))}]
    added = caller_of(server)("add_records", annotation_queue=QUEUE, record_sources=iter(items))
    assert added.summary.created == 3


def test_a_server_that_tells_of_more_than_was_asked_for_keeps_the_sums_right() -> None:
    """The counts add up even if the server reports more records than were sent."""

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(201, json={"record_sources": [record(name) for name in "abc"]})

    added = Caller(kind="sync", transport=Handled(handle))(
        "add_records", annotation_queue=QUEUE, record_sources=[source(0, [1])]
    )
    check_sums(added.summary)
    assert added.summary.created == 3
