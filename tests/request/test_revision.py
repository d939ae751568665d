"""The two spellings of the API: learning which one the server speaks, and never writing twice."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from arize_queues_raw.api.annotation_queues import (
    annotate_annotation_queue_record,
    create_annotation_queue,
    create_annotation_queue_record,
    get_annotation_queue,
    update_annotation_queue,
)
from arize_queues_raw.models import (
    AddAnnotationQueueRecordsRequest,
    AnnotateAnnotationQueueRecordRequest,
    AnnotationInput,
    CreateAnnotationQueueRequest,
    UpdateAnnotationQueueRequest,
)

from arize_queues import BadRequestError, NotFoundError, ServerError, UnprocessableEntityError
from arize_queues._plans.steps import Acquire, Send
from arize_queues._request.call import call, call_once
from arize_queues._request.revision import NEW, OLD, Revision, differs, revision_of, spell
from arize_queues.emulator import Emulator
from tests.support.answers import config, page, problem, queue, record, reply
from tests.support.clients import async_client_of, client_of
from tests.support.plans import advance, make_context, play

SPAN = {"record_type": "span", "project_id": "p", "span_ids": ["s"]}
ADDED = reply(201, {"record_sources": [record(source_type="SPANS")]})
ADDED_OLD = reply(201, {"record_sources": [record()]})
NOTHING_NEW = reply(200, {"record_sources": []})
SPELLING = reply(400, problem(400, "record_sources[0].record_type: 'span' is not one of SPAN, EXAMPLE"))
SPELLING_OLD = reply(400, problem(400, "record_sources[0].record_type: 'SPAN' is not one of span, example"))
RULE = reply(422, problem(422, "the window must not exceed a week"))


def add(context, *answers):
    """Play an add of one span."""
    body = AddAnnotationQueueRecordsRequest([SPAN])
    return play(call(context, create_annotation_queue_record, "aq_1", body=body), *answers)


def spelled(played):
    """Return the record type of each request as it was spelled."""
    return [body["record_sources"][0]["record_type"] for body in played.bodies]


def test_the_first_write_is_in_the_contracts_spelling():
    """The first write of a client has the spelling of the contract."""
    context = make_context()
    played = add(context, ADDED_OLD)
    assert spelled(played) == ["span"]
    assert context.revision.known == OLD


@pytest.mark.parametrize("refusal", [SPELLING, reply(422, problem(422, "enum mismatch"))])
def test_a_refused_spelling_is_followed_by_the_other_once(refusal):
    """After a 400 or 422 the write is sent once in the other spelling, and the revision is known."""
    context = make_context()
    assert spelled(add(context, refusal, ADDED)) == ["span", "SPAN"]
    assert context.revision.known == NEW
    assert spelled(add(context, ADDED)) == ["SPAN"]


def test_what_answers_told_is_written_at_once():
    """A read before the first write teaches the revision, and spares the extra request."""
    context = make_context()
    play(call(context, get_annotation_queue, "aq_1"), reply(200, queue(annotation_configs=[config(type="FREEFORM")])))
    assert spelled(add(context, ADDED)) == ["SPAN"]
    assert not context.revision.probed


def test_a_success_without_enum_values_settles_it_too():
    """An accepted write confirms its spelling, even if the answer has no enum values."""
    context = make_context()
    assert spelled(add(context, SPELLING, NOTHING_NEW)) == ["span", "SPAN"]
    assert spelled(add(context, NOTHING_NEW)) == ["SPAN"]


@pytest.mark.parametrize("first", [SPELLING, RULE])
def test_refused_both_ways_raises_the_refusal_of_the_request_itself(first):
    """If both spellings are refused, the refusal without blame is raised, and the revision is known."""
    context = make_context()
    answers = (SPELLING, RULE) if first is SPELLING else (RULE, SPELLING_OLD)
    played = add(context, *answers)
    assert isinstance(played.error, UnprocessableEntityError)
    assert "week" in str(played.error)
    assert context.revision.known == (NEW if first is SPELLING else OLD)
    after = add(context, ADDED if first is SPELLING else ADDED_OLD)
    assert len(after.sends) == 1


def test_at_most_one_extra_request_in_a_life():
    """A client sends one extra request in its life; the next refusal is raised."""
    context = make_context()
    assert spelled(add(context, RULE, RULE)) == ["span", "SPAN"]
    assert spelled(add(context, RULE)) == ["span"]


def test_refusals_that_do_not_blame_the_spelling_do_not_change_it():
    """After two refusals for other reasons, a valid write still has the contract's spelling, and confirms it."""
    context = make_context()
    add(context, RULE, RULE)
    add(context, RULE)
    assert spelled(add(context, NOTHING_NEW)) == ["span"]
    assert context.revision.known == OLD


def test_a_blamed_spelling_is_not_written_again_when_the_extra_request_is_spent():
    """A refusal that blames the spelling changes the spelling of the next write."""
    context = make_context()
    add(context, RULE, RULE)
    assert spelled(add(context, SPELLING)) == ["span"]
    assert spelled(add(context, ADDED)) == ["SPAN"]


def test_a_write_that_went_through_settles_its_spelling():
    """After an accepted write, a refusal that does not blame the spelling is raised."""
    context = make_context()
    add(context, NOTHING_NEW)
    assert context.revision.known == OLD
    assert spelled(add(context, RULE)) == ["span"]


def test_a_server_that_moved_on_is_followed_by_writes_alone():
    """A refusal that blames a known spelling triggers the one extra request."""
    context = make_context()
    add(context, ADDED_OLD)
    assert spelled(add(context, SPELLING, NOTHING_NEW)) == ["span", "SPAN"]
    assert spelled(add(context, NOTHING_NEW)) == ["SPAN"]
    assert not context.revision.is_certain(OLD)


def test_a_known_spelling_is_followed_by_the_other_once_in_a_life():
    """After the extra request, or without blame, a refusal of a known spelling is raised."""
    context = make_context()
    add(context, ADDED_OLD)
    assert spelled(add(context, RULE)) == ["span"]
    assert spelled(add(context, SPELLING, SPELLING_OLD)) == ["span", "SPAN"]
    assert spelled(add(context, SPELLING)) == ["span"]
    assert context.revision.known == OLD


def test_only_enum_values_in_an_answer_make_sure():
    """Only enum values of an answer make the revision certain, not an accepted write."""
    context = make_context()
    add(context, NOTHING_NEW)
    assert not context.revision.is_certain(OLD)
    add(context, ADDED_OLD)
    assert context.revision.is_certain(OLD)
    assert make_context(api_revision=OLD).revision.is_certain(OLD)


def begin(context):
    """Begin an add of one span, and give its plan."""
    body = AddAnnotationQueueRecordsRequest([SPAN])
    return call(context, create_annotation_queue_record, "aq_1", body=body)


def test_the_first_write_goes_alone():
    """While the first write finds out the revision, a second one waits without blocking, and is then spelled right."""
    context = make_context()
    first, second = begin(context), begin(context)
    assert isinstance(advance(first), Send)
    assert isinstance(advance(second), Acquire)
    advance(first, SPELLING)
    assert isinstance(advance(second), Acquire)
    with pytest.raises(StopIteration):
        advance(first, ADDED)
    sent = advance(second)
    assert sent.kwargs["json"]["record_sources"][0]["record_type"] == "SPAN"


def test_those_that_wait_go_together_once_it_is_known():
    """Once the revision is known, all waiting writes are sent together."""
    context = make_context()
    plans = [begin(context) for _ in range(3)]
    for plan in plans:
        advance(plan)
    with pytest.raises(StopIteration):
        advance(plans[0], ADDED_OLD)
    assert [type(advance(plan)) for plan in plans[1:]] == [Send, Send]


def test_a_first_write_that_is_given_up_lets_the_next_one_go():
    """A first write that is closed releases the lock for the next one."""
    context = make_context()
    first, second = begin(context), begin(context)
    advance(first)
    advance(second)
    first.close()
    assert isinstance(advance(second), Send)


def test_a_forked_process_waits_for_nobody(monkeypatch):
    """A forked process does not wait for a write of its parent."""
    context = make_context()
    first = begin(context)
    advance(first)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert isinstance(advance(begin(context)), Send)
    first.close()


def test_writes_under_way_when_the_server_moves_on_are_all_written_anew():
    """When the server changes its revision, one refused write finds it out and the others wait for it."""
    context = make_context()
    add(context, ADDED_OLD)
    first, second = begin(context), begin(context)
    advance(first)
    advance(second)
    assert isinstance(advance(first, SPELLING), Send)
    assert isinstance(advance(second, SPELLING), Acquire)
    with pytest.raises(StopIteration):
        advance(first, NOTHING_NEW)
    assert advance(second).kwargs["json"]["record_sources"][0]["record_type"] == "SPAN"


def create_arguments(number, ids):
    """Return the arguments of a create with something to spell, by IDs, so that no listing tells the spelling."""
    return {
        "name": f"q{number}",
        "space": ids["space"],
        "annotation_config_ids": [ids["annotation_configs"]["notes"]],
        "annotator_emails": ["ana@example.com"],
        "assignment_method": "random",
    }


@pytest.mark.parametrize("revision", [OLD, NEW])
def test_first_writes_in_threads_all_go_through(revision):
    """First writes in many threads all succeed, with at most one refusal."""
    with Emulator(revision=revision) as emulator, client_of(emulator) as client:
        ids = emulator.seed(spans=1)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: client.annotation_queues.create(**create_arguments(number, ids)), range(8)))
        assert len(emulator.queues()) == 8
        assert [request.status for request in emulator.requests].count(400) <= 1


@pytest.mark.parametrize("revision", [OLD, NEW])
def test_first_writes_in_tasks_all_go_through(revision):
    """First writes in many tasks all succeed, with at most one refusal."""
    with Emulator(revision=revision) as emulator:
        ids = emulator.seed(spans=1)

        async def use():
            async with async_client_of(emulator) as client:
                made = (client.annotation_queues.create(**create_arguments(number, ids)) for number in range(8))
                return await asyncio.gather(*made)

        assert len(asyncio.run(use())) == 8
        assert [request.status for request in emulator.requests].count(400) <= 1


@pytest.mark.parametrize("setting", [OLD, NEW])
def test_a_fixed_revision_learns_nothing(setting):
    """A fixed revision stays, whatever the server answers."""
    context = make_context(api_revision=setting)
    expected = "span" if setting == OLD else "SPAN"
    other = ADDED if setting == OLD else ADDED_OLD
    assert spelled(add(context, other)) == [expected]
    assert spelled(add(context, SPELLING)) == [expected]
    assert context.revision.known == setting


def test_a_server_that_changes_its_revision_is_followed():
    """A client follows a server that changes its revision, forward or back."""
    context = make_context()
    add(context, ADDED_OLD)
    play(call(context, get_annotation_queue, "aq_1"), reply(200, queue(annotation_configs=[config(type="FREEFORM")])))
    assert context.revision.known == NEW


@pytest.mark.parametrize("status", [404, 409])
def test_a_refusal_for_another_reason_settles_the_second_spelling(status):
    """A 404 or 409 on the second try confirms its spelling, because the server has read the body."""
    context = make_context()
    played = add(context, SPELLING, reply(status, problem(status)))
    assert played.error.status_code == status
    assert spelled(add(context, ADDED)) == ["SPAN"]


@pytest.mark.parametrize("lost", [reply(500, problem(500)), httpx.ReadError("reset")])
def test_a_lost_second_write_does_not_turn_the_next_one_into_a_refusal(lost):
    """If the second try is lost after a blamed first one, the next write has the second spelling."""
    context = make_context(max_retries=0)
    assert add(context, SPELLING, lost).error is not None
    assert spelled(add(context, ADDED)) == ["SPAN"]


@pytest.mark.parametrize("status", [401, 403, 404, 409, 500])
def test_other_refusals_are_not_about_spelling(status):
    """Only 400 and 422 trigger the other spelling."""
    assert spelled(add(make_context(max_retries=0), reply(status, problem(status)))) == ["span"]


def test_a_lost_write_is_repeated_in_the_same_spelling():
    """A retry keeps the spelling of its write."""
    assert spelled(add(make_context(), reply(503), httpx.ReadError("reset"), ADDED_OLD)) == ["span"] * 3


def test_a_create_in_the_second_spelling_is_still_sent_once_only():
    """A create whose answer is lost on the second try is not sent again."""
    body = CreateAnnotationQueueRequest("n", "spc_1", ["ac_1"], ["a@b.c"], assignment_method="all")
    refusal = reply(400, problem(400, "assignment_method: must be ALL or RANDOM"))
    played = play(call_once(make_context(), create_annotation_queue, body=body), refusal, reply(500, problem(500)))
    assert isinstance(played.error, ServerError)
    assert [sent["assignment_method"] for sent in played.bodies] == ["all", "ALL"]


def test_clearing_instructions_is_empty_text_or_null():
    """Instructions of None are cleared by "" in 2026-05 and by null in 2026-10."""
    body = UpdateAnnotationQueueRequest(instructions=None)
    refusal = reply(422, problem(422, "instructions: must have 1 to 5000 characters"))
    context = make_context()
    played = play(call(context, update_annotation_queue, "aq_1", body=body), refusal, reply(200, queue()))
    assert played.bodies == [{"instructions": ""}, {"instructions": None}]
    assert context.revision.known == NEW


def test_what_is_spelled_alike_is_sent_once():
    """A body that both revisions spell alike is sent once; its refusal is final."""
    body = AnnotateAnnotationQueueRecordRequest([AnnotationInput("a", text="SPAN")])
    played = play(call(make_context(), annotate_annotation_queue_record, "aq_1", "r", body=body), RULE)
    assert len(played.sends) == 1
    plain = CreateAnnotationQueueRequest("n", "spc_1", ["ac_1"], ["a@b.c"], instructions="span")
    assert len(play(call_once(make_context(), create_annotation_queue, body=plain), RULE).sends) == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, False),
        ({"name": "n"}, False),
        ({"instructions": "all"}, False),
        ({"instructions": None}, True),
        ({"assignment_method": "all"}, True),
        ({"record_sources": []}, True),
    ],
)
def test_bodies_that_the_revisions_write_differently(body, expected):
    """The revisions differ only in enum values and in clearing instructions."""
    assert differs(body) is expected


def test_spelling_touches_only_enum_values():
    """Spelling changes only enum values, and leaves the given body unchanged."""
    body = {"name": "span", "assignment_method": "random", "instructions": "all", "record_sources": [SPAN]}
    new = spell(body, NEW)
    assert new["record_sources"] == [{**SPAN, "record_type": "SPAN"}]
    assert (new["name"], new["assignment_method"], new["instructions"]) == ("span", "RANDOM", "all")
    assert spell(body, OLD) == body
    assert body["record_sources"] == [SPAN]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (queue(), None),
        (queue(annotation_configs=[config()]), OLD),
        (queue(annotation_configs=[config(type="CONTINUOUS")]), NEW),
        (page("annotation_queues", queue(annotation_configs=[config(type="FREEFORM")])), NEW),
        (page("annotation_configs", config()), OLD),
        (page("records", record()), OLD),
        (page("records"), None),
        ({"record_sources": [record(source_type="DATASET")]}, NEW),
        (record(source_type="Spans"), None),
        (record(source_type=None), None),
        (record(data={"source_type": "SPANS"}), OLD),
        ({"records": [None], "annotation_configs": "x", "source_type": 5}, None),
        ([], None),
        (None, None),
        ("SPANS", None),
    ],
)
def test_answers_tell_the_revision_by_their_enum_values(payload, expected):
    """An answer shows the revision by its enum values alone, not by text of users."""
    assert revision_of(payload) == expected


def test_an_answer_that_tells_nothing_forgets_nothing():
    """An answer without enum values keeps the known revision."""
    revision = Revision()
    revision.known = NEW
    revision.learn(page("records"))
    assert revision.known == NEW


def test_a_refusal_of_a_fixed_revision_comes_through_as_it_is():
    """With a fixed revision, a refusal is raised with the server's own words."""
    assert isinstance(add(make_context(api_revision=NEW), SPELLING).error, BadRequestError)
    assert isinstance(add(make_context(api_revision=NEW), reply(404)).error, NotFoundError)
