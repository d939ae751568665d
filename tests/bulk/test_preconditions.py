"""Preconditions: annotations are checked before the first write, and completed work is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from arize_queues_raw.limits import MAX_RECORDS_PAGE_SIZE, MAX_RECORDS_PER_REQUEST

from arize_queues import InvalidRequestError, PartialFailureError, TraceSource
from arize_queues.emulator import Emulator, Fault
from tests.support.bulk_world import ANA, BEN, CHI, START, Job, World, check_sums, span_id

KINDS = ["sync", "asyncio"]


def annotate(world: World, queue: str, annotations: Any, kind: str = "sync", **options: Any) -> Any:
    """Annotate records."""
    return world.caller(kind)("annotate_records", annotation_queue=queue, annotations=annotations, **options)


def assign(world: World, queue: str, assignments: Any, kind: str = "sync", **options: Any) -> Any:
    """Assign records."""
    return world.caller(kind)("assign_records", annotation_queue=queue, assignments=assignments, **options)


def queue_of(world: World, count: int) -> tuple[str, list[str]]:
    """Create a queue with this many records, and return its ID and theirs."""
    world.emulator.add_spans(world.project, ({"span_id": span_id(n), "start_time": START} for n in range(count)))
    queue = world.create_queue(spans=count)
    return queue, world.record_ids(queue)


def values(world: World, queue: str) -> list[dict[str, Any]]:
    """Return the annotation values of each record by config name."""
    return [
        {note["name"]: note.get("label") or note.get("text") or note.get("score") for note in record["annotations"]}
        for record in world.emulator.records(queue)
    ]


def assignees(world: World, queue: str) -> list[list[tuple[str, str]]]:
    """Return the assignees of each record with their completion status."""
    return [
        [(item["user"]["email"], item["completion_status"]) for item in record["assigned_users"]]
        for record in world.emulator.records(queue)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_wrong_is_told_before_the_first_write(world: World, kind: str) -> None:
    """Unknown names, unknown labels and scores out of range are all reported at once, before any write."""
    queue, ids = queue_of(world, 5)
    rows = {
        ids[0]: [{"name": "notes", "text": "fine"}],
        ids[1]: [{"name": "acuracy", "label": "correct"}],
        ids[2]: [{"name": "accuracy", "label": "Correct"}],
        ids[3]: [{"name": "score", "score": 11}, {"name": "score", "score": 1}],
        ids[4]: [{"name": "score", "score": -0.1}, {"name": "notes", "text": "fine"}],
    }
    with pytest.raises(InvalidRequestError) as caught:
        annotate(world, queue, rows, kind)
    assert "is given twice" in str(caught.value)
    rows[ids[3]].pop()
    with pytest.raises(InvalidRequestError) as caught:
        annotate(world, queue, rows, kind)
    assert len(caught.value.problems) == 4
    for record_id, words in zip(
        ids[1:], ["'accuracy', 'score', 'notes'", "'correct', 'incorrect'", "0 to 10", "0 to 10"], strict=True
    ):
        assert any(record_id in problem and words in problem for problem in caught.value.problems), record_id
    assert world.writes("annotate_records") == []


def test_the_edges_of_a_score_range_are_allowed(world: World) -> None:
    """The minimum and maximum of a score range are valid scores."""
    queue, ids = queue_of(world, 2)
    annotate(world, queue, {ids[0]: [{"name": "score", "score": 0}], ids[1]: [{"name": "score", "score": 10}]})
    assert [record["annotations"][0]["score"] for record in world.emulator.records(queue)] == [0, 10]


def test_without_validation_the_server_judges(world: World) -> None:
    """With validate=False the client reads nothing, and a row that the server rejects fails alone."""
    queue, ids = queue_of(world, 2)
    rows = {ids[0]: [{"name": "accuracy", "label": "wrong"}], ids[1]: [{"name": "accuracy", "label": "correct"}]}
    with pytest.raises(PartialFailureError) as caught:
        annotate(world, queue, rows, validate=False)
    assert [failure.what for failure in caught.value.failures] == [[ids[0]]]
    assert values(world, queue) == [{}, {"accuracy": "correct"}]
    assert {request.method for request in world.emulator.requests} == {"POST"}


def test_validation_reads_the_queue_once(world: World) -> None:
    """Validating any number of rows costs one read of the queue."""
    job = Job.of(world, "annotate_records", 20)
    annotate(world, job.queue, job.given)
    assert [request.method for request in world.emulator.requests].count("GET") == 1


def test_rows_of_an_iterator_are_judged_as_they_come(world: World) -> None:
    """A bad row of an iterator is named in the error and not written, and the rows before it are written."""
    queue, ids = queue_of(world, 3)
    rows = [
        (ids[0], [{"name": "score", "score": 1}]),
        (ids[1], [{"name": "score", "score": 99}]),
        (ids[2], [{"name": "score", "score": 2}]),
    ]
    with pytest.raises(PartialFailureError) as caught:
        annotate(world, queue, iter(rows))
    assert isinstance(caught.value.__cause__, InvalidRequestError)
    assert ids[1] in str(caught.value)
    assert values(world, queue)[:2] == [{"score": 1}, {}]
    check_sums(caught.value.summary)


def test_a_queue_whose_configs_are_not_told_is_not_judged(world: World) -> None:
    """Annotations are not validated where the server omits the queue's configs."""
    queue, ids = queue_of(world, 1)
    world.emulator.faults.add(Fault(method="GET", remove=["annotation_configs"], times=None))
    annotate(world, queue, {ids[0]: [{"name": "notes", "text": "x"}]})
    assert values(world, queue) == [{"notes": "x"}]


def test_a_config_of_an_unknown_kind_is_not_judged(world: World) -> None:
    """Annotations of a config of an unknown type are not validated."""
    queue, ids = queue_of(world, 1)
    world.emulator.faults.add(Fault(method="GET", replace={"type": "RANKING"}, times=None))
    annotate(world, queue, {ids[0]: [{"name": "accuracy", "label": "correct"}]})
    assert values(world, queue) == [{"accuracy": "correct"}]


@pytest.mark.parametrize("kind", KINDS)
def test_on_conflict_overwrite_writes_over(world: World, kind: str) -> None:
    """By default, existing annotations are overwritten and no records are read."""
    queue, ids = queue_of(world, 2)
    annotate(world, queue, {ids[0]: [{"name": "notes", "text": "old"}]})
    world.emulator.clear_requests()
    annotate(world, queue, {name: [{"name": "notes", "text": "new"}] for name in ids}, kind)
    assert values(world, queue) == [{"notes": "new"}, {"notes": "new"}]
    assert not [request for request in world.emulator.requests if request.path.endswith("/records")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lazily", [False, True])
def test_on_conflict_skip_leaves_what_is_there(world: World, kind: str, lazily: bool) -> None:
    """With "skip", existing values stay, only missing annotations are written, and skipped records are reported."""
    queue, ids = queue_of(world, 4)
    old = [{"name": "notes", "text": "old"}]
    annotate(
        world,
        queue,
        {ids[0]: old, ids[1]: [*old, {"name": "score", "score": 3}], ids[2]: [{"name": "notes", "text": "new"}]},
    )
    world.emulator.clear_requests()
    rows = {name: [{"name": "notes", "text": "new"}] for name in ids}
    rows[ids[1]] = [{"name": "notes", "text": "new"}, {"name": "accuracy", "label": "correct"}]
    result = annotate(world, queue, iter(rows.items()) if lazily else rows, kind, on_conflict="skip")
    assert values(world, queue) == [
        {"notes": "old"},
        {"notes": "old", "score": 3, "accuracy": "correct"},
        {"notes": "new"},
        {"notes": "new"},
    ]
    assert list(result.left_out) == [ids[0]]
    assert "notes" in result.left_out[ids[0]]
    assert (result.summary.left_out, result.summary.done, result.summary.submitted) == (1, 3, 4)
    assert list(result) == ids[1:]
    check_sums(result.summary)


def test_on_conflict_fail_refuses_before_the_first_write(world: World) -> None:
    """With "fail", all conflicts are reported before any write, and an equal value is no conflict."""
    queue, ids = queue_of(world, 4)
    annotate(
        world, queue, {name: [{"name": "notes", "text": "old"}, {"name": "score", "score": 3}] for name in ids[:3]}
    )
    world.emulator.clear_requests()
    rows = {
        ids[0]: [{"name": "notes", "text": "new"}],
        ids[1]: [{"name": "score", "score": 4}],
        ids[2]: [{"name": "notes", "text": "old"}],
        ids[3]: [{"name": "notes", "text": "new"}],
    }
    with pytest.raises(InvalidRequestError) as caught:
        annotate(world, queue, rows, on_conflict="fail")
    assert len(caught.value.problems) == 2
    assert ids[0] in caught.value.problems[0]
    assert ids[1] in caught.value.problems[1]
    assert world.writes("annotate_records") == []
    annotate(world, queue, {name: rows[name] for name in ids[2:]}, on_conflict="fail")
    assert values(world, queue)[2:] == [{"notes": "old", "score": 3}, {"notes": "new"}]


@pytest.mark.parametrize("revision", ["2026-05", "2026-10"])
def test_the_guards_understand_both_revisions(revision: Any) -> None:
    """Preconditions work the same under both spellings of config types and completion statuses."""
    with Emulator(revision=revision) as emulator:
        world = World.on(emulator)
        emulator.add_spans(world.project, ({"span_id": span_id(n), "start_time": START} for n in range(2)))
        fields = {**world.queue_fields(), "record_sources": [world.source(range(2))]}
        queue = world.caller("sync")("create", client={"api_revision": "auto"}, **fields).id
        ids = world.record_ids(queue)
        with pytest.raises(InvalidRequestError) as caught:
            annotate(
                world,
                queue,
                {ids[0]: [{"name": "score", "score": 11}], ids[1]: [{"name": "accuracy", "label": "x"}]},
                client={"api_revision": "auto"},
            )
        assert len(caught.value.problems) == 2
        emulator.complete(queue, ids[0], ANA)
        result = assign(world, queue, {ids[0]: [BEN], ids[1]: [BEN]}, client={"api_revision": "auto"})
        assert list(result.left_out) == [ids[0]]


@pytest.mark.parametrize("on_conflict", ["skip", "fail"])
def test_annotations_of_a_trace_count_as_its_record_s(world: World, on_conflict: Any) -> None:
    """The trace annotations of a trace's record are what a new annotation can conflict with."""
    world.emulator.add_spans(world.project, [{"span_id": "s", "trace_id": "t", "start_time": START}])
    queue = world.create_queue()
    source = TraceSource(project=world.project, start_time=START, end_time="2026-03-03", trace_ids=["t"])
    call = world.caller("sync")
    (record,) = call("add_records", annotation_queue=queue, record_sources=[source])
    annotate(world, queue, {record.id: [{"name": "notes", "text": "old"}]})
    new = {record.id: [{"name": "notes", "text": "new"}]}
    if on_conflict == "skip":
        assert list(annotate(world, queue, new, on_conflict="skip").left_out) == [record.id]
    else:
        with pytest.raises(InvalidRequestError):
            annotate(world, queue, new, on_conflict="fail")
    (found,) = world.emulator.records(queue)
    assert [note["text"] for note in found["trace_annotations"]] == ["old"]


def test_an_unknown_way_to_treat_conflicts_is_refused(world: World) -> None:
    """An unknown `on_conflict` is refused before any request, and the error lists the allowed values."""
    with pytest.raises(InvalidRequestError, match="overwrite, skip, fail"):
        annotate(world, "aq_1", {"r": [{"name": "notes", "text": "x"}]}, on_conflict="ignore")
    assert world.emulator.requests == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lazily", [False, True])
def test_finished_work_is_left_alone(world: World, kind: str, lazily: bool) -> None:
    """Completed assignments are never changed, unchanged records are not sent, and all others are assigned."""
    queue, ids = queue_of(world, 6)
    assign(world, queue, {name: [ANA, BEN] for name in ids})
    world.emulator.complete(queue, ids[0], ANA)
    world.emulator.complete(queue, ids[1], ANA)
    world.emulator.complete(queue, ids[2], BEN)
    world.emulator.clear_requests()
    rows = {
        ids[0]: [BEN],  # would remove Ana
        ids[1]: [ANA, BEN, CHI],  # would reset Ana
        ids[2]: [BEN, ANA],  # unchanged
        ids[3]: [ANA, BEN],  # unchanged
        ids[4]: [CHI],
        ids[5]: [],
    }
    result = assign(world, queue, iter(rows.items()) if lazily else rows, kind)
    assert assignees(world, queue) == [
        [(ANA, "completed"), (BEN, "pending")],
        [(ANA, "completed"), (BEN, "pending")],
        [(ANA, "pending"), (BEN, "completed")],
        [(ANA, "pending"), (BEN, "pending")],
        [(CHI, "pending")],
        [],
    ]
    assert set(result.left_out) == set(ids[:4])
    assert [ANA in result.left_out[name] for name in ids[:2]] == [True, True]
    assert all("unchanged" in result.left_out[name] for name in ids[2:4])
    assert list(result) == ids[4:]
    assert (result.summary.left_out, result.summary.done) == (4, 2)
    assert len(world.writes("assign_records")) == 2
    check_sums(result.summary)


def test_finished_work_is_reset_only_when_told_to(world: World) -> None:
    """With keep_completed=False every record is assigned as given, and nothing is read."""
    queue, ids = queue_of(world, 2)
    world.emulator.complete(queue, ids[0], ANA)
    result = assign(world, queue, {ids[0]: [ANA], ids[1]: [BEN]}, keep_completed=False)
    assert assignees(world, queue) == [[(ANA, "pending")], [(BEN, "pending")]]
    assert result.left_out == {}
    assert {request.method for request in world.emulator.requests} == {"POST"}


def test_emails_that_differ_in_case_only_are_unchanged(world: World) -> None:
    """An email that differs only in case is the same assignee, whose completed work is not reset."""
    queue, ids = queue_of(world, 1)
    world.emulator.complete(queue, ids[0], ANA)
    result = assign(world, queue, {ids[0]: [ANA.upper()]})
    assert list(result.left_out) == ids
    assert assignees(world, queue) == [[(ANA, "completed")]]


def test_a_queue_of_more_than_a_page_is_read_whole(world: World) -> None:
    """Completed work is found on every page of a queue's records."""
    queue, _ = queue_of(world, MAX_RECORDS_PER_REQUEST)
    more = range(MAX_RECORDS_PER_REQUEST, MAX_RECORDS_PAGE_SIZE + 20)
    world.emulator.add_spans(world.project, ({"span_id": span_id(n), "start_time": START} for n in more))
    world.caller("sync")("add_records", annotation_queue=queue, record_sources=[world.source(more)])
    ids = world.record_ids(queue)
    world.emulator.complete(queue, ids[-1], ANA)
    result = assign(world, queue, {ids[0]: [BEN], ids[-1]: [BEN]})
    assert list(result.left_out) == [ids[-1]]


def test_all_left_out_is_a_success(world: World) -> None:
    """A call that has nothing to write succeeds with an empty result and a reason for each record."""
    queue, ids = queue_of(world, 3)
    result = assign(world, queue, {name: [ANA] for name in ids})
    assert dict(result) == {}
    assert list(result.left_out) == ids
    check_sums(result.summary)
    assert world.writes("assign_records") == []


def test_an_unknown_email_fails_with_its_record(world: World) -> None:
    """An unknown email fails the record that names it, and the other records are assigned."""
    queue, ids = queue_of(world, 3)
    rows = {ids[0]: [BEN], ids[1]: ["nobody@example.com"], ids[2]: [CHI]}
    with pytest.raises(PartialFailureError, match=r"nobody@example\.com") as caught:
        assign(world, queue, rows)
    assert [failure.what for failure in caught.value.failures] == [[ids[1]]]
    assert caught.value.remaining == {ids[1]: ["nobody@example.com"]}
    assert assignees(world, queue) == [[(BEN, "pending")], [(ANA, "pending")], [(CHI, "pending")]]


@pytest.mark.parametrize("on_conflict", ["fail", "skip"])
def test_what_is_added_to_an_annotation_overwrites_nothing(world: World, on_conflict: str) -> None:
    """Adding a text to an existing label, or repeating the label, is no conflict."""
    queue, (record,) = queue_of(world, 1)
    annotate(world, queue, {record: [{"name": "accuracy", "label": "correct"}]})
    again = [{"name": "accuracy", "label": "correct", "text": "as the order says"}]
    result = annotate(world, queue, {record: again}, on_conflict=on_conflict)
    assert (result.summary.done, result.left_out, result.trimmed) == (1, {}, {})
    (note,) = world.emulator.records(queue)[0]["annotations"]
    assert (note["label"], note["text"]) == ("correct", "as the order says")


def test_what_is_skipped_of_a_record_is_told(world: World) -> None:
    """A record with one of two annotations skipped is done, and `.trimmed` names the skipped one."""
    queue, (record,) = queue_of(world, 1)
    annotate(world, queue, {record: [{"name": "accuracy", "label": "correct"}]})
    both = [{"name": "accuracy", "label": "incorrect"}, {"name": "notes", "text": "new"}]
    result = annotate(world, queue, {record: both}, on_conflict="skip")
    assert (result.summary.done, result.left_out) == (1, {})
    assert "accuracy" in result.trimmed[record]
    assert values(world, queue) == [{"accuracy": "correct", "notes": "new"}]


def test_emails_in_another_case_are_the_same_people(world: World) -> None:
    """Assignees that differ only in case are unchanged, and no email is sent twice."""
    queue, (record,) = queue_of(world, 1)
    assign(world, queue, {record: [BEN]})
    world.emulator.clear_requests()
    result = assign(world, queue, {record: [BEN.title(), BEN.upper()]})
    assert "unchanged" in result.left_out[record]
    assert world.writes("assign_records") == []
    assign(world, queue, {record: [CHI, CHI.upper(), BEN]})
    assert world.writes("assign_records")[0].body == {"assigned_user_emails": [CHI, BEN]}


@pytest.mark.parametrize("bad", [".", "..", "", "  "])
def test_an_id_that_would_lead_elsewhere_is_refused_before_the_first_write(world: World, bad: str) -> None:
    """A record ID that would change the URL's path is refused before any write, even among valid rows."""
    queue, (record,) = queue_of(world, 1)
    note = [{"name": "notes", "text": "x"}]
    with pytest.raises(InvalidRequestError):
        annotate(world, queue, {record: note, bad: note})
    with pytest.raises(InvalidRequestError):
        assign(world, queue, {record: [BEN], bad: [BEN]})
    assert [request for request in world.emulator.requests if request.method != "GET"][1:] == []
