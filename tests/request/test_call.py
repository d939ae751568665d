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
    """A call builds one request, sends it and decodes its answer."""
    played = get(reply(200, queue()))
    assert played.sends == [{"method": "GET", "url": f"{QUEUES}/aq_1"}]
    assert played.value.name == "Triage"


def test_a_delete_gives_none():
    """A 204 returns None, even if it has a body."""
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
    """A body that does not match its status raises UnexpectedResponseError with method, path and problem."""
    answer.request = httpx.Request("GET", f"http://localhost{QUEUES}/aq_1")
    error = get(answer).error
    assert isinstance(error, UnexpectedResponseError)
    assert str(error).startswith(f"GET {QUEUES}/aq_1: {answer.status_code}, but ")
    assert reason in str(error)


def test_a_page_that_does_not_say_whether_it_is_the_last_is_an_error_at_once():
    """A page without `has_more` raises when it is decoded, not when it is used."""
    body = page("records", record())
    del body["pagination"]
    plan = call(make_context(), list_annotation_queue_records, "aq_1")
    assert isinstance(play(plan, reply(200, body)).error, UnexpectedResponseError)


@pytest.mark.parametrize("fields", [{}, {"annotators": None, "annotation_configs": None}])
def test_a_queue_without_annotators_has_none(fields):
    """Lists that a queue's answer lacks are empty, never None."""
    body = {**queue(), **fields}
    if not fields:
        del body["annotators"], body["annotation_configs"]
    found = get(reply(200, body)).value
    assert (found.annotators, found.annotation_configs, found.instructions) == ([], [], None)


def test_an_unknown_kind_of_annotation_config_survives():
    """An annotation config of an unknown type stays a dict, and the others are decoded."""
    unknown = config(type="ranking", ranks=[1, 2])
    found = get(reply(200, queue(annotation_configs=[unknown, config()]))).value
    assert found.annotation_configs[0] == unknown
    assert found.annotation_configs[1].name == "accuracy"
    assert found.to_dict()["annotation_configs"][0] == unknown


def test_unknown_fields_and_values_survive():
    """Unknown fields and enum values are decoded, and encoded again unchanged."""
    body = record(source_type="Documents", new_field={"a": 1}, granularity="turn")
    plan = call(make_context(), list_annotation_queue_records, "aq_1")
    answer = page("records", body)
    answer["new"] = 1
    found = play(plan, reply(200, answer)).value
    assert found[0].source_type == "Documents"
    assert found.to_dict()["new"] == 1
    assert found.to_dict()["records"][0].items() >= body.items()


def test_enum_values_read_in_the_contracts_case():
    """Enum values have the case of the contract, whatever the case of the server."""
    plan = call(make_context(), list_annotation_queue_records, "aq_1")
    found = play(plan, reply(200, page("records", record(source_type="DATASET")))).value[0]
    assert found.source_type is AnnotationQueueSourceType.DATASET
    assert found.source_type == "dataset"


@pytest.mark.parametrize("identifier", ["a/b+c=", "QW5ub3Rh/dGlv+bg==", "a b", "ä?#%", "..%2f"])
def test_ids_are_encoded_in_paths(identifier):
    """An ID with `/`, `+` and `=` stays one segment of the path."""
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
    """A record ID `..` is refused, because its request would go to the queue."""
    played = play(call(make_context(), get_annotation_queue, identifier))
    assert isinstance(played.error, InvalidRequestError)
    assert played.sends == []


def test_cursors_and_names_are_sent_as_they_are():
    """Cursors and names with `+`, `=`, `&` and spaces arrive unchanged."""
    text = "a+b=c&d e/ü"
    server = serve(reply(200, page("annotation_queues")))
    server.client().annotation_queues.list(name=text, cursor=text)
    assert dict(server.requests[0].url.params) == {"name": text, "cursor": text, "limit": "50"}


def test_every_answer_is_told_of():
    """`on_response` is called with every answer, errors and retries included, with its attempt."""
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
    """At level DEBUG the log has one line for each answer, and none above."""
    client = serve(reply(200, queue())).client()
    caplog.set_level(logging.INFO, logger="arize_queues")
    client.annotation_queues.get(annotation_queue="aq_1")
    assert caplog.text == ""
    caplog.set_level(logging.DEBUG, logger="arize_queues")
    client.annotation_queues.get(annotation_queue="aq_1")
    assert len(caplog.records) == 1
    assert "status_code=200" in caplog.text


def test_a_path_that_is_told_has_no_query():
    """The path of a `ResponseInfo` has no query, because a name in it may be private."""
    told = []
    client = serve(reply(200, page("annotation_queues"))).client(on_response=told.append)
    client.annotation_queues.list(name="private")
    assert told[0].path == QUEUES


def test_the_notice_of_a_stage_comes_once(caplog):
    """An operation in stage alpha or beta is warned about once in a process."""
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
    """Stable operations are not warned about, nor are the listings that resolve names."""
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
    """The environment variable that the warning names turns it off."""
    monkeypatch.setenv("DISABLE_PRERELEASE_WARNING", "true")
    client = serve(reply(200, page("tags"))).client()
    client.annotation_queues.list_tags(annotation_queue="aq_1")
    assert caplog.text == ""


def test_a_listing_sends_only_what_was_given():
    """A listing sends only the given filters."""
    played = play(call(make_context(), list_annotation_queues, limit=5), reply(200, page("annotation_queues")))
    assert played.sends[0]["params"] == {"limit": 5}


def test_a_refusal_is_not_decoded_as_a_success():
    """A 404 whose body looks like a queue raises."""
    assert get(reply(404, {**queue(), **problem(404)})).error.status_code == 404
