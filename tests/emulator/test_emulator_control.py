"""Orders to the emulator from another process, and seeding from Python."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from arize_queues.emulator import Emulator

ORDERS = "/_emulator"


def test_faults_are_scripted_over_http(desk):
    """One fault or a list of them; bad ones are refused with the reason."""
    response = desk.http.post(f"{ORDERS}/faults", json=[{"status": 503}, {"path": "/v2/projects", "drop": True}])
    assert response.json() == {"pending": 2}
    assert desk.http.get("/v2/spaces").status_code == 503
    assert desk.http.delete(f"{ORDERS}/faults").status_code == 204
    assert desk.http.get("/v2/projects").status_code == 200
    for bad in ({"stauts": 503}, {"nth": 1}):
        assert desk.http.post(f"{ORDERS}/faults", json=bad).status_code == 400


def test_requests_are_read_over_http_and_orders_are_not_among_them(desk):
    """What arrived can be fetched and forgotten."""
    desk.http.get("/v2/spaces", params={"limit": 1})
    (found,) = desk.http.get(f"{ORDERS}/requests").json()["requests"]
    assert (found["method"], found["path"], found["query"], found["status"]) == (
        "GET",
        "/v2/spaces",
        {"limit": "1"},
        200,
    )
    desk.http.delete(f"{ORDERS}/requests")
    assert desk.http.get(f"{ORDERS}/requests").json() == {"requests": []}


def test_faults_and_latency_do_not_hit_orders(desk):
    """An emulator that fails every request can still be told to stop that."""
    desk.http.post(f"{ORDERS}/faults", json={"drop": True, "times": None})
    assert desk.http.delete(f"{ORDERS}/faults").status_code == 204


def test_the_world_is_seeded_and_reset_over_http(desk):
    """Every seeding method can be called by its name; an unknown one is refused."""
    assert desk.http.post(f"{ORDERS}/reset").status_code == 204
    assert desk.emulator.queues() == []
    steps = [{"call": "add_space", "name": "remote"}, {"call": "add_user", "email": "a@example.com"}]
    space, _ = desk.http.post(f"{ORDERS}/seed", json=steps).json()["results"]
    assert [found["id"] for found in desk.http.get("/v2/spaces").json()["spaces"]] == [space]
    assert "projects" in desk.http.post(f"{ORDERS}/seed").json()["results"][0]
    assert desk.http.post(f"{ORDERS}/seed", json={"call": "close"}).status_code == 400


def test_spans_take_times_in_every_form_and_keep_their_data(arize_emulator):
    """Datetimes, naive ones as UTC, and texts; columns are made from the fields, the data's own win."""
    space = arize_emulator.add_space("s")
    project = arize_emulator.add_project(space, "p")
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    spans = [
        {"span_id": "a", "start_time": moment, "session_id": "s", "data": {"attributes.input.value": "?"}},
        {"span_id": "b", "start_time": moment.replace(tzinfo=None)},
        {"span_id": "c", "start_time": "2026-01-01T01:00:00+01:00", "data": {"start_time": "mine"}},
    ]
    assert arize_emulator.add_spans(project, spans) == 3
    rows = arize_emulator._store.rows("SELECT start_time, data FROM spans ORDER BY id")
    assert len({row["start_time"] for row in rows}) == 1
    assert '"start_time": "mine"' in rows[2]["data"]
    assert '"attributes.session.id": "s"' in rows[0]["data"]


def test_a_span_that_is_added_again_is_replaced(desk):
    """The same ID is the same span, also for the records that show it."""
    queue = desk.create(record_sources=[desk.spans(0)])
    desk.emulator.add_spans(desk.project, [{"span_id": "support-chat-span-00000", "data": {"new": 1}}])
    assert desk.records(queue)[0]["data"]["new"] == 1


@pytest.mark.parametrize(
    "seed",
    [
        lambda emulator, space: emulator.add_spans(space, []),
        lambda emulator, space: emulator.add_spans(emulator.add_project(space, "p"), [{"span_id": "a", "id": 1}]),
        lambda emulator, space: emulator.add_annotation_config(space, "c", "ranking"),
        lambda emulator, space: emulator.add_annotation_config(space, "c", "continuous", values=[]),
        lambda emulator, space: emulator.add_annotation_config(space, "c", "categorical"),
        lambda emulator, space: emulator.complete(space, space, "nobody@example.com"),
    ],
)
def test_seeding_mistakes_are_told(arize_emulator, seed):
    """IDs of the wrong kind, unknown fields and types are errors at once."""
    with pytest.raises(ValueError, match=r"."):
        seed(arize_emulator, arize_emulator.add_space("s"))


def test_an_emulator_can_be_filled_before_it_starts():
    """State does not need a server."""
    emulator = Emulator()
    emulator.add_space("early")
    with pytest.raises(RuntimeError, match="no address"):
        _ = emulator.url
    emulator.close()


def test_records_of_an_unknown_queue_are_a_key_error(arize_emulator):
    """The Python face says so in Python's way."""
    with pytest.raises(KeyError, match="no queue"):
        arize_emulator.records("nonsense")
