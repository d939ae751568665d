"""The two spellings of the API, and what only one of them has."""

from __future__ import annotations

import pytest

QUEUES = "/v2/annotation-queues"

ADDED_FIELDS = ("granularity", "trace_annotations", "session_annotations")


def test_2026_10_takes_capitals_only(desk):
    """Lower-case input is refused with 400, and nothing is done."""
    assert desk.http.post(QUEUES, json=desk.queue_body(assignment_method="all")).status_code == 400
    queue = desk.create(assignment_method="ALL")
    assert desk.add(queue, {**desk.spans(0), "record_type": "span"}).status_code == 400
    assert desk.add(queue, {**desk.spans(0), "record_type": "Span"}).status_code == 400
    assert desk.emulator.records(queue) == []


def test_2026_05_takes_lower_case_only(old_desk):
    """Capitals are refused with 400, and nothing is done."""
    assert old_desk.http.post(QUEUES, json=old_desk.queue_body(assignment_method="ALL")).status_code == 400
    queue = old_desk.create(assignment_method="all")
    assert old_desk.add(queue, {**old_desk.spans(0), "record_type": "SPAN"}).status_code == 400
    assert old_desk.emulator.records(queue) == []


def test_answers_are_spelled_as_requests_are(any_desk):
    """Every enum value of an answer has the case of the revision."""
    spelled = any_desk.spelled
    queue = any_desk.create(record_sources=[any_desk.spans(0), any_desk.source("example", ["example-0000"])])
    first, second = any_desk.records(queue)
    assert (first["source_type"], second["source_type"]) == (spelled("spans"), spelled("dataset"))
    assert first["assigned_users"][0]["completion_status"] == spelled("pending")
    configs = any_desk.http.get(f"{QUEUES}/{queue}").json()["annotation_configs"]
    assert [config["type"] for config in configs] == [
        spelled(kind) for kind in ("categorical", "continuous", "freeform")
    ]
    assert configs[0]["optimization_direction"] == spelled("maximize")


def test_what_users_wrote_is_never_respelled(desk):
    """Labels, names and data keep their case, also under keys that elsewhere hold enum values."""
    span = {"span_id": "odd", "start_time": desk.window()["start_time"], "data": {"type": "chat", "color": "red"}}
    desk.emulator.add_spans(desk.project, [span])
    config = desk.emulator.add_annotation_config(desk.space, "case", "categorical", values=["lower"])
    queue = desk.create(annotation_config_ids=[config])
    source = desk.source("span", ["odd"])
    record = desk.add(queue, source).json()["record_sources"][0]
    assert (record["data"]["type"], record["data"]["color"]) == ("chat", "red")
    note = desk.annotate(queue, record["id"], {"name": "case", "label": "lower"}).json()["annotations"][0]
    assert (note["name"], note["label"]) == ("case", "lower")


def test_2026_05_has_no_field_that_came_later(old_desk):
    """Old clients fail on unknown fields, so none may be there."""
    evaluation = {"name": "e", "metadata": {"task": "t"}}
    span = {"span_id": "judged", "start_time": old_desk.window()["start_time"], "evaluations": [evaluation]}
    old_desk.emulator.add_spans(old_desk.project, [span])
    queue = old_desk.create(column_allowlist=["x"])
    record = old_desk.add(queue, old_desk.source("span", ["judged"])).json()["record_sources"][0]
    assert record.keys() == {
        "id",
        "annotation_queue_id",
        "source_type",
        "data",
        "annotations",
        "evaluations",
        "assigned_users",
    }
    assert record["evaluations"] == [{"name": "e"}]
    assert record["data"]["context.span_id"] == "judged"
    assert old_desk.http.get(f"{QUEUES}/{queue}").json().keys() == {
        "id",
        "name",
        "space_id",
        "instructions",
        "annotation_configs",
        "annotators",
        "created_at",
        "updated_at",
    }
    for path, key in (("/v2/spaces", "spaces"), ("/v2/projects", "projects")):
        item = old_desk.http.get(path, params={"project_type": "nonsense"}).json()[key][0]
        assert item.keys() <= {"id", "name", "space_id", "description", "created_at"}


def test_2026_10_has_all_fields(desk):
    """What came later is there, also where it is empty."""
    queue = desk.create(record_sources=[desk.spans(0), desk.source("example", ["example-0000"])])
    span, example = desk.records(queue)
    assert [span[field] for field in ADDED_FIELDS] == ["SPAN", [], []]
    assert [example[field] for field in ADDED_FIELDS] == [None, [], []]
    assert desk.http.get(f"{QUEUES}/{queue}").json()["column_allowlist"] is None
    assert desk.http.get("/v2/projects").json()["projects"][0]["project_type"] == "APPLICATION"


def test_tags_came_with_2026_10(desk, old_desk):
    """The tag operations are not there in 2026-05."""
    assert desk.http.get(f"{QUEUES}/{desk.create()}/tags").status_code == 200
    path = f"{QUEUES}/{old_desk.create()}/tags"
    assert old_desk.http.get(path).status_code == 404
    assert old_desk.http.post(path, json={"tag_ids": ["x"]}).status_code == 404
    tag = desk.ids["tags"]["triage"]
    tags = desk.http.post(f"{QUEUES}/{desk.create(name='tagged')}/tags", json={"tag_ids": [tag]}).json()["tags"]
    assert tags[0]["color"] == "ORANGE"


@pytest.mark.parametrize("kind", ["trace", "session"])
def test_trace_and_session_sources_came_with_2026_10(old_desk, kind):
    """2026-05 knows spans and examples."""
    response = old_desk.add(old_desk.create(), old_desk.source(kind, [f"support-chat-{kind}-00000"]))
    assert response.status_code == 400
    assert "record_type" in response.json()["detail"]
