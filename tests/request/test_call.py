"""One call: what is sent, what is made of the answer, and who is told."""

from __future__ import annotations

import logging

import httpx
import pytest
from arize_queues_raw.api.annotation_queues import (
    annotate_annotation_queue_record,
    delete_annotation_queue,
    get_annotation_queue,
    list_annotation_queue_records,
    list_annotation_queues,
)
from arize_queues_raw.models import AnnotateAnnotationQueueRecordRequest, AnnotationInput

from arize_queues import InvalidRequestError, UnexpectedResponseError
from arize_queues._request.call import call
from arize_queues.types import AnnotationQueueSourceType
from tests.support.answers import QUEUES, config, page, problem, queue, record, reply
from tests.support.clients import serve
from tests.support.plans import make_context, play


def get(*answers):
    """Play a get of a queue."""
    return play(call(make_context(), get_annotation_queue, "aq_1"), *answers)


def test_a_call_is_one_request():
    """Build, send, decode."""
    played = get(reply(200, queue()))
    assert played.sends == [{"method": "GET", "url": f"{QUEUES}/aq_1"}]
    assert played.value.name == "Triage"


def test_a_delete_gives_none():
    """204 has no body, and a body that it has all the same is not read."""
    for answer in (reply(204), reply(204, content=b"junk")):
        assert play(call(make_context(), delete_annotation_queue, "aq_1"), answer).value is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(200, content=b""), "200, but the body is empty"),
        (reply(200, content=b'{"id": "aq_1", "na'), "200, but the body (no content type) is not whole JSON"),
        (
            reply(200, content=b"<html>", headers={"content-type": "text/html; charset=utf-8"}),
            "200, but the body (text/html) is not whole JSON",
        ),
        (reply(200, ["a", "list"]), "the body does not fit"),
        (reply(200, {}), "the body does not fit: 'id' is missing"),
        (reply(200, queue(name=None)), "the body does not fit"),
        (reply(200, queue(created_at="yesterday")), "the body does not fit"),
        (reply(200, queue(annotators={"a": 1})), "the body does not fit"),
        (reply(200, queue(annotation_configs=["x"])), "the body does not fit"),
        (reply(200, content=b"null"), "the body does not fit"),
        (reply(202, queue()), "status 202 is not a documented success"),
        (reply(204), "the body does not fit"),
        (reply(200, content=b"[" * 100_000), "not whole JSON"),
    ],
)
def test_a_body_that_is_not_what_the_status_promises(answer, reason):
    """An error of ours that says what is wrong, with method and path."""
    answer.request = httpx.Request("GET", f"http://localhost{QUEUES}/aq_1")
    error = get(answer).error
    assert isinstance(error, UnexpectedResponseError)
    assert str(error).startswith(f"GET {QUEUES}/aq_1: {answer.status_code}, but ")
    assert reason in str(error)


def test_a_page_that_does_not_say_whether_it_is_the_last_is_an_error_at_once():
    """Not later, where somebody reads it."""
    body = page("records", record())
    del body["pagination"]
    plan = call(make_context(), list_annotation_queue_records, "aq_1")
    assert isinstance(play(plan, reply(200, body)).error, UnexpectedResponseError)


@pytest.mark.parametrize("fields", [{}, {"annotators": None, "annotation_configs": None}])
def test_a_queue_without_annotators_has_none(fields):
    """The documented answer of a get lacks them: empty lists, and never None."""
    body = {**queue(), **fields}
    if not fields:
        del body["annotators"], body["annotation_configs"]
    found = get(reply(200, body)).value
    assert (found.annotators, found.annotation_configs, found.instructions) == ([], [], None)


def test_an_unknown_kind_of_annotation_config_survives():
    """It stays the dict that came; the known ones beside it are decoded."""
    unknown = config(type="ranking", ranks=[1, 2])
    found = get(reply(200, queue(annotation_configs=[unknown, config()]))).value
    assert found.annotation_configs[0] == unknown
    assert found.annotation_configs[1].name == "accuracy"
    assert found.to_dict()["annotation_configs"][0] == unknown


def test_unknown_fields_and_values_survive():
    """What Arize adds next month breaks nothing, and encodes again as it came."""
    body = record(source_type="Documents", new_field={"a": 1}, granularity="turn")
    plan = call(make_context(), list_annotation_queue_records, "aq_1")
    answer = page("records", body)
    answer["new"] = 1
    found = play(plan, reply(200, answer)).value
    assert found[0].source_type == "Documents"
    assert found.to_dict()["new"] == 1
    assert found.to_dict()["records"][0].items() >= body.items()


def test_enum_values_read_in_the_contracts_case():
    """Whatever the server's."""
    plan = call(make_context(), list_annotation_queue_records, "aq_1")
    found = play(plan, reply(200, page("records", record(source_type="DATASET")))).value[0]
    assert found.source_type is AnnotationQueueSourceType.DATASET
    assert found.source_type == "dataset"


@pytest.mark.parametrize("identifier", ["a/b+c=", "QW5ub3Rh/dGlv+bg==", "a b", "ä?#%", "..%2f"])
def test_ids_are_encoded_in_paths(identifier):
    """An ID with `/`, `+` and `=` stays one segment."""
    body = AnnotateAnnotationQueueRecordRequest([AnnotationInput("n", text="t")])
    sent = play(
        call(make_context(), annotate_annotation_queue_record, identifier, identifier, body=body),
        reply(200, {"id": "r", "annotation_queue_id": "q", "source_type": "spans", "annotations": []}),
    ).sends[0]
    segments = httpx.URL("http://localhost" + sent["url"]).raw_path.decode().split("/")
    assert len(segments) == 7
    assert httpx.URL("http://localhost/" + segments[3]).path == f"/{identifier}"


@pytest.mark.parametrize("identifier", [".", "..", "", "\ud800"])
def test_ids_that_lead_to_another_path_are_refused(identifier):
    """A record `..` must not annotate the queue."""
    played = play(call(make_context(), get_annotation_queue, identifier))
    assert isinstance(played.error, InvalidRequestError)
    assert played.sends == []


def test_cursors_and_names_are_sent_as_they_are():
    """Opaque means untouched: `+`, `=`, `&` and spaces arrive."""
    text = "a+b=c&d e/ü"
    server = serve(reply(200, page("annotation_queues")))
    server.client().annotation_queues.list(name=text, cursor=text)
    assert dict(server.requests[0].url.params) == {"name": text, "cursor": text, "limit": "50"}


def test_every_answer_is_told_of():
    """`on_response` and the DEBUG log: errors and retries too, each with its attempt."""
    told = []
    headers = {"x-request-id": "req_1"}
    server = serve(reply(503, headers=headers), httpx.ReadError("reset"), reply(200, queue()))
    client = server.client(on_response=told.append)
    client.annotation_queues.get(annotation_queue="aq_1")
    assert [(info.method, info.path, info.status_code, info.request_id, info.attempt) for info in told] == [
        ("GET", f"{QUEUES}/aq_1", 503, "req_1", 1),
        ("GET", f"{QUEUES}/aq_1", 200, None, 3),
    ]
    assert all(info.elapsed >= 0 for info in told)
    with pytest.raises(AttributeError):
        told[0].attempt = 2


def test_the_log_says_the_same_at_debug(caplog):
    """One line an answer, and only there."""
    client = serve(reply(200, queue())).client()
    caplog.set_level(logging.INFO, logger="arize_queues")
    client.annotation_queues.get(annotation_queue="aq_1")
    assert caplog.text == ""
    caplog.set_level(logging.DEBUG, logger="arize_queues")
    client.annotation_queues.get(annotation_queue="aq_1")
    assert len(caplog.records) == 1
    assert "status_code=200" in caplog.text


def test_a_path_that_is_told_has_no_query():
    """A name that is searched for may be private."""
    told = []
    client = serve(reply(200, page("annotation_queues"))).client(on_response=told.append)
    client.annotation_queues.list(name="private")
    assert told[0].path == QUEUES


def test_the_notice_of_a_stage_comes_once(caplog):
    """One line per process and operation that is alpha or beta; none for the stable ones."""
    answer = {"id": "r", "annotation_queue_id": "aq_1", "source_type": "spans", "assigned_users": []}
    client = serve(reply(200, answer)).client()
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        client.annotation_queues.assign_record(annotation_queue="aq_1", record_id="r", assigned_user_emails=[])
    (line,) = caplog.records
    assert (line.name, line.levelname) == ("arize_queues", "WARNING")
    assert line.getMessage().startswith("[BETA] assign_annotation_queue_record")
    assert "DISABLE_PRERELEASE_WARNING=true" in line.getMessage()


def test_stable_operations_have_no_notice(caplog):
    """Nor have the listings that only resolve names, which nobody has called."""
    server = serve(
        reply(
            200,
            page("spaces", {"id": "spc_1", "name": "prod", "description": "", "created_at": "2026-01-01T00:00:00Z"}),
        ),
        reply(200, page("annotation_queues", queue())),
        reply(200, queue()),
    )
    server.client().annotation_queues.get(annotation_queue="Triage", space="prod")
    assert len(server.requests) == 3
    assert caplog.text == ""


def test_the_notice_can_be_turned_off(caplog, monkeypatch):
    """By the variable that it names."""
    monkeypatch.setenv("DISABLE_PRERELEASE_WARNING", "true")
    client = serve(reply(200, page("tags"))).client()
    client.annotation_queues.list_tags(annotation_queue="aq_1")
    assert caplog.text == ""


def test_a_listing_sends_only_what_was_given():
    """An absent filter is no empty filter."""
    played = play(call(make_context(), list_annotation_queues, limit=5), reply(200, page("annotation_queues")))
    assert played.sends[0]["params"] == {"limit": 5}


def test_a_refusal_is_not_decoded_as_a_success():
    """A 404 with a body that looks like a queue is still a 404."""
    assert get(reply(404, {**queue(), **problem(404)})).error.status_code == 404
