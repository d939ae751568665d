"""Invalid input: every problem is reported before any request, with its field, value and rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from arize_queues_raw import limits

from arize_queues import ExampleSource, Id, InvalidRequestError, SpaceRequiredError, SpanSource
from arize_queues._operations.records import plan_records
from arize_queues.types import (
    Annotation,
    AnnotationInput,
    AnnotationQueueRecordInput,
    AnnotationQueueSpanRecordInput,
    AnnotatorUser,
)
from tests.support.answers import config, queue, reply
from tests.support.clients import serve
from tests.support.plans import make_context, play

START = datetime(2026, 3, 1, tzinfo=UTC)
SPAN: dict[str, Any] = {
    "record_type": "span",
    "project_id": "p1",
    "start_time": START,
    "end_time": START + timedelta(days=1),
    "span_ids": ["s1"],
}
CREATE: dict[str, Any] = {
    "name": "n",
    "space": "spc_1",
    "annotation_config_ids": ["ac_1"],
    "annotator_emails": ["a@b.c"],
}
QUEUE = {"annotation_queue": "aq_1"}
RECORD = {**QUEUE, "record_id": "r1"}


def refused(method: str, **arguments: Any) -> list[str]:
    """Make a call that must be refused before any request, and return its problems."""
    server = serve(reply(500))
    calls = server.client(max_retries=0).annotation_queues
    with pytest.raises(InvalidRequestError) as caught:
        list(getattr(calls, method)(**arguments))  # an iterator starts only when it is read
    assert server.requests == []
    assert str(caught.value) == "; ".join(caught.value.problems)
    return list(caught.value.problems)


def source(**fields: Any) -> dict[str, Any]:
    """Return the arguments of an add whose source differs in these fields; `...` removes a field."""
    merged = {**SPAN, **fields}
    return {**QUEUE, "record_sources": [{name: value for name, value in merged.items() if value is not ...}]}


LONG = START + timedelta(days=limits.MAX_TIME_RANGE_DAYS, seconds=1)
CASES: list[tuple[str, dict[str, Any], str]] = [
    # names, IDs and spaces
    ("get", {"annotation_queue": ""}, "annotation_queue: '' is not a name or an ID"),
    ("get", {"annotation_queue": "  ", "space": "spc_1"}, "annotation_queue: '  ' is not a name"),
    ("get", {"annotation_queue": None}, "annotation_queue: None is not a name"),
    ("get", {"annotation_queue": 5}, "annotation_queue: 5 is not a name"),
    ("get", {"annotation_queue": "q", "space": ""}, "space: '' is not a name"),
    ("get", {"annotation_queue": "q" * 300, "space": "s"}, f"at most {limits.MAX_NAME_LENGTH} characters"),
    ("get", {"annotation_queue": Id("..")}, "'..' cannot be an identifier"),
    ("get", {"annotation_queue": 10**5000}, "annotation_queue: <an integer of"),
    ("get", {"annotation_queue": Id("q" * 70_000)}, "too long for a URL"),
    ("annotate_record", {**RECORD, "record_id": "r" * 70_000, "annotations": [{"name": "a"}]}, "too long for a URL"),
    ("list_records", {**QUEUE, "cursor": "c" * 70_000}, "too long for a URL"),
    ("list", {"space": ""}, "space: '' is not"),
    ("list", {"name": ""}, "name: '' is not a non-empty string"),
    ("list", {"name": "n" * 300}, f"at most {limits.MAX_NAME_LENGTH} are allowed"),
    ("create", {**CREATE, "name": ""}, "name: '' is not a non-empty string"),
    ("create", {**CREATE, "name": " \n"}, "is not a non-empty string"),
    ("create", {**CREATE, "name": None}, "name: None is not a non-empty string"),
    ("create", {**CREATE, "name": "n" * (limits.MAX_NAME_LENGTH + 1)}, f"at most {limits.MAX_NAME_LENGTH} are"),
    ("create", {**CREATE, "space": None}, "space: None is not a name or an ID"),
    ("update", {**QUEUE, "name": ""}, "name: '' is not a non-empty string"),
    ("update", {**QUEUE, "name": None}, "name: None is not a non-empty string"),
    # empty lists where an entry is required, and values that are not lists
    ("create", {**CREATE, "annotation_config_ids": []}, "annotation_config_ids: [] needs at least 1 entry"),
    ("create", {**CREATE, "annotator_emails": []}, "annotator_emails: [] needs at least 1 entry"),
    ("create", {**CREATE, "annotator_emails": "a@b.c"}, "annotator_emails: 'a@b.c' is not a list"),
    ("create", {**CREATE, "annotator_emails": ["a@b.c", "ana"]}, "annotator_emails[1]: 'ana' is not an email"),
    ("create", {**CREATE, "annotation_config_ids": [""]}, "annotation_config_ids[0]: '' is not a non-empty"),
    ("create", {**CREATE, "annotation_config_ids": [7]}, "annotation_config_ids[0]: 7 is not a non-empty"),
    ("create", {**CREATE, "annotation_config_ids": ["c" * 300]}, "[0]: 'ccc"),
    ("update", {**QUEUE, "annotation_config_ids": ["c" * 300]}, f"at most {limits.MAX_NAME_LENGTH} are allowed"),
    ("create", {**CREATE, "record_sources": 5}, "record_sources: 5 is not a list"),
    ("create", {**CREATE, "record_sources": "span"}, "record_sources: 'span' is not a list"),
    ("create", {**CREATE, "record_sources": SPAN}, "is not a list of record sources"),
    ("add_records", {**QUEUE, "record_sources": []}, "record_sources: is empty"),
    ("add_records", {**QUEUE, "record_sources": None}, "record_sources: None is not a list"),
    ("plan_records", {**QUEUE, "record_sources": []}, "record_sources: is empty"),
    ("delete_records", {**QUEUE, "record_ids": []}, "record_ids: [] needs at least 1 entry"),
    ("delete_records", {**QUEUE, "record_ids": "r1"}, "record_ids: 'r1' is not a list of strings"),
    ("annotate_record", {**RECORD, "annotations": []}, "annotations: [] needs at least 1 entry"),
    ("annotate_records", {**QUEUE, "annotations": {}}, "annotations: {} needs at least 1 entry"),
    ("assign_records", {**QUEUE, "assignments": {}}, "assignments: {} needs at least 1 entry"),
    ("add_tags", {**QUEUE, "tag_ids": []}, "tag_ids: [] needs at least 1 entry"),
    # times
    ("add_records", source(start_time=datetime(2026, 3, 1)), "record_sources[0].start_time: datetime.datetime("),  # noqa: DTZ001
    ("add_records", source(start_time="2026-03-01T00:00:00"), "has no time zone"),
    ("add_records", source(end_time=START), "is not after start_time"),
    ("add_records", source(end_time=START - timedelta(days=1)), "record_sources[0].end_time: '2026-02-28T00"),
    ("add_records", source(end_time=LONG), f"is more than {limits.MAX_TIME_RANGE_DAYS} days after start_time"),
    ("add_records", source(start_time=1_770_000_000), "is a bare number"),
    ("add_records", source(start_time=...), "record_sources[0].start_time: is missing"),
    ("add_records", {**QUEUE, "record_sources": [SpanSource(project="p", start_time="x", end_time=START, span_ids=["s"])]},  # noqa: E501
     "record_sources[0].start_time: 'x' is not an ISO 8601 time"),
    # sources
    ("add_records", source(record_type="document"), "'document' is not a known record type: span, trace, session"),
    ("add_records", source(record_type=...), "has no record_type"),
    ("add_records", {**QUEUE, "record_sources": [5]}, "record_sources[0]: 5 is not a record source"),
    ("add_records", source(spans=["s"]), "'spans' is no key of record type 'span'; allowed are record_type, proj"),
    ("add_records", source(span_ids=[]), "record_sources[0].span_ids: [] is empty"),
    ("add_records", source(span_ids=["a", ""]), "record_sources[0].span_ids[1]: '' is not a non-empty string"),
    ("add_records", source(span_ids=["a", 7]), "record_sources[0].span_ids[1]: 7 is not a non-empty string"),
    ("add_records", source(span_ids="abc"), "record_sources[0].span_ids: 'abc' is not a list of IDs"),
    ("add_records", source(project_id=""), "record_sources[0].project_id: '' is not a non-empty string"),
    ("add_records", source(project_id="  "), "record_sources[0].project_id: '  ' is not a non-empty string"),
    ("add_records", source(project_id=..., project=" "), "record_sources[0].project: ' ' is not a non-empty string"),
    ("add_records", source(project_id=..., project="p\ud800"), "record_sources[0].project: 'p\\ud800' has half of a"),
    ("add_records", source(project_id=..., project="p" * 300), f"at most {limits.MAX_NAME_LENGTH} characters"),
    ("add_records", source(span_ids=["a", "  "]), "record_sources[0].span_ids[1]: '  ' is not a non-empty string"),
    ("add_records", source(span_ids=["a", "b\udfff"]), "record_sources[0].span_ids[1]: 'b\\udfff' has half of a"),
    ("create", {**CREATE, "record_sources": [ExampleSource(dataset="d" * 300)]}, "record_sources[0].dataset: 'ddd"),
    ("add_records", {**QUEUE, "record_sources": [ExampleSource(dataset="ds_1", dataset_version_id=" ")]},
     "record_sources[0].dataset_version_id: ' ' is not a non-empty string"),
    # record ids, annotations, assignments
    ("annotate_record", {**RECORD, "record_id": "", "annotations": [{"name": "a"}]}, "record_id: '' is not"),
    ("annotate_record", {**RECORD, "record_id": 5, "annotations": [{"name": "a"}]}, "record_id: 5 is not"),
    ("annotate_record", {**RECORD, "record_id": "..", "annotations": [{"name": "a"}]}, "'..' cannot be"),
    ("assign_record", {**RECORD, "record_id": None, "assigned_user_emails": []}, "record_id: None is not"),
    ("delete_records", {**QUEUE, "record_ids": ["a", ""]}, "record_ids[1]: '' is not a non-empty string"),
    ("delete_records", {**QUEUE, "record_ids": [None]}, "record_ids[0]: None is not a non-empty string"),
    ("annotate_record", {**RECORD, "annotations": [{"name": "a", "score": float("nan")}]}, "annotations[0].score: nan"),
    ("annotate_record", {**RECORD, "annotations": [{"name": "a", "score": float("inf")}]}, "is not a finite number"),
    ("annotate_record", {**RECORD, "annotations": [{"name": "a", "score": 10**400}]}, "is not a finite number"),
    ("annotate_record", {**RECORD, "annotations": [{"name": "a", "score": 10**5000}]}, "is not a finite number"),
    ("annotate_record", {**RECORD, "annotations": [{"name": "a", "score": True}]}, "annotations[0].score: True is not"),
    ("annotate_record", {**RECORD, "annotations": [{"name": "a", "score": "1"}]}, "annotations[0].score: '1' is not"),
    ("annotate_record", {**RECORD, "annotations": [AnnotationInput("a", score=float("nan"))]}, "is not a finite"),
    ("annotate_record", {**RECORD, "annotations": [{"label": "x"}]}, "annotations[0].name: None is not"),
    ("annotate_record", {**RECORD, "annotations": [{"name": 5}]}, "annotations[0].name: 5 is not"),
    ("annotate_record", {**RECORD, "annotations": [{"name": "a", "label": 5}]}, "annotations[0].label: 5 is not"),
    ("annotate_record", {**RECORD, "annotations": [{"name": "a", "lable": "x"}]}, "'lable' is no key of an annotation"),
    ("annotate_record", {**RECORD, "annotations": [{"name": "a"}, {"name": "a"}]}, "annotations[1].name: 'a' is given"),
    ("annotate_record", {**RECORD, "annotations": ["a"]}, "annotations[0]: 'a' is not an AnnotationInput or a dict"),
    ("annotate_record", {**RECORD, "annotations": {"name": "a"}}, "is not a list of annotations"),
    ("annotate_record", {**RECORD, "annotations": AnnotationInput("a")}, "is not a list of annotations"),
    ("annotate_record", {**RECORD, "annotations": None}, "annotations: None is not a list"),
    ("annotate_record",
     {**RECORD, "annotations": [{"name": f"a{i}"} for i in range(limits.MAX_ANNOTATIONS_PER_RECORD + 1)]},
     f"at most {limits.MAX_ANNOTATIONS_PER_RECORD} are allowed"),
    ("assign_record", {**RECORD, "assigned_user_emails": ["ana"]}, "assigned_user_emails[0]: 'ana' is not an email"),
    ("assign_record", {**RECORD, "assigned_user_emails": "a@b.c"}, "assigned_user_emails: 'a@b.c' is not a list"),
    ("assign_record",
     {**RECORD, "assigned_user_emails": [f"u{i}@b.c" for i in range(limits.MAX_ASSIGNED_USERS_PER_RECORD + 1)]},
     f"at most {limits.MAX_ASSIGNED_USERS_PER_RECORD} are allowed"),
    # updates without a change, or of fields that cannot be cleared
    ("update", QUEUE, "nothing to change; give at least one of name, instructions, annotation_config_ids"),
    ("update", {**QUEUE, "annotation_config_ids": None}, "annotation_config_ids: None is not a list"),
    ("update", {**QUEUE, "annotator_emails": None}, "annotator_emails: None is not a list"),
    ("update", {**QUEUE, "instructions": 5}, "instructions: 5 is not a string"),
    ("update", {**QUEUE, "instructions": "x" * (limits.MAX_INSTRUCTIONS_LENGTH + 1)}, "instructions: "),
    # limits and enums
    *[(method, {**(QUEUE if "records" in method else {}), field: value}, f"{field}: {value!r} is not a whole number")
      for method, field, most in (
          ("list", "limit", limits.MAX_PAGE_SIZE),
          ("iter", "page_size", limits.MAX_PAGE_SIZE),
          ("list_records", "limit", limits.MAX_RECORDS_PAGE_SIZE),
          ("iter_records", "page_size", limits.MAX_RECORDS_PAGE_SIZE),
      ) for value in (0, -1, most + 1, True, 5.0, "5", None)],
    ("list", {"cursor": "\ud800"}, "cursor: '\\ud800' has half of a surrogate pair"),
    ("list", {"cursor": 5}, "cursor: 5 is not a string"),
    ("list_records", {**QUEUE, "cursor": "c\udfff"}, "cursor: 'c\\udfff' has half of a surrogate pair"),
    ("create", {**CREATE, "assignment_method": "round-robin"}, "assignment_method: 'round-robin' is none of all"),
    ("create", {**CREATE, "column_allowlist": ["x" * (limits.MAX_COLUMN_NAME_LENGTH + 1)]}, "column_allowlist[0]: "),
    ("create", {**CREATE, "column_allowlist": ["x"] * (limits.MAX_COLUMN_ALLOWLIST_COLUMNS + 1)}, "are too many"),
    ("add_tags", {**QUEUE, "tag_ids": ["t"] * (limits.MAX_TAG_IDS_PER_REQUEST + 1)}, "tag_ids: "),
    ("add_records", {**source(), "deadline": 0}, "deadline: 0 is not a positive number of seconds"),
    ("add_records", {**source(), "deadline": 10**400}, "is not a positive number of seconds"),
    ("add_records", {**source(), "deadline": float("inf")}, "deadline: inf is not a positive number of seconds"),
    ("annotate_records", {**QUEUE, "annotations": {"r": [{"name": "a"}]}, "on_conflict": "ask"}, "on_conflict: 'ask'"),
    ("annotate_records", {**QUEUE, "annotations": {"": [{"name": "a"}]}}, "annotations: record id: '' is not"),
    ("annotate_records", {**QUEUE, "annotations": [("r", [{"name": "a"}]), ("r", [{"name": "b"}])]}, "is given twice"),
    ("assign_records", {**QUEUE, "assignments": {"r": ["ana"]}}, "assignments['r'][0]: 'ana' is not an email"),
    ("assign_records", {**QUEUE, "assignments": ["r"]}, "assignments: 'r' is not a pair"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "arguments", "said"), CASES, ids=[f"{m}: {said[:60]}" for m, _, said in CASES])
def test_bad_input_is_refused_before_any_request(method, arguments, said):
    """Invalid input is refused before any request, with one problem that states the field, the value and the rule."""
    problems = refused(method, **arguments)
    assert [text for text in problems if said in text]
    assert len(problems) == 1


def test_a_queue_name_without_a_space_is_refused_by_every_call():
    """Every call refuses a queue's name without a space, and its error suggests `space=` or an ID."""
    calls: dict[str, dict[str, Any]] = {
        "get": {},
        "update": {"name": "n"},
        "delete": {},
        "list_records": {},
        "iter_records": {},
        "plan_records": {"record_sources": [SPAN]},
        "add_records": {"record_sources": [SPAN]},
        "delete_records": {"record_ids": ["r"]},
        "annotate_record": {"record_id": "r", "annotations": [{"name": "a"}]},
        "annotate_records": {"annotations": {"r": [{"name": "a"}]}},
        "assign_record": {"record_id": "r", "assigned_user_emails": []},
        "assign_records": {"assignments": {"r": []}},
        "list_tags": {},
        "add_tags": {"tag_ids": ["t"]},
    }
    for method, arguments in calls.items():
        server = serve(reply(500))
        with pytest.raises(SpaceRequiredError, match=r"'Triage' is a name.*space=.*ID"):
            list(getattr(server.client().annotation_queues, method)(annotation_queue="Triage", **arguments))
        assert server.requests == []


def test_all_problems_of_a_call_come_at_once():
    """One error reports all problems of a call."""
    bad = {**SPAN, "span_ids": ["", 5], "start_time": "soon", "color": "red"}
    problems = refused(
        "create",
        name="",
        space="",
        annotation_config_ids=[],
        annotator_emails=["x", ""],
        assignment_method="some",
        instructions=5,
        record_sources=[SPAN, bad, "x"],
    )
    expected = ("name:", "space:", "annotation_config_ids:", "annotator_emails[1]:", "annotator_emails[0]:")
    expected += ("assignment_method:", "instructions:", "record_sources[1]:", "record_sources[1].span_ids[0]:")
    expected += ("record_sources[1].span_ids[1]:", "record_sources[1].start_time:", "record_sources[2]:")
    assert [text.partition(" ")[0] for text in problems] == list(expected)


def test_a_missing_space_comes_with_the_other_problems():
    """A missing space is reported together with the other problems of a call."""
    problems = refused("list_records", annotation_queue="Triage", limit=0)
    assert [text.partition(":")[0] for text in problems] == ["limit", "annotation_queue"]


def test_problems_show_little_of_long_values():
    """A problem shortens a long value, so that no payload ends up in a log."""
    (problem,) = refused("annotate_record", **RECORD, annotations=[{"name": "a", "label": ["x" * 5000]}])
    assert len(problem) < 200


@pytest.mark.parametrize(
    "form",
    [
        AnnotationQueueSpanRecordInput("p1", START, START + timedelta(days=1), ["s1"]),
        AnnotationQueueRecordInput(AnnotationQueueSpanRecordInput("p1", START, START + timedelta(days=1), ["s1"])),
        AnnotationQueueRecordInput(actual_instance=SPAN),
        {**SPAN, "start_time": "2026-03-01T00:00:00Z"},
        {**SPAN, "start_time": "2026-03-01T01:00:00+01:00", "record_type": "SPAN"},
        {**SPAN, "start_time": START.date()},
        SpanSource(project="prj_1", start_time=START, end_time=START + timedelta(days=1), span_ids=iter(["s1"])),
    ],
    ids=lambda form: type(form).__name__,
)
def test_good_sources_of_every_form_are_taken(form):
    """Equal sources in any form plan the same request, including dicts that hold datetimes."""
    plan = plan_records(make_context(), annotation_queue="aq_1", space=None, record_sources=[form])
    (request,) = play(plan).value.requests
    (wire,) = request.to_wire()
    assert (wire["record_type"], wire["start_time"], wire["span_ids"]) == ("span", "2026-03-01T00:00:00Z", ["s1"])


def test_annotations_as_they_were_read_are_taken():
    """An annotation read from a record can be written, without its annotator and time."""
    who = AnnotatorUser("u1", "a@b.c")
    read = Annotation("notes", annotator=who, label="good", score=1.5, updated_at=START, additional_properties={"x": 1})
    server = serve(reply(200, {"id": "r1", "annotation_queue_id": "aq_1", "source_type": "spans", "annotations": []}))
    server.client().annotation_queues.annotate_record(**RECORD, annotations=[read])
    assert json.loads(server.requests[0].content) == {"annotations": [{"name": "notes", "label": "good", "score": 1.5}]}


def test_good_input_at_the_limits_is_sent():
    """A create whose values are as long as the limits allow is sent."""
    server = serve(reply(201, queue(annotation_configs=[config()])))
    server.client().annotation_queues.create(
        **{**CREATE, "name": "n" * limits.MAX_NAME_LENGTH},
        instructions="x" * limits.MAX_INSTRUCTIONS_LENGTH,
        column_allowlist=["x" * limits.MAX_COLUMN_NAME_LENGTH] * limits.MAX_COLUMN_ALLOWLIST_COLUMNS,
    )
    assert len(server.requests) == 1
