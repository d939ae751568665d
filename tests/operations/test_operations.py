"""Every call against the emulator in both revisions, and features that only one revision has."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from arize_queues import (
    ArizeClient,
    ExampleSource,
    InvalidRequestError,
    NameNotFoundError,
    NotFoundError,
    PartialFailureError,
    SessionSource,
    SpanSource,
    TraceSource,
)
from arize_queues._operations.queues import list_queues
from arize_queues._operations.tags import add_tags, list_tags
from arize_queues._request.revision import NEW, OLD
from arize_queues.emulator import Emulator
from arize_queues.types import AnnotationInput, AnnotationQueueCompletionStatus
from tests.support.answers import page, reply
from tests.support.clients import client_of
from tests.support.plans import make_context, play

WINDOW: dict[str, Any] = {"start_time": "2026-03-02", "end_time": "2026-03-09"}


@attrs.define
class Desk:
    """Seeded emulator with a client."""

    emulator: Emulator
    ids: dict[str, Any]
    client: ArizeClient

    @property
    def calls(self) -> Any:
        """Return the client's annotation queue calls."""
        return self.client.annotation_queues

    def create(self, name: str = "Triage", **fields: Any) -> Any:
        """Create a queue."""
        arguments = {"annotation_config_ids": ["accuracy", "notes"], "annotator_emails": self.ids["annotators"]}
        return self.calls.create(name=name, space="demo", **{**arguments, **fields})

    def filled(self) -> tuple[str, list[str]]:
        """Create a queue with three records; return its ID and theirs."""
        ids = [f"support-chat-span-{number:05}" for number in range(3)]
        made = self.create(record_sources=[SpanSource(project="support-chat", span_ids=ids, **WINDOW)])
        return made.id, [record.id for record in self.calls.iter_records(annotation_queue=made.id)]


@pytest.fixture(params=[OLD, NEW])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Run a seeded emulator of each revision."""
    with Emulator(revision=request.param) as emulator:
        ids = emulator.seed(spans=20)
        with client_of(emulator) as client:
            yield Desk(emulator, ids, client)


def test_the_life_of_a_queue(desk):
    """A queue can be created, read by ID and by name, listed, updated and deleted."""
    made = desk.create(instructions="Look closely.", assignment_method="random")
    assert [config.name for config in made.annotation_configs] == ["accuracy", "notes"]
    assert [str(config.type) for config in made.annotation_configs] == ["categorical", "freeform"]
    assert [user.email for user in made.annotators] == desk.ids["annotators"]
    by_id = desk.calls.get(annotation_queue=made.id)
    by_name = desk.calls.get(annotation_queue="Triage", space="demo")
    assert by_id == by_name == desk.calls.list(space="dem", name="tri")[0]
    changed = desk.calls.update(
        annotation_queue="Triage", space="demo", name="Review", annotator_emails=["ben@example.com"]
    )
    assert (changed.name, [user.email for user in changed.annotators]) == ("Review", ["ben@example.com"])
    assert changed.instructions == "Look closely."
    desk.calls.delete(annotation_queue="Review", space="demo")
    assert list(desk.calls.iter()) == []


def test_clearing_instructions(desk):
    """An update clears instructions with None or an empty string, and keeps them if they are not given."""
    made = desk.create(instructions="Look closely.")
    assert desk.calls.update(annotation_queue=made.id, name="Other").instructions == "Look closely."
    assert desk.calls.update(annotation_queue=made.id, instructions=None).instructions is None
    assert desk.calls.update(annotation_queue=made.id, instructions="Again.").instructions == "Again."
    assert desk.calls.update(annotation_queue=made.id, instructions="").instructions is None


def test_configs_of_an_update_may_be_names(desk):
    """Config names of an update are resolved in the given space, or else in the queue's own space."""
    made = desk.create()
    for where in ({"annotation_queue": "Triage", "space": "demo"}, {"annotation_queue": made.id}):
        changed = desk.calls.update(**where, annotation_config_ids=["helpfulness", "notes"])
        assert [config.name for config in changed.annotation_configs] == ["helpfulness", "notes"]
    with pytest.raises(NameNotFoundError, match="helpful"):
        desk.calls.update(annotation_queue=made.id, annotation_config_ids=["helpful"])


def test_reading_annotating_and_assigning(desk):
    """Records show their annotations and assignments in the contract's spelling, page by page."""
    queue_id, records = desk.filled()
    notes = [AnnotationInput(name="accuracy", label="correct", score=1), {"name": "notes", "text": "Fine."}]
    done = desk.calls.annotate_record(annotation_queue=queue_id, record_id=records[0], annotations=notes)
    assert {item.name: item.label or item.text for item in done.annotations} == {
        "accuracy": "correct",
        "notes": "Fine.",
    }
    given = desk.calls.assign_record(
        annotation_queue=queue_id, record_id=records[1], assigned_user_emails=["ana@example.com"]
    )
    assert [user.user.email for user in given.assigned_users] == ["ana@example.com"]
    desk.emulator.complete(queue_id, records[1], "ana@example.com")
    page = desk.calls.list_records(annotation_queue=queue_id, limit=2)
    assert page.pagination.has_more
    first, second = page
    assert first.source_type == "spans"
    assert first.data["context.span_id"] == "support-chat-span-00000"
    assert sorted(item.name for item in first.annotations) == ["accuracy", "notes"]
    assert second.assigned_users[0].completion_status is AnnotationQueueCompletionStatus.COMPLETED
    (third,) = desk.calls.list_records(annotation_queue=queue_id, limit=2, cursor=page.pagination.next_cursor)
    assert third.id == records[2]
    assert (
        desk.calls.assign_record(
            annotation_queue=queue_id, record_id=records[1], assigned_user_emails=[]
        ).assigned_users
        == []
    )


def test_adding_counts_and_adding_again_adds_nothing(desk):
    """Adding records counts them as created, and adding them again as already present."""
    made = desk.create()
    source = SpanSource(project="support-chat", span_ids=[f"support-chat-span-{n:05}" for n in range(5)], **WINDOW)
    sources = [source, ExampleSource(dataset="golden-questions", example_ids=["example-0000"])]
    added = desk.calls.add_records(annotation_queue=made.id, record_sources=sources)
    assert (len(added), added.summary.created, added.requests_sent) == (6, 6, 1)
    again = desk.calls.add_records(annotation_queue="Triage", space="demo", record_sources=sources)
    assert (len(again), again.summary.created, again.summary.already_present) == (0, 0, 6)


def test_planning_sends_nothing_that_writes(desk):
    """Planning an add sends only reads, for names."""
    made = desk.create()
    source = SpanSource(project="support-chat", span_ids=["a", "b", "a"], **WINDOW)
    desk.emulator.clear_requests()
    plan = desk.calls.plan_records(annotation_queue=made.id, record_sources=[source])
    assert (len(plan.requests), plan.records, plan.duplicates) == (1, 2, 1)
    assert {request.method for request in desk.emulator.requests} == {"GET"}


def test_deleting_ignores_what_is_not_there(desk):
    """Deleting records ignores repeated IDs and records that do not exist."""
    queue_id, records = desk.filled()
    assert desk.calls.delete_records(annotation_queue=queue_id, record_ids=[records[0], "unknown", records[0]]) is None
    assert [record["id"] for record in desk.emulator.records(queue_id)] == records[1:]


def test_many_at_once(desk):
    """Bulk annotate and assign calls take mappings, and return mappings in input order."""
    queue_id, records = desk.filled()
    notes = {record: [{"name": "notes", "text": record}] for record in reversed(records)}
    done = desk.calls.annotate_records(annotation_queue="Triage", space="demo", annotations=notes)
    assert list(done) == list(reversed(records))
    given = desk.calls.assign_records(annotation_queue=queue_id, assignments={records[0]: ["ben@example.com"]})
    assert given[records[0]].assigned_users[0].user.email == "ben@example.com"


def test_names_of_one_queue_cost_one_lookup(desk):
    """A queue's name is looked up once, however many records are annotated by it."""
    _, records = desk.filled()
    desk.client._context.names.forget(("annotation queue", desk.ids["space"], "Triage"))
    desk.client._context.names.forget(("space", "", "demo"))
    desk.emulator.clear_requests()
    for _ in range(5):
        for record in records:
            notes = [{"name": "notes", "text": "x"}]
            desk.calls.annotate_record(annotation_queue="Triage", space="demo", record_id=record, annotations=notes)
    assert [request.path for request in desk.emulator.requests if request.method == "GET"] == [
        "/v2/spaces",
        "/v2/annotation-queues",
    ]


def test_a_name_that_moved_on_is_not_mixed_up(desk):
    """A name that this client renamed or deleted is looked up again."""
    first = desk.create("Triage")
    assert desk.calls.get(annotation_queue="Triage", space="demo").id == first.id
    desk.calls.update(annotation_queue="Triage", space="demo", name="Triage of March")
    with pytest.raises(NameNotFoundError):
        desk.calls.get(annotation_queue="Triage", space="demo")
    second = desk.create("Triage")
    assert desk.calls.get(annotation_queue="Triage", space="demo").id == second.id
    desk.calls.delete(annotation_queue="Triage", space="demo")
    desk.emulator.clear_requests()
    with pytest.raises(NameNotFoundError):
        desk.calls.get(annotation_queue="Triage", space="demo")
    assert {request.status for request in desk.emulator.requests} == {200}
    third = desk.create("Triage")
    assert desk.calls.get(annotation_queue="Triage", space="demo").id == third.id


def test_a_space_whose_name_is_part_of_another_is_not_mixed_up(desk):
    """A queue in "demo-eu" is not returned for space "demo", though the server's substring filter finds both."""
    other = desk.emulator.add_space("demo-eu")
    notes = desk.emulator.add_annotation_config(other, "notes")
    desk.calls.create(
        name="Triage", space="demo-eu", annotation_config_ids=[notes], annotator_emails=["ana@example.com"]
    )
    with pytest.raises(NameNotFoundError):
        desk.calls.get(annotation_queue="Triage", space="demo")
    made = desk.create()
    assert desk.calls.get(annotation_queue="Triage", space="demo").id == made.id


def test_at_most_one_request_is_for_the_spelling(desk):
    """Negotiating the revision costs at most one refused request per client and repeats no write."""
    for number in range(3):
        made = desk.create(f"q{number}", assignment_method="all", instructions="x")
        desk.calls.update(annotation_queue=made.id, instructions=None)
        desk.calls.add_records(annotation_queue=made.id, record_sources=[ExampleSource(dataset="golden-questions")])
    refused = [request for request in desk.emulator.requests if request.status == 400]
    assert len(refused) <= 1
    assert len(desk.emulator.queues()) == 3


def test_what_only_the_new_revision_has(desk):
    """Traces, sessions, tags and the allowlist need the new revision; a known old one refuses them locally."""
    made = desk.create()
    trace = TraceSource(project=desk.ids["projects"]["support-chat"], trace_ids=["support-chat-trace-00000"], **WINDOW)
    context = SessionSource(
        project=desk.ids["projects"]["support-chat"], session_ids=["support-chat-session-00001"], **WINDOW
    )
    if desk.emulator.revision == NEW:
        added = desk.calls.add_records(annotation_queue=made.id, record_sources=[trace, context])
        assert {str(record.granularity) for record in added} == {"trace", "session"}
        tags = desk.calls.add_tags(annotation_queue="Triage", space="demo", tag_ids=[desk.ids["tags"]["triage"]])
        assert (
            [tag.name for tag in tags]
            == ["triage"]
            == [tag.name for tag in desk.calls.list_tags(annotation_queue=made.id)]
        )
        columns = desk.calls.update(annotation_queue=made.id, column_allowlist=["a"]).column_allowlist
        assert columns == ["a"]
        assert desk.calls.update(annotation_queue=made.id, column_allowlist=None).column_allowlist is None
        return
    assert desk.client._context.revision.known == OLD
    desk.emulator.clear_requests()
    for method, arguments in {
        "add_records": {"record_sources": [trace, context]},
        "list_tags": {},
        "add_tags": {"tag_ids": ["t"]},
        "update": {"column_allowlist": ["a"]},
    }.items():
        with pytest.raises(InvalidRequestError, match=OLD) as caught:
            getattr(desk.calls, method)(annotation_queue=made.id, **arguments)
        assert len(caught.value.problems) == (2 if method == "add_records" else 1)
    assert desk.emulator.requests == []


@pytest.mark.parametrize("operation", [list_tags, add_tags])
def test_what_may_be_there_is_asked_for(operation):
    """A tag call is sent while the server's revision is unknown, and its 404 is raised."""
    arguments = {} if operation is list_tags else {"tag_ids": ["t1"]}
    plan = operation(make_context(), annotation_queue="aq_1", space=None, **arguments)
    assert isinstance(play(plan, reply(404)).error, NotFoundError)


def test_a_refused_key_stops_a_call_and_is_told(desk, caplog):
    """A 401 stops a bulk call, every record remains, and the API key is in no error or log."""
    caplog.set_level(logging.INFO)
    notes = {f"r{number}": [{"name": "a", "text": "x"}] for number in range(50)}
    client = ArizeClient(api_key="wrong-key-of-mine", base_url=desk.emulator.url)
    with client, pytest.raises(PartialFailureError, match="401") as caught:
        client.annotation_queues.annotate_records(annotation_queue="aq_1", validate=False, annotations=notes)
    assert len(desk.emulator.requests) <= 8
    assert len(caught.value.remaining) == 50
    assert "wrong-key-of-mine" not in str(caught.value) + caplog.text


def test_an_empty_page_is_a_page():
    """An empty page is truthy, has no items and reports that no page follows."""
    plan = list_queues(make_context(), space=None, name=None, limit=1, cursor=None)
    found = play(plan, reply(200, page("annotation_queues"))).value
    assert found
    assert (list(found), len(found), found.pagination.has_more) == ([], 0, False)
