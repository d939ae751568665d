"""Annotating, assigning and completing records in the emulator."""

from __future__ import annotations

import pytest
from arize_queues_raw import limits

from arize_queues.emulator._seeding.demo import ANNOTATORS

KEY_OWNER = "key-owner@example.com"

ANA, BEN, CHI = ANNOTATORS


@pytest.fixture
def queue(desk):
    """Create a queue."""
    return desk.create()


@pytest.fixture
def record(desk, queue):
    """Add one record."""
    return desk.add_ids(queue, desk.spans(0))[0]


def _statuses(desk, queue):
    users = desk.emulator.records(queue)[0]["assigned_users"]
    return {user["user"]["email"]: user["completion_status"] for user in users}


def test_annotating_answers_what_was_submitted_and_nothing_else(desk, queue, record):
    """The answer names the record and holds the submitted annotations, in their order."""
    desk.annotate(queue, record, {"name": "notes", "text": "before"})
    submitted = [{"name": "helpfulness", "score": 7}, {"name": "accuracy", "label": "correct"}]
    body = desk.annotate(queue, record, *submitted).json()
    assert body.keys() == {"id", "annotation_queue_id", "source_type", "granularity", "annotations"}
    assert (body["id"], body["annotation_queue_id"], body["granularity"]) == (record, queue, "SPAN")
    assert [note["name"] for note in body["annotations"]] == ["helpfulness", "accuracy"]
    assert body["annotations"][0]["score"] == 7
    assert body["annotations"][0]["annotator"]["email"] == KEY_OWNER


def test_annotating_is_an_upsert_by_config_name(desk, queue, record):
    """Omitted fields keep their values, configs that are not named stay."""
    desk.annotate(queue, record, {"name": "accuracy", "label": "correct", "score": 1})
    desk.annotate(queue, record, {"name": "notes", "text": "good"})
    desk.annotate(queue, record, {"name": "accuracy", "text": "sure"})
    notes = {note["name"]: note for note in desk.records(queue)[0]["annotations"]}
    assert notes["notes"]["text"] == "good"
    assert {key: notes["accuracy"][key] for key in ("label", "score", "text")} == {
        "label": "correct",
        "score": 1,
        "text": "sure",
    }


@pytest.mark.parametrize(
    ("annotation", "status"),
    [
        ({"name": "unknown", "text": "x"}, 422),
        ({"name": "accuracy", "label": "maybe"}, 422),
        ({"name": "helpfulness", "score": 11}, 422),
        ({"name": "accuracy"}, 422),
        ({"name": "notes", "text": None}, 400),
        ({"name": "helpfulness", "score": "7"}, 400),
        ({"name": "helpfulness", "score": True}, 400),
        ({"text": "nameless"}, 400),
    ],
)
def test_an_annotation_that_is_not_right_leaves_the_record_as_it_was(desk, queue, record, annotation, status):
    """One bad annotation refuses the whole request."""
    response = desk.annotate(queue, record, {"name": "notes", "text": "fine"}, annotation)
    assert response.status_code == status
    assert desk.emulator.records(queue)[0]["annotations"] == []


def test_the_number_of_annotations_is_limited_since_2026_10(desk, old_desk):
    """2026-05 knows no maximum; both want at least one."""
    for one, status in ((desk, 400), (old_desk, 200)):
        queue = one.create()
        (record,) = one.add_ids(queue, one.spans(0))
        notes = [{"name": "notes", "text": "x"}] * (limits.MAX_ANNOTATIONS_PER_RECORD + 1)
        assert one.annotate(queue, record, *notes).status_code == status
        assert one.annotate(queue, record).status_code == 400


def test_annotations_belong_to_the_data_and_not_to_the_queue(desk, queue, record):
    """Another queue with the same span shows them, and a record that comes back has them still."""
    desk.annotate(queue, record, {"name": "notes", "text": "kept"})
    other = desk.create(name="Other", record_sources=[desk.spans(0)])
    assert desk.records(other)[0]["annotations"][0]["text"] == "kept"
    desk.delete_records(queue, [record])
    assert desk.add(queue, desk.spans(0)).json()["record_sources"][0]["annotations"][0]["text"] == "kept"


def test_annotations_of_a_trace_and_a_session_are_shown_at_their_level(desk, queue, record):
    """Each annotation is shown once; a record shows its own, and those of what it is a part of."""
    trace = desk.add_ids(queue, desk.source("trace", ["support-chat-trace-00000"]))[0]
    session = desk.add_ids(queue, desk.source("session", ["support-chat-session-00000"]))[0]
    desk.annotate(queue, record, {"name": "notes", "text": "span"})
    desk.annotate(queue, trace, {"name": "notes", "text": "trace"})
    desk.annotate(queue, session, {"name": "notes", "text": "session"})
    found = {}
    for row in desk.records(queue):
        levels = ("annotations", "trace_annotations", "session_annotations")
        found[row["id"]] = [[note["text"] for note in row[level]] for level in levels]
    assert found == {
        record: [["span"], ["trace"], ["session"]],
        trace: [[], ["trace"], ["session"]],
        session: [[], [], ["session"]],
    }


def test_records_of_other_queues_are_not_found(desk, queue, record):
    """A record is reached by its own queue only."""
    other = desk.create(name="Other")
    assert desk.annotate(other, record, {"name": "notes", "text": "x"}).status_code == 404
    assert desk.assign(other, record).status_code == 404
    assert desk.assign(queue, "aqr_001").status_code == 404


def test_assigning_replaces_the_whole_list(desk, queue, record):
    """Exactly who is named is assigned, each once; nobody, where the list is empty."""
    body = desk.assign(queue, record, BEN, CHI, BEN).json()
    assert body.keys() == {"id", "annotation_queue_id", "source_type", "granularity", "assigned_users"}
    assert [user["user"]["email"] for user in body["assigned_users"]] == [BEN, CHI]
    assert {user["completion_status"] for user in body["assigned_users"]} == {"PENDING"}
    assert desk.assign(queue, record).json()["assigned_users"] == []
    assert desk.records(queue)[0]["assigned_users"] == []


def test_assigning_an_unknown_address_changes_nothing(desk, queue, record):
    """All addresses must be users with access to the space."""
    assert desk.assign(queue, record, BEN, "nobody@example.com").status_code == 404
    assert desk.assign(queue, record, *[BEN] * (limits.MAX_ASSIGNED_USERS_PER_RECORD + 1)).status_code == 400
    assert _statuses(desk, queue) == {ANA: "pending"}


def test_the_key_owner_completes_a_record_with_its_last_annotation(desk, queue, record):
    """Completed is who is assigned and has annotated by every config of the queue."""
    desk.assign(queue, record, KEY_OWNER, BEN)
    desk.annotate(queue, record, {"name": "accuracy", "label": "correct"}, {"name": "notes", "text": "x"})
    assert _statuses(desk, queue) == {KEY_OWNER: "pending", BEN: "pending"}
    desk.annotate(queue, record, {"name": "helpfulness", "score": 3})
    assert _statuses(desk, queue) == {KEY_OWNER: "completed", BEN: "pending"}
    assert desk.records(queue)[0]["assigned_users"][0]["completion_status"] == "COMPLETED"


def test_a_record_can_be_completed_from_python(desk, queue, record):
    """Any assigned user may be said to be done; nobody else."""
    desk.emulator.complete(queue, record, ANA)
    assert _statuses(desk, queue) == {ANA: "completed"}
    with pytest.raises(ValueError, match="not assigned"):
        desk.emulator.complete(queue, record, BEN)


def test_assigning_again_resets_who_had_completed(desk, queue, record):
    """A user who is assigned anew is pending anew."""
    desk.emulator.complete(queue, record, ANA)
    desk.assign(queue, record, ANA, BEN)
    assert _statuses(desk, queue) == {ANA: "pending", BEN: "pending"}
