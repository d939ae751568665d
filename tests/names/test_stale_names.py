"""Cached names whose resources were created anew: each call resolves them again, once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from arize_queues import ExampleSource, NameNotFoundError, NotFoundError, SpanSource
from arize_queues._names.resources import CONFIG, DATASET, PROJECT, QUEUE, SPACE
from arize_queues._operations.create import create_queue
from arize_queues._operations.queues import get_queue, update_queue
from arize_queues._operations.records import add_records, plan_records
from arize_queues.types import UNSET
from tests.support.answers import page, problem, queue, record, reply
from tests.support.clients import serve
from tests.support.plans import make_context, play

STAMP = "2026-01-01T00:00:00Z"
GONE = reply(404, problem(404, "gone"))
GOT = reply(200, queue(id="aq_2"))
WINDOW = {"start_time": "2026-03-02", "end_time": "2026-03-09"}
SPANS = SpanSource(project="chat", span_ids=["s1"], **WINDOW)


def remembering(*names: tuple[Any, str, str, str]):
    """Return a context with cached names: resource, space ID, name and ID of each."""
    context = make_context(api_revision="2026-05")
    for resource, space_id, name, found in names:
        context.names.remember((resource.label, space_id, name), found)
    return context


def listed(items: str, name: str, found: str) -> httpx.Response:
    """Build the response to a lookup."""
    item = {"id": found, "name": name, "created_at": STAMP, "updated_at": STAMP, "space_id": "spc_1"}
    extra = {"type": "freeform"} if items == "annotation_configs" else {"description": ""}
    return reply(200, page(items, queue(id=found, name=name) if items == "annotation_queues" else {**item, **extra}))


def paths(played) -> list[str]:
    """Return the method and path of each request."""
    return [f"{kwargs['method'].upper()} {kwargs['url'].removeprefix('/v2/')}" for kwargs in played.sends]


PROD = (SPACE, "", "prod", "spc_1")


@pytest.mark.parametrize("empty", [GONE, reply(200, page("annotation_queues"))], ids=["refused", "empty"])
def test_a_queue_of_a_space_that_was_made_anew_is_found(empty):
    """A queue is found in a space that was created anew, whether listing the old one fails or returns nothing."""
    near = () if empty is GONE else (empty,)
    answers = [empty, *near, listed("spaces", "prod", "spc_2"), listed("annotation_queues", "Triage", "aq_2"), GOT]
    played = play(get_queue(remembering(PROD), annotation_queue="Triage", space="prod"), *answers)
    assert played.value.id == "aq_2"
    assert played.sends[-2]["params"]["space_id"] == "spc_2"


def test_a_name_that_is_not_there_is_told_after_a_look_at_its_space():
    """A missing queue in an unchanged space raises NameNotFoundError after one look at the space."""
    nothing = reply(200, page("annotation_queues"))
    plan = get_queue(remembering(PROD), annotation_queue="Triage", space="prod")
    played = play(plan, nothing, nothing, listed("spaces", "prod", "spc_1"))
    assert isinstance(played.error, NameNotFoundError)
    assert played.error.resource == "annotation queue"


def make(context, *answers, **fields):
    """Play a create by names."""
    arguments: dict[str, Any] = {
        "name": "Triage",
        "space": "prod",
        "annotation_config_ids": ["notes"],
        "annotator_emails": ["a@b.c"],
        "instructions": None,
        "assignment_method": None,
        "record_sources": None,
        "column_allowlist": None,
    }
    return play(create_queue(context, **{**arguments, **fields}), *answers)


def test_a_create_finds_its_space_and_configs_again():
    """A create that gets a 404 resolves its space and configs again, and is sent once more with the new IDs."""
    context = remembering(PROD, (CONFIG, "spc_1", "notes", "ac_1"))
    anew = (listed("spaces", "prod", "spc_2"), listed("annotation_configs", "notes", "ac_2"))
    played = make(context, GONE, *anew, reply(201, queue()))
    assert played.error is None
    assert [body and (body["space_id"], body["annotation_config_ids"]) for body in played.bodies] == [
        ("spc_1", ["ac_1"]),
        None,
        None,
        ("spc_2", ["ac_2"]),
    ]


def test_a_create_finds_projects_and_datasets_again():
    """A create that gets a 404 resolves the projects and datasets of its sources again."""
    context = remembering((PROJECT, "spc_1", "chat", "proj_1"), (DATASET, "spc_1", "golden", "ds_1"))
    sources = [SPANS, ExampleSource(dataset="golden", example_ids=["e1"])]
    answers = (listed("projects", "chat", "proj_1"), listed("datasets", "golden", "ds_2"), reply(201, queue()))
    played = make(context, GONE, *answers, space="spc_1", annotation_config_ids=["ac_1"], record_sources=sources)
    first, *_, last = [
        [s.get("project_id", s.get("dataset_id")) for s in b["record_sources"]] for b in played.bodies if b
    ]
    assert (first, last) == (["proj_1", "ds_1"], ["proj_1", "ds_2"])


def test_a_create_whose_names_lead_to_the_same_is_not_sent_again():
    """A create that gets a 404 is not sent again if its names resolve to the same IDs."""
    context = remembering(PROD, (CONFIG, "spc_1", "notes", "ac_1"))
    played = make(context, GONE, listed("spaces", "prod", "spc_1"), listed("annotation_configs", "notes", "ac_1"))
    assert isinstance(played.error, NotFoundError)
    assert paths(played) == ["POST annotation-queues", "GET spaces", "GET annotation-configs"]


def test_what_was_just_looked_up_is_not_looked_up_again():
    """A 404 on names that were just looked up is raised, because only cached names can be stale."""
    answers = (listed("spaces", "prod", "spc_1"), listed("annotation_configs", "notes", "ac_1"), GONE)
    assert isinstance(make(remembering(), *answers).error, NotFoundError)


def test_an_update_finds_its_configs_again():
    """An update that gets a 404 resolves its cached config names again, even for a queue given by ID."""
    context = remembering((CONFIG, "spc_1", "notes", "ac_1"))
    plan = update_queue(
        context,
        annotation_queue="aq_1",
        space="spc_1",
        name=UNSET,
        instructions=UNSET,
        annotation_config_ids=["notes"],
        annotator_emails=UNSET,
        column_allowlist=UNSET,
    )
    played = play(plan, GONE, listed("annotation_configs", "notes", "ac_2"), GOT)
    assert paths(played) == ["PATCH annotation-queues/aq_1", "GET annotation-configs", "PATCH annotation-queues/aq_1"]
    assert played.bodies[-1] == {"annotation_config_ids": ["ac_2"]}


def adding(record_sources, **where) -> Any:
    """Return the arguments of an add."""
    rest = {"progress": None, "ledger": None, "deadline": None}
    return {"annotation_queue": "aq_1", "space": "spc_1", "record_sources": record_sources, **where, **rest}


@pytest.mark.parametrize("lazily", [False, True])
def test_an_add_finds_its_project_again(lazily):
    """An add that gets a 404 resolves its project again, for sources in a list or from an iterator."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return listed("projects", "chat", "proj_2")
        return reply(201, {"record_sources": [record()]}) if b"proj_2" in request.content else GONE

    server = serve(answer)
    client = server.client()
    client._context.names.remember((PROJECT.label, "spc_1", "chat"), "proj_1")
    sources = iter([SPANS]) if lazily else [SPANS]
    added = client.annotation_queues.add_records(annotation_queue="aq_1", space="spc_1", record_sources=sources)
    assert added.summary.created == 1
    assert [request.method for request in server.requests] == ["POST", "GET", "POST"]


def test_a_plan_of_an_add_finds_the_space_again():
    """Planning an add resolves a stale space again, and looks for the project in the new one."""
    context = remembering(PROD)
    plan = plan_records(context, annotation_queue="aq_1", space="prod", record_sources=[SPANS])
    played = play(plan, GONE, listed("spaces", "prod", "spc_2"), listed("projects", "chat", "proj_2"))
    assert played.value.requests[0].sources[0].source.project == "proj_2"


def test_batches_beside_each_other_all_go_to_the_queue_made_anew():
    """Concurrent batches that get a 404 share one lookup of the queue, and all of them succeed."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return listed("annotation_queues", "Triage", "aq_2")
        body = {"id": "r", "annotation_queue_id": "aq_2", "source_type": "spans", "annotations": []}
        return reply(200, body) if "aq_2" in request.url.path else GONE

    server = serve(answer)
    client = server.client()
    client._context.names.remember((QUEUE.label, "spc_1", "Triage"), "aq_1")
    notes = {f"r{number}": [{"name": "notes", "text": "x"}] for number in range(20)}
    done = client.annotation_queues.annotate_records(
        annotation_queue="Triage", space="spc_1", annotations=notes, validate=False
    )
    assert len(done) == 20
    assert [request.method for request in server.requests].count("GET") == 1


def test_an_add_by_names_that_are_right_costs_nothing_more():
    """An add by cached names sends its write as the first request."""
    context = remembering(PROD, (QUEUE, "spc_1", "Triage", "aq_1"), (PROJECT, "spc_1", "chat", "proj_1"))
    plan = add_records(context, **adding([SPANS], annotation_queue="Triage", space="prod"))
    begun = [next(plan)]
    assert begun[0].send.kwargs["url"].endswith("/aq_1/records")
    plan.close()
