"""Records in the emulator: sources, limits, time ranges, idempotence, deleting."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from arize_queues_raw import limits

from arize_queues.emulator._seeding.demo import ANNOTATORS, FIRST_SPAN_TIME

QUEUES = "/v2/annotation-queues"


def test_adding_answers_the_new_records_in_the_order_of_the_source(any_desk):
    """201 with whole records: flat data, who is assigned, nothing annotated yet."""
    queue = any_desk.create()
    response = any_desk.add(queue, any_desk.spans(3, 1, 2))
    assert response.status_code == 201
    records = response.json()["record_sources"]
    ids = [record["data"]["context.span_id"] for record in records]
    assert ids == [f"support-chat-span-{position:05}" for position in (3, 1, 2)]
    assert records[0]["source_type"] == any_desk.spelled("spans")
    assert records[0]["annotations"] == []
    assert records[0]["assigned_users"][0]["completion_status"] == any_desk.spelled("pending")
    assert records == any_desk.records(queue)


def test_adding_again_is_200_and_changes_nothing(any_desk):
    """What is in the queue already is passed over: 200 and an empty list where nothing was new."""
    queue = any_desk.create()
    any_desk.add(queue, any_desk.spans(0, 1))
    again = any_desk.add(queue, any_desk.spans(0, 1))
    assert (again.status_code, again.json()) == (200, {"record_sources": []})
    partly = any_desk.add(queue, any_desk.spans(1, 2))
    assert (partly.status_code, len(partly.json()["record_sources"])) == (201, 1)


def test_an_id_given_twice_is_one_record(desk):
    """Duplicates in a source, and across sources, make one record."""
    queue = desk.create()
    assert len(desk.add_ids(queue, desk.spans(0, 0), desk.spans(0))) == 1


def test_the_same_span_is_a_record_of_its_own_in_each_queue(desk):
    """A queue knows nothing of another's records."""
    first, second = desk.create(), desk.create(name="Second")
    assert desk.add_ids(first, desk.spans(0)) != desk.add_ids(second, desk.spans(0))


@pytest.mark.parametrize(("kind", "count"), [("span", 4), ("trace", 2), ("session", 1)])
def test_a_span_source_has_its_granularity_and_its_first_span(desk, kind, count):
    """Traces and sessions are records too, with the data of the first span in the window."""
    names = [f"support-chat-{kind}-{position:05}" for position in range(count)]
    queue = desk.create()
    records = desk.add(queue, desk.source(kind, names)).json()["record_sources"]
    assert len(records) == count
    assert {record["granularity"] for record in records} == {kind.upper()}
    assert {record["source_type"] for record in records} == {"SPANS"}
    assert records[0]["data"]["context.span_id"] == "support-chat-span-00000"
    assert records[0]["data"]["attributes.session.id"] == "support-chat-session-00000"


def test_a_root_span_stands_for_its_trace_also_when_it_is_not_the_first(desk):
    """The span without a parent is the root."""
    spans = [
        {"span_id": "child", "trace_id": "t", "parent_id": "root", "start_time": FIRST_SPAN_TIME},
        {"span_id": "root", "trace_id": "t", "start_time": FIRST_SPAN_TIME + timedelta(seconds=1)},
    ]
    desk.emulator.add_spans(desk.project, spans)
    records = desk.add(desk.create(), desk.source("trace", ["t"])).json()["record_sources"]
    assert records[0]["data"]["context.span_id"] == "root"


def test_a_trace_whose_root_lies_outside_of_the_window_is_unknown(desk):
    """The window is where roots are looked for; a trace or a session without any root has its first span."""
    before = FIRST_SPAN_TIME - timedelta(days=1)
    spans = [
        {"span_id": "root", "trace_id": "t", "session_id": "s", "start_time": before},
        {"span_id": "child", "trace_id": "t", "session_id": "s", "parent_id": "root", "start_time": FIRST_SPAN_TIME},
        {"span_id": "orphan", "trace_id": "o", "session_id": "os", "parent_id": "?", "start_time": FIRST_SPAN_TIME},
    ]
    desk.emulator.add_spans(desk.project, spans)
    queue = desk.create()
    for kind, name, orphan in (("trace", "t", "o"), ("session", "s", "os")):
        assert desk.add(queue, desk.source(kind, [name])).status_code == 422
        (found,) = desk.add(queue, desk.source(kind, [name], start_time=before.isoformat())).json()["record_sources"]
        assert found["data"]["context.span_id"] == "root"
        (found,) = desk.add(queue, desk.source(kind, [orphan])).json()["record_sources"]
        assert found["data"]["context.span_id"] == "orphan"


def test_a_dataset_source_takes_examples_or_all_of_them(any_desk):
    """Without example IDs the whole dataset is added, of its latest version."""
    queue = any_desk.create()
    some = any_desk.add(queue, any_desk.source("example", ["example-0001"])).json()["record_sources"]
    assert some[0]["source_type"] == any_desk.spelled("dataset")
    assert some[0]["data"]["id"] == "example-0001"
    whole = any_desk.source("example", [])
    del whole["example_ids"]
    assert len(any_desk.add_ids(queue, whole)) == 19


def test_a_dataset_version_is_what_it_was(desk):
    """The version that is named is used; omitted, it is the latest."""
    first = desk.ids["dataset"]
    second = desk.emulator.add_dataset_version(first, [{"id": "new", "input": "?"}])
    latest, named = desk.create(name="latest"), desk.create(name="named")
    assert len(desk.add_ids(latest, {"record_type": "EXAMPLE", "dataset_id": first})) == 1
    body = {"record_type": "EXAMPLE", "dataset_id": first, "dataset_version_id": second}
    assert len(desk.add_ids(named, body)) == 1
    assert desk.add(named, {**body, "example_ids": ["example-0001"]}).status_code == 422
    assert desk.add(named, {**body, "dataset_version_id": desk.space}).status_code == 404


def test_a_whole_dataset_that_is_too_large_is_refused(desk):
    """The limit on records holds for a whole dataset, too."""
    limit = limits.MAX_RECORDS_PER_REQUEST
    examples = [{"id": str(number)} for number in range(2 * limit - 100)]
    dataset = desk.emulator.add_dataset(desk.space, "large", examples)
    response = desk.add(desk.create(), {"record_type": "EXAMPLE", "dataset_id": dataset})
    assert response.status_code == 422
    assert f"at most {limit} records are allowed in one request, not {2 * limit - 100}" in response.json()["detail"]


def test_the_limit_on_records_counts_all_sources_together(any_desk):
    """As many records as allowed are added at once; one more is refused, and nothing added."""
    queue = any_desk.create()
    limit = limits.MAX_RECORDS_PER_REQUEST
    refused = any_desk.add(queue, any_desk.spans(*range(limit)), any_desk.spans(limit))
    assert refused.status_code == 422
    assert any_desk.emulator.records(queue) == []
    assert len(any_desk.add_ids(queue, any_desk.spans(*range(limit - 1)), any_desk.spans(limit))) == limit


def test_the_limit_on_sessions_counts_all_sources_together(desk):
    """Sessions have a smaller limit of their own."""
    limit = limits.MAX_SESSIONS_PER_REQUEST
    names = [f"session-{number}" for number in range(limit + 1)]
    spans = [{"span_id": name, "session_id": name, "start_time": FIRST_SPAN_TIME} for name in names]
    desk.emulator.add_spans(desk.project, spans)
    queue = desk.create()
    halves = desk.source("session", names[: limit // 2]), desk.source("session", names[limit // 2 :])
    assert desk.add(queue, *halves).status_code == 422
    assert desk.add(queue, desk.source("session", names)).status_code == 400
    assert len(desk.add_ids(queue, desk.source("session", names[:limit]))) == limit


@pytest.mark.parametrize(
    ("window", "status"),
    [
        (timedelta(days=limits.MAX_TIME_RANGE_DAYS), 201),
        (timedelta(days=limits.MAX_TIME_RANGE_DAYS, seconds=1), 422),
        (timedelta(0), 422),
        (timedelta(days=-1), 422),
    ],
)
def test_a_time_range_runs_forward_and_has_its_limit(any_desk, window, status):
    """A range may be as long as the limit, and must have a length."""
    end = (FIRST_SPAN_TIME + window).isoformat()
    assert any_desk.add(any_desk.create(), {**any_desk.spans(0), "end_time": end}).status_code == status


@pytest.mark.parametrize("time", ["2026-03-02T08:00:00", "yesterday", "2026-02-30T08:00:00Z", 5])
def test_a_time_must_be_a_real_one_with_an_offset(desk, time):
    """Naive times and no times at all are bad requests."""
    assert desk.add(desk.create(), {**desk.spans(0), "start_time": time}).status_code == 400


def test_any_offset_will_do(desk):
    """The same instant may be written in any zone."""
    start = datetime.fromisoformat("2026-03-02T09:00:00+01:00").isoformat()
    assert desk.add(desk.create(), {**desk.spans(0), "start_time": start}).status_code == 201


def test_unknown_ids_refuse_the_whole_request_and_are_named(desk):
    """The first few of what is missing stand in the detail; nothing is added."""
    queue = desk.create()
    response = desk.add(queue, desk.spans(0), desk.source("span", ["a", "b", "c", "d", "e"]))
    assert response.status_code == 422
    assert "a, b, c and 2 more" in response.json()["detail"]
    assert desk.emulator.records(queue) == []


@pytest.mark.parametrize("kind", ["trace", "session", "example"])
def test_unknown_ids_of_every_kind_are_refused(desk, kind):
    """Traces, sessions and examples must exist as well as spans."""
    assert desk.add(desk.create(), desk.source(kind, ["missing"])).status_code == 422


def test_a_span_outside_of_the_window_is_unknown(desk):
    """The window is where spans are looked for."""
    outside = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-02T00:00:00Z"}
    assert desk.add(desk.create(), {**desk.spans(0), **outside}).status_code == 422


@pytest.mark.parametrize("kind", ["span", "trace", "session", "example"])
def test_unknown_ids_are_made_up_when_that_is_asked_for(creating_desk, kind):
    """An emulator may invent what does not exist, so that nothing needs seeding."""
    desk = creating_desk
    queue = desk.create()
    assert len(desk.add_ids(queue, desk.source(kind, ["new-1", "new-2"]))) == 2
    assert desk.add(queue, desk.source(kind, ["new-2", "new-1"])).status_code == 200
    column = {"span": "context.span_id", "trace": "context.trace_id", "session": "attributes.session.id"}
    names = [record["data"][column.get(kind, "id")] for record in desk.records(queue)]
    assert names == ["new-1", "new-2"]


@pytest.mark.parametrize(
    "named",
    [
        [("trace", "x"), ("session", "x"), ("span", "x")],
        [("span", "span-of-trace-z"), ("trace", "z")],
        [("span", "span-of-session-z"), ("session", "z")],
        [("trace", "trace-of-span-z"), ("span", "z")],
    ],
    ids=str,
)
@pytest.mark.parametrize("together", [False, True])
def test_what_is_made_up_never_collides(creating_desk, named, together):
    """Each name makes a record and a span of its own, in one request or several, also where names look made up."""
    desk = creating_desk
    queue = desk.create()
    sources = [desk.source(kind, [name]) for kind, name in named]
    for some in [sources[:2], sources[2:]] if together else [[source] for source in sources]:
        assert not some or len(desk.add_ids(queue, *some)) == len(some)
    spans = [record["data"]["context.span_id"] for record in desk.records(queue)]
    traces = [record["data"]["context.trace_id"] for record in desk.records(queue)]
    assert len(set(spans)) == len(set(traces)) == len(named)


@pytest.mark.parametrize("kind", ["span", "trace", "session", "example"])
def test_an_id_with_a_nul_is_another_id(desk, creating_desk, kind):
    """What follows a NUL counts: it neither matches the ID before it nor gets lost on the way."""
    known = {"span": "support-chat-span-00000", "example": "example-0000"}.get(kind, f"support-chat-{kind}-00000")
    assert desk.add(desk.create(), desk.source(kind, [known + "\0junk"])).status_code == 422
    queue = creating_desk.create()
    first, second = creating_desk.add_ids(queue, creating_desk.source(kind, ["a", "a\0b"]))
    assert creating_desk.annotate(queue, second, {"name": "notes", "text": "x"}).status_code == 200
    level = {"trace": "trace_annotations", "session": "session_annotations"}.get(kind, "annotations")
    noted = {record["id"]: record[level] for record in creating_desk.records(queue)}
    assert (noted[first], noted[second][0]["text"]) == ([], "x")


def test_empty_ids_are_bad_requests(any_desk):
    """An ID has at least one character, a source at least one ID."""
    queue = any_desk.create()
    assert any_desk.add(queue, any_desk.source("span", [""])).status_code == 400
    assert any_desk.add(queue, any_desk.source("span", [])).status_code == 400
    assert any_desk.add(queue).status_code == 400


def test_projects_and_datasets_must_be_of_the_queues_space(desk):
    """Another space's are refused, unknown ones not found."""
    other = desk.emulator.add_space("other")
    project, dataset = desk.emulator.add_project(other, "p"), desk.emulator.add_dataset(other, "d")
    queue = desk.create()
    assert desk.add(queue, {**desk.spans(0), "project_id": project}).status_code == 422
    assert desk.add(queue, {"record_type": "EXAMPLE", "dataset_id": dataset}).status_code == 422
    assert desk.add(queue, {**desk.spans(0), "project_id": dataset}).status_code == 404
    assert desk.add(queue, {**desk.spans(0), "project_id": "support-chat"}).status_code == 400


def test_all_annotators_get_every_record_or_one_each(desk):
    """The method "all" assigns everybody, "random" one of them, and over many records each of them."""
    everybody = desk.create(annotator_emails=list(ANNOTATORS), record_sources=[desk.spans(0)])
    emails = [user["user"]["email"] for user in desk.records(everybody)[0]["assigned_users"]]
    assert emails == list(ANNOTATORS)
    one = desk.create(
        name="Random",
        annotator_emails=list(ANNOTATORS),
        assignment_method="RANDOM",
        record_sources=[desk.spans(*range(50))],
    )
    drawn = [record["assigned_users"] for record in desk.records(one)]
    assert {len(users) for users in drawn} == {1}
    assert {users[0]["user"]["email"] for users in drawn} == set(ANNOTATORS)


def test_deleting_passes_over_what_is_not_there(desk):
    """Unknown IDs and those of another queue are ignored; 204 either way."""
    queue, other = desk.create(), desk.create(name="Other")
    first, second = desk.add_ids(queue, desk.spans(0, 1))
    foreign = desk.add_ids(other, desk.spans(0))
    response = desk.delete_records(queue, [first, *foreign, "unknown"])
    assert (response.status_code, response.content) == (204, b"")
    assert [record["id"] for record in desk.records(queue)] == [second]
    assert [record["id"] for record in desk.records(other)] == foreign


def test_the_number_of_deletes_is_limited(desk):
    """From one ID to as many as allowed."""
    queue = desk.create()
    limit = limits.MAX_RECORD_IDS_PER_DELETE
    assert desk.delete_records(queue, ["x"] * limit).status_code == 204
    assert desk.delete_records(queue, ["x"] * (limit + 1)).status_code == 400
    assert desk.delete_records(queue, []).status_code == 400
    assert desk.http.delete(f"{QUEUES}/{queue}/records").status_code == 400


def test_evaluations_are_shown_beside_the_data(desk):
    """Evaluations of a span are in the record, and not in its data."""
    evaluation = {"name": "toxicity", "score": 0.5, "metadata": {"task": "t"}}
    desk.emulator.add_spans(
        desk.project, [{"span_id": "judged", "start_time": FIRST_SPAN_TIME, "evaluations": [evaluation]}]
    )
    record = desk.add(desk.create(), desk.source("span", ["judged"])).json()["record_sources"][0]
    assert record["evaluations"] == [evaluation]
    assert "evaluations" not in record["data"]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("example", {"start_time": None, "end_time": None}),
        ("example", {"start_time": "2026-03-02T00:00:00Z"}),
        ("example", {"start_time": "2026-03-02T00:00:00Z", "end_time": "2027-03-02T00:00:00Z"}),
        ("example", {"span_ids": 5}),
        ("span", {"session_ids": [{}]}),
        ("span", {"session_ids": [str(number) for number in range(limits.MAX_SESSIONS_PER_REQUEST + 1)]}),
    ],
)
def test_fields_of_another_kind_of_source_are_passed_over(desk, kind, fields):
    """What a kind of source does not have is an unknown field, whatever it holds."""
    name = {"example": "example-0000", "span": "support-chat-span-00000"}[kind]
    assert desk.add(desk.create(), desk.source(kind, [name], **fields)).status_code == 201
