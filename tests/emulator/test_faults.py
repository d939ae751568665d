"""Faults on demand: which requests they strike, what the client sees, and what is done all the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest

from arize_queues.emulator import Fault

QUEUES = "/v2/annotation-queues"


def _create(desk, **fields):
    return desk.http.post(QUEUES, json=desk.queue_body(**fields))


def test_a_status_is_answered_once_and_nothing_is_done(desk):
    """By default a fault strikes the next request, before it has any effect."""
    desk.emulator.faults.add(Fault(status=503))
    response = _create(desk)
    assert response.status_code == 503
    assert response.json()["title"] == "Service unavailable"
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert desk.emulator.queues() == []
    assert desk.emulator.faults.pending == []
    assert _create(desk).status_code == 201


def test_a_status_after_the_write_hides_that_it_was_done(desk):
    """The queue exists although the client has seen a 502."""
    desk.emulator.faults.add(Fault(status=502, body="html", when="after"))
    response = _create(desk)
    assert response.status_code == 502
    assert response.headers["content-type"].startswith("text/html")
    assert [queue["name"] for queue in desk.emulator.queues()] == ["Quality"]


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [
        (0, "0"),
        (1.5, "1.5"),
        ("soon", "soon"),
        (datetime(2026, 10, 21, 7, 28, tzinfo=UTC), "Wed, 21 Oct 2026 07:28:00 GMT"),
    ],
)
def test_retry_after_is_given_in_seconds_or_as_a_date(desk, retry_after, header):
    """Numbers are seconds, times are HTTP dates, and a text is what it is."""
    desk.emulator.faults.add(Fault(status=429, retry_after=retry_after))
    response = desk.http.get("/v2/spaces")
    assert (response.status_code, response.headers["retry-after"]) == (429, header)


def test_bodies_are_spoiled_in_the_ways_of_proxies(desk):
    """HTML, nothing at all, or half of the JSON, with the status that is wanted or the true one."""
    bodies = ("html", "empty", "truncated")
    desk.emulator.faults.add(*[Fault(status=500, body=body) for body in bodies], *[Fault(body=body) for body in bodies])
    for status in (500, 200):
        html, empty, truncated = (desk.http.get("/v2/spaces") for _ in bodies)
        assert {html.status_code, empty.status_code, truncated.status_code} == {status}
        assert html.text.startswith("<html>")
        assert empty.content == b""
        with pytest.raises(json.JSONDecodeError):
            truncated.json()


def test_a_dropped_connection_before_the_write_leaves_the_state(desk):
    """The client sees a reset, and nothing was done."""
    desk.emulator.faults.add(Fault(drop=True))
    with pytest.raises(httpx.ReadError):
        _create(desk)
    assert desk.emulator.queues() == []
    assert desk.emulator.requests[-1].status is None


def test_a_dropped_connection_after_the_write_has_done_it(desk):
    """The client sees the same reset, but the queue is there."""
    desk.emulator.faults.add(Fault(drop=True, when="after"))
    with pytest.raises(httpx.ReadError):
        _create(desk)
    assert [queue["name"] for queue in desk.emulator.queues()] == ["Quality"]
    assert _create(desk).status_code == 409


def test_drops_are_survived_by_the_server_and_by_other_connections(desk):
    """Kept-alive connections may be dropped again and again, and the next request goes through."""
    desk.emulator.faults.add(Fault(drop=True, times=3), Fault(drop=True, when="after", times=3))
    outcomes: list[int | None] = []
    for _ in range(8):
        try:
            outcomes.append(desk.http.get("/v2/spaces").status_code)
        except httpx.TransportError:
            outcomes.append(None)
    assert outcomes == [None] * 6 + [200, 200]


def test_an_answer_cut_in_the_middle_is_an_error_of_the_transport(desk):
    """Half of the announced bytes, then a reset; the request was carried out."""
    desk.emulator.faults.add(Fault(cut=True))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        _create(desk)
    assert len(desk.emulator.queues()) == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault(status=204), 204),
        (Fault(status=304, when="after"), 304),
        (Fault(body="html"), 200),
        (Fault(body="truncated"), 204),
        (Fault(body="empty", trickle=0.01), 204),
    ],
)
def test_an_answer_without_content_leaves_the_connection_in_order(desk, fault, status):
    """A 204 and a 304 carry nothing; HTML in the place of nothing comes with a 200, as from a proxy."""
    queue = desk.create(record_sources=[desk.spans(0)])
    (record,) = (record["id"] for record in desk.records(queue))
    desk.emulator.faults.add(fault)
    response = desk.delete_records(queue, [record])
    assert response.status_code == status
    assert response.text.startswith("<html>" if fault.body == "html" else "")
    assert ("content-type" in response.headers) == (fault.body == "html")
    assert bool(response.content) == (fault.body == "html")
    assert [desk.http.get("/v2/spaces").status_code for _ in range(3)] == [200] * 3


def test_an_answer_without_content_is_cut_before_it_begins(desk):
    """The client never sees a 204, though the records are gone; the next request is left alone."""
    queue = desk.create(record_sources=[desk.spans(0)])
    desk.emulator.faults.add(Fault(cut=True))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        desk.delete_records(queue, [record["id"] for record in desk.emulator.records(queue)])
    assert desk.emulator.records(queue) == []
    assert desk.emulator.requests[-1].status is None
    assert desk.http.get("/v2/spaces").status_code == 200


def test_a_trickled_answer_arrives_whole(desk):
    """A slow body comes in pieces, and is the same in the end."""
    expected = desk.http.get("/v2/annotation-configs").content
    desk.emulator.faults.add(Fault(trickle=0.05))
    with desk.http.stream("GET", "/v2/annotation-configs") as response:
        pieces = list(response.iter_raw())
    assert len(pieces) > 1
    assert b"".join(pieces) == expected


def test_a_delay_outlasts_an_impatient_client_and_still_takes_effect(desk):
    """The client gives up; a delay before a drop changes nothing on the server."""
    desk.emulator.faults.add(Fault(delay=5))
    with pytest.raises(httpx.ReadTimeout):
        desk.http.get("/v2/spaces", timeout=0.1)
    assert desk.http.get("/v2/spaces").status_code == 200


def test_faults_strike_by_method_path_and_condition(desk):
    """Requests that do not match are left alone, and do not count."""
    desk.emulator.faults.add(
        Fault(method="POST", path="*/records", status=500),
        Fault(path="/v2/projects", status=501),
        Fault(where=lambda request: request.query.get("name") == "x", status=502),
    )
    assert desk.http.get("/v2/spaces").status_code == 200
    queue = desk.create()
    assert desk.http.get(f"{QUEUES}/{queue}/records").status_code == 200
    assert desk.add(queue, desk.spans(0)).status_code == 500
    assert desk.http.get("/v2/projects").status_code == 501
    assert desk.http.get("/v2/spaces", params={"name": "x"}).status_code == 502


def test_faults_strike_from_the_nth_request_on_for_so_many_times(desk):
    """`nth` and `times` count matching requests; `times=None` never ends."""
    desk.emulator.faults.add(Fault(status=500, nth=3, times=2))
    assert [desk.http.get("/v2/spaces").status_code for _ in range(5)] == [200, 200, 500, 500, 200]
    desk.emulator.faults.add(Fault(status=401, nth=2, times=None))
    assert [desk.http.get("/v2/spaces").status_code for _ in range(4)] == [200, 401, 401, 401]
    desk.emulator.faults.clear()
    assert desk.http.get("/v2/spaces").status_code == 200


def test_several_faults_make_a_script(desk):
    """They strike one after another, each request one."""
    desk.emulator.faults.add(Fault(status=429, retry_after=0), Fault(status=503), Fault(body="html"))
    answers = [desk.http.get("/v2/spaces") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 503, 200, 200]
    assert answers[3].json()["spaces"]


def test_a_request_that_names_a_rejected_id_is_refused_whole(desk):
    """A list or a test of IDs; the detail names those at fault, and requests without them pass."""
    queue = desk.create()
    bad = {"support-chat-span-00001", "support-chat-span-00003"}
    desk.emulator.faults.add(Fault(reject=bad, times=None, method="POST"))
    response = desk.add(queue, desk.spans(0, 1, 2, 3))
    assert response.status_code == 422
    assert all(name in response.json()["detail"] for name in bad)
    assert desk.emulator.records(queue) == []
    (record,) = desk.add_ids(queue, desk.spans(0))
    desk.emulator.faults.clear()
    desk.emulator.faults.add(Fault(reject=lambda name: name == record, times=None))
    assert desk.delete_records(queue, ["other"]).status_code == 204
    assert desk.delete_records(queue, ["other", record]).status_code == 422
    assert desk.annotate(queue, record, {"name": "notes", "text": "x"}).status_code == 422


def test_an_empty_page_with_more_to_come_loses_nothing(desk):
    """The page has no items and a new cursor for the same place."""
    queue = desk.create(record_sources=[desk.spans(0, 1, 2)])
    path = f"{QUEUES}/{queue}/records"
    first = desk.http.get(path, params={"limit": 2}).json()
    cursor = first["pagination"]["next_cursor"]
    desk.emulator.faults.add(Fault(page="empty", times=2))
    for _ in range(2):
        page = desk.http.get(path, params={"cursor": cursor}).json()
        assert page["records"] == []
        assert page["pagination"]["has_more"] is True
        assert page["pagination"]["next_cursor"] != cursor
        cursor = page["pagination"]["next_cursor"]
    assert len(desk.http.get(path, params={"cursor": cursor}).json()["records"]) == 1


def test_a_page_can_repeat_its_cursor_or_lack_it(desk):
    """The same cursor for ever, or has_more with no way to go on."""
    desk.create()
    desk.emulator.faults.add(Fault(page="repeat", times=3), Fault(page="no-cursor"))
    first = desk.http.get(QUEUES).json()
    cursor = first["pagination"]["next_cursor"]
    assert desk.http.get(QUEUES, params={"cursor": cursor}).json() == first
    assert desk.http.get(QUEUES, params={"cursor": cursor}).json() == first
    assert desk.http.get(QUEUES).json()["pagination"] == {"has_more": True}


def test_answers_can_hold_what_no_spec_knows(desk):
    """Unknown fields, other enum values and missing fields, but never inside a record's data."""
    queue = desk.create(record_sources=[desk.spans(0)])
    desk.emulator.faults.add(
        Fault(add={"novelty": 1}, replace={"source_type": "LOGS", "completion_status": "SNOOZED"}),
        Fault(remove=["annotators"], replace={"type": "RANKING"}),
    )
    page = desk.http.get(f"{QUEUES}/{queue}/records").json()
    assert page["novelty"] == 1
    record = page["records"][0]
    assert (record["novelty"], record["source_type"]) == (1, "LOGS")
    assert record["assigned_users"][0]["completion_status"] == "SNOOZED"
    assert "novelty" not in record["data"]
    body = desk.http.get(f"{QUEUES}/{queue}").json()
    assert "annotators" not in body
    assert {config["type"] for config in body["annotation_configs"]} == {"RANKING"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "GET"},
        {"status": 99},
        {"status": 500, "body": "xml"},
        {"status": 500, "when": "later"},
        {"status": 500, "when": None},
        {"status": 204, "body": "html"},
        {"page": "twice"},
        {"status": 500, "where": "everywhere"},
        {"status": 500, "nth": 0},
        {"status": 500, "times": 0},
        {"status": 500, "times": True},
        {"status": 500, "nth": "x"},
        {"status": 500, "method": "get"},
        {"status": 500, "method": ["GET"]},
        {"status": 500, "path": 5},
        {"status": "500"},
        {"body": ["html"]},
        {"drop": "no"},
        {"cut": 1},
        {"delay": "x"},
        {"delay": -1},
        {"delay": 1e999},
        {"trickle": "x"},
        {"reject": 5},
        {"reject": "support-chat-span-00000"},
        {"add": 5},
        {"replace": [1]},
        {"remove": 5},
        {"remove": "annotators"},
        {"status": 429, "retry_after": "a\r\nX: 1"},
        {"status": 429, "retry_after": "é"},
        {"status": 429, "retry_after": True},
        {"status": 429, "retry_after": {}},
    ],
    ids=str,
)
def test_a_fault_that_could_not_work_is_refused(desk, options):
    """A fault needs an effect, and options that exist; it is refused when it is made, over HTTP with 400."""
    with pytest.raises(ValueError, match="|".join([*options, "effect"])) as refused:
        Fault(**options)
    response = desk.http.post("/_emulator/faults", content=json.dumps(options))
    assert response.status_code == 400
    assert response.json()["detail"] in {str(refused.value), "The body is not valid JSON."}
    assert desk.emulator.faults.pending == []


def test_a_fault_adds_what_can_be_written_as_json(desk):
    """Anything else could not be sent."""
    with pytest.raises(ValueError, match="add"):
        Fault(add={"x": object()})
    desk.emulator.faults.add(Fault(add={"x": [None, {"y": 1.5}]}))
    assert desk.http.get("/v2/spaces").json()["x"] == [None, {"y": 1.5}]
