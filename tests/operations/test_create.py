"""Creating a queue exactly once, whichever answer is lost, with any number of records."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from arize_queues_raw.limits import MAX_RECORDS_PER_REQUEST

from arize_queues import (
    APIConnectionError,
    ArizeClient,
    ConflictError,
    ExampleSource,
    Id,
    NotFoundError,
    PartialFailureError,
    RateLimitError,
    ServerError,
    SpanSource,
    UnexpectedResponseError,
)
from arize_queues._operations.create import create_queue
from arize_queues._operations.queues import get_queue
from arize_queues.emulator import Emulator, Fault
from tests.support.answers import KEY, config, page, problem, queue, reply
from tests.support.clients import client_of
from tests.support.plans import make_context, play

ASKED = queue(annotation_configs=[config()], annotators=[{"id": "u1", "email": "a@b.c"}])
MADE = reply(201, ASKED)
FOUND = reply(200, page("annotation_queues", ASKED))
GOT = reply(200, ASKED)
NONE = reply(200, page("annotation_queues"))
LOST = [httpx.ReadError("reset"), httpx.ReadTimeout("slow"), reply(500), reply(502), reply(504), reply(408)]
LOST += [reply(201, content=b'{"id": "aq_1", "na'), reply(201, content=b"<html>")]
UNSEEN = [httpx.ConnectError("refused"), reply(429), reply(503)]


def make(*answers, context=None, **fields: Any):
    """Play a create."""
    arguments: dict[str, Any] = {
        "name": "Triage",
        "space": "spc_1",
        "annotation_config_ids": ["ac_1"],
        "annotator_emails": ["a@b.c"],
        "instructions": None,
        "assignment_method": None,
        "record_sources": None,
        "column_allowlist": None,
    }
    return play(create_queue(context or make_context(), **{**arguments, **fields}), *answers)


def methods(played):
    """Return the method and the last path segment of each request."""
    return [(kwargs["method"], kwargs["url"].rpartition("/")[2]) for kwargs in played.sends]


def test_a_create_is_one_request():
    """A create whose space and configs are given by ID sends one request."""
    played = make(MADE)
    assert played.value.id == "aq_1"
    assert played.bodies == [
        {"name": "Triage", "space_id": "spc_1", "annotation_config_ids": ["ac_1"], "annotator_emails": ["a@b.c"]}
    ]


def test_what_has_nothing_to_say_is_not_sent():
    """A create omits empty instructions, and sends an annotator that is given twice once."""
    (body,) = make(MADE, instructions="", annotator_emails=["a@b.c", "a@b.c"]).bodies
    assert "instructions" not in body
    assert body["annotator_emails"] == ["a@b.c"]


def test_a_config_that_is_named_twice_is_sent_once():
    """A config given twice, by the same name or by name and ID, is sent once."""
    configs = reply(200, page("annotation_configs", config(id="ac_9", name="quality")))
    played = make(configs, MADE, annotation_config_ids=["quality", "ac_1", "quality", Id("ac_9")])
    assert played.bodies[-1]["annotation_config_ids"] == ["ac_9", "ac_1"]


def test_names_of_space_and_configs_become_ids():
    """A create resolves its space's name, and its configs' names within that space."""
    spaces = page("spaces", {"id": "spc_9", "name": "prod", "description": "", "created_at": "2026-01-01T00:00:00Z"})
    configs = page("annotation_configs", config(id="ac_9"))
    played = make(
        reply(200, spaces), reply(200, configs), MADE, space="prod", annotation_config_ids=["accuracy", "ac_1"]
    )
    assert played.sends[1]["params"]["space_id"] == "spc_9"
    assert played.bodies[-1]["space_id"] == "spc_9"
    assert played.bodies[-1]["annotation_config_ids"] == ["ac_9", "ac_1"]


@pytest.mark.parametrize("unseen", UNSEEN, ids=repr)
def test_it_is_sent_again_where_the_server_did_not_act(unseen):
    """A create is sent again after a failed connection, a 429 or a 503."""
    assert methods(make(unseen, MADE)) == [("POST", "annotation-queues")] * 2


@pytest.mark.parametrize("lost", LOST, ids=repr)
def test_after_a_lost_answer_the_queue_is_looked_up(lost):
    """A create whose answer was lost looks its queue up and returns it, and is not sent again."""
    played = make(lost, FOUND, GOT)
    assert played.value.id == "aq_1"
    assert methods(played) == [("POST", "annotation-queues"), ("GET", "annotation-queues"), ("GET", "aq_1")]


@pytest.mark.parametrize("lost", LOST, ids=repr)
def test_a_lost_create_that_made_nothing_is_the_error(lost):
    """A lost create that made no queue raises the error of its lost answer."""
    error = make(lost, NONE).error
    assert isinstance(error, APIConnectionError | ServerError | UnexpectedResponseError) or error.status_code == 408


@pytest.mark.parametrize(
    "other",
    [
        {"annotation_configs": [config(id="ac_2")]},
        {"annotators": [{"id": "u2", "email": "x@y.z"}]},
        {"instructions": "Other"},
        {"column_allowlist": ["a"]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_queue_of_that_name_that_differs_is_not_taken_for_it(other):
    """A queue of the same name with other fields is not returned for a lost create, whose error is raised."""
    played = make(reply(500), FOUND, reply(200, {**ASKED, **other}))
    assert isinstance(played.error, ServerError)


def test_a_server_that_leaves_configs_and_annotators_out_is_believed():
    """A queue found after a lost create is returned even if the server omits its configs and annotators."""
    body = {name: value for name, value in ASKED.items() if name not in ("annotators", "annotation_configs")}
    assert make(reply(500), FOUND, reply(200, body)).value.id == "aq_1"


def test_order_and_case_of_emails_do_not_matter():
    """A queue found after a lost create is recognised whatever the order and case of its emails."""
    users = [{"id": "u1", "email": "B@b.c"}, {"id": "u2", "email": "a@b.c"}]
    played = make(reply(500), FOUND, reply(200, {**ASKED, "annotators": users}), annotator_emails=["A@b.c", "b@b.c"])
    assert played.error is None


def test_a_lookup_that_fails_too_raises_the_first_loss():
    """A lost create whose lookup fails, too, raises the error of the create."""
    played = make(httpx.ReadError("reset"), reply(403, problem(403)))
    assert isinstance(played.error, APIConnectionError)


@pytest.mark.parametrize("unseen", UNSEEN, ids=repr)
def test_where_the_server_surely_did_not_act_nothing_is_looked_up(unseen):
    """A create that the server certainly did not process looks no queue up, since one found would be older."""
    played = make(unseen, context=make_context(max_retries=0))
    assert isinstance(played.error, APIConnectionError | RateLimitError | ServerError)
    assert methods(played) == [("POST", "annotation-queues")]


def test_a_stale_memory_does_not_hide_the_new_queue():
    """The lookup after a lost create ignores a cached ID of an older queue of that name."""
    context = make_context()
    play(get_queue(context, annotation_queue="Triage", space="spc_1"), FOUND, GOT)
    new = {**ASKED, "id": "aq_2"}
    played = make(reply(500), reply(200, page("annotation_queues", new)), reply(200, new), context=context)
    assert played.value.id == "aq_2"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_the_error(status):
    """A 4xx answer to a create is raised after one request."""
    played = make(reply(status, problem(status)))
    assert played.error.status_code == status
    assert len(played.sends) == 1


@pytest.fixture
def world():
    """Run a seeded emulator and a client that does not wait between retries."""
    with Emulator() as emulator:
        ids = emulator.seed(spans=MAX_RECORDS_PER_REQUEST + 20, examples=30)
        with client_of(emulator) as client:
            yield emulator, ids, client


def create_with(client: ArizeClient, ids: dict[str, Any], *sources: object, **fields: Any):
    """Create a queue in the seeded world."""
    return client.annotation_queues.create(
        name="Triage",
        space="demo",
        annotation_config_ids=["accuracy", ids["annotation_configs"]["notes"]],
        annotator_emails=ids["annotators"][:1],
        record_sources=list(sources) or None,
        **fields,
    )


def spans(count: int, **fields: Any) -> SpanSource:
    """Build a source of the first spans of the seeded project."""
    ids = [f"support-chat-span-{number:05}" for number in range(count)]
    values: dict[str, Any] = {"project": "support-chat", "start_time": "2026-03-02", "end_time": "2026-03-09"}
    return SpanSource(**{**values, "span_ids": ids, **fields})


def test_records_go_with_the_create_and_the_rest_follows(world):
    """A create sends its first records in its own request and adds the rest, each record once."""
    emulator, ids, client = world
    many = MAX_RECORDS_PER_REQUEST + 20
    made = create_with(
        client,
        ids,
        spans(many),
        ExampleSource(dataset="golden-questions"),
        spans(5, project="search-answers", span_ids=["search-answers-span-00000"]),
    )
    writes = [request for request in emulator.requests if request.method == "POST" and request.status < 300]
    assert writes[0].path == "/v2/annotation-queues"
    assert writes[0].body["record_sources"]
    assert all(request.path.endswith(f"{made.id}/records") for request in writes[1:])
    assert len(emulator.records(made.id)) == many + 30 + 1


@pytest.mark.parametrize(
    "fault",
    [Fault(method="POST", when="after", drop=True), Fault(method="POST", when="after", status=502, body="html")],
)
def test_a_create_whose_answer_was_lost_made_one_queue_with_all_records(world, fault):
    """A create whose answer was lost after the write makes one queue with all its records."""
    emulator, ids, client = world
    client._context.revision.confirm("2026-10")
    emulator.faults.add(fault)
    made = create_with(client, ids, spans(10))
    assert [found["id"] for found in emulator.queues()] == [made.id]
    assert len(emulator.records(made.id)) == 10


def test_a_name_that_is_taken_is_a_conflict(world):
    """A create with a taken name raises ConflictError, even if the existing queue has equal fields."""
    _, ids, client = world
    create_with(client, ids)
    with pytest.raises(ConflictError):
        create_with(client, ids)


def test_an_unknown_annotator_makes_nothing(world):
    """An unknown annotator raises NotFoundError and creates nothing, and the next create succeeds."""
    emulator, ids, client = world
    with pytest.raises(NotFoundError, match=r"nobody@example\.com"):
        create_with(client, {**ids, "annotators": ["nobody@example.com"]}, assignment_method="all")
    assert emulator.queues() == []
    assert create_with(client, ids, assignment_method="random").id


def test_records_that_do_not_go_in_leave_the_queue_in_the_account(world):
    """When records of a create fail, `.completed` is the new queue and `.remaining` can be added to it."""
    emulator, ids, client = world
    client._context.revision.confirm("2026-10")
    emulator.faults.add(Fault(method="POST", path="*/records", status=403, times=None))
    with pytest.raises(PartialFailureError) as caught:
        create_with(client, ids, spans(MAX_RECORDS_PER_REQUEST + 20))
    emulator.faults.clear()
    made = caught.value.completed
    assert made.id == emulator.queues()[0]["id"]
    client.annotation_queues.add_records(annotation_queue=made.id, record_sources=caught.value.remaining)
    assert len(emulator.records(made.id)) == MAX_RECORDS_PER_REQUEST + 20


def test_the_key_is_not_in_the_body():
    """The API key appears in no argument of a create's request."""
    assert KEY not in repr(make(MADE).sends)
