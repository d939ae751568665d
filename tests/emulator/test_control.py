"""Orders to the emulator from another process, and seeding from Python."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import pytest

from arize_queues.emulator import Emulator
from arize_queues.emulator._seeding.demo import ANNOTATORS

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


SPACE = base64.b64encode(b"Space:10001").decode()
PROJECT = base64.b64encode(b"Project:10001").decode()
UNKNOWN = base64.b64encode(b"Space:1").decode()
CONFIG = {"call": "add_annotation_config", "space": SPACE, "name": "c"}


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"call": "add_space", "name": 5}, "name=5"),
        ({"call": "add_space", "name": "s", "description": {}}, "description={}"),
        ({"call": "add_project", "space": UNKNOWN, "name": "p"}, "no such space"),
        ({"call": "add_project", "space": PROJECT, "name": "p"}, "not the ID of a space"),
        ({"call": "add_project", "space": 5, "name": "p"}, "space=5"),
        ({"call": "add_project", "space": SPACE, "name": "p", "project_type": "toy"}, "project_type='toy'"),
        ({"call": "add_dataset", "space": UNKNOWN, "name": "d"}, "no such space"),
        ({"call": "add_dataset", "space": SPACE, "name": "d", "examples": [5]}, r"examples\[0\]=5"),
        ({"call": "add_dataset", "space": SPACE, "name": "d", "examples": [{"id": "a"}] * 2}, r"examples\[1\].id='a'"),
        ({"call": "add_spans", "project": SPACE, "spans": []}, "not the ID of a project"),
        ({"call": "add_spans", "project": PROJECT, "spans": 5}, "spans=5"),
        ({"call": "add_spans", "project": PROJECT, "spans": [5]}, r"spans\[0\]=5"),
        ({"call": "add_spans", "project": PROJECT, "spans": [{"span_id": "a"}, {}]}, r"spans\[1\].span_id=None"),
        ({"call": "add_spans", "project": PROJECT, "spans": [{"span_id": "a", "id": 1}]}, "id"),
        ({"call": "add_spans", "project": PROJECT, "spans": [{"span_id": "a", "trace_id": 1}]}, "trace_id=1"),
        ({"call": "add_spans", "project": PROJECT, "spans": [{"span_id": "a", "start_time": 5}]}, "start_time=5"),
        ({"call": "add_spans", "project": PROJECT, "spans": [{"span_id": "a", "start_time": "x"}]}, "start_time='x'"),
        ({"call": "add_spans", "project": PROJECT, "spans": [{"span_id": "a", "data": [1]}]}, r"data=\[1\]"),
        ({"call": "add_spans", "project": PROJECT, "spans": [{"span_id": "a", "evaluations": [{}]}]}, "name=None"),
        ({**CONFIG, "name": "taken"}, "name='taken'"),
        ({**CONFIG, "type": "ranking"}, "type='ranking'"),
        ({**CONFIG, "type": "continuous", "values": []}, "values"),
        ({**CONFIG, "type": "continuous", "minimum_score": "0"}, "minimum_score='0'"),
        ({**CONFIG, "type": "continuous", "maximum_score": 0}, "maximum_score=0"),
        ({**CONFIG, "type": "continuous", "optimization_direction": "up"}, "optimization_direction='up'"),
        ({**CONFIG, "type": "categorical"}, "values"),
        ({**CONFIG, "type": "categorical", "values": [5]}, r"values\[0\]=5"),
        ({**CONFIG, "type": "categorical", "values": [{"score": 1}]}, r"values\[0\].label=None"),
        ({**CONFIG, "type": "categorical", "values": [{"label": "a", "score": "1"}]}, r"values\[0\].score='1'"),
        ({"call": "add_user", "email": "TAKEN@example.com"}, "email='TAKEN@example.com'"),
        ({"call": "add_user", "email": "nobody"}, "email='nobody'"),
        ({"call": "add_user", "email": "a@example.com", "spaces": SPACE}, "spaces="),
        ({"call": "add_user", "email": "a@example.com", "spaces": [UNKNOWN]}, "no such space"),
        ({"call": "add_tag", "space": SPACE, "name": "t", "color": 5}, "color=5"),
        ({"call": "add_tag", "space": SPACE, "name": "t", "color": "ultraviolet"}, "color='ultraviolet'"),
        ({"call": "complete", "queue_id": "q", "record_id": "r", "email": {}}, "email={}"),
        ({"call": "complete", "queue_id": "q", "record_id": "r", "email": "a@example.com"}, "not assigned"),
        ({"call": "seed", "spans": -1}, "spans=-1"),
        ({"call": "seed", "examples": "x"}, "examples='x'"),
    ],
    ids=lambda found: str(found)[:100],
)
def test_seeding_mistakes_are_told(desk, step, told):
    """Each is a ValueError with the field, the value and the rule, over HTTP a 400, and leaves the state alone."""
    desk.emulator.add_user("taken@example.com")
    desk.emulator.add_annotation_config(SPACE, "taken")
    before = list(desk.emulator._store.connection.iterdump())
    arguments = {name: value for name, value in step.items() if name != "call"}
    with pytest.raises(ValueError, match=told):
        getattr(desk.emulator, step["call"])(**arguments)
    response = desk.http.post(f"{ORDERS}/seed", json=step)
    assert response.status_code == 400
    assert re.search(told, response.json()["detail"])
    assert list(desk.emulator._store.connection.iterdump()) == before


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\ud800"])
def test_data_that_could_not_be_answered_is_refused(desk, value):
    """What goes in comes out as JSON: no NaN, nothing of Python's own, no half of a surrogate pair."""
    for seed in (
        lambda: desk.emulator.add_spans(desk.project, [{"span_id": "a", "data": {"x": value}}]),
        lambda: desk.emulator.add_dataset(desk.space, "d", [{"x": value}]),
    ):
        with pytest.raises(ValueError, match=r"\[0\].*must be JSON"):
            seed()


@pytest.mark.parametrize("body", [5, [5], {"call": 5}, {"call": ["seed"]}, {"call": "close"}, {"call": "seed", "x": 1}])
def test_a_step_of_seeding_that_is_none_is_refused(desk, body):
    """A step is an object that names a call and its arguments."""
    assert desk.http.post(f"{ORDERS}/seed", json=body).status_code == 400


def test_seeding_again_makes_another_world_for_the_same_people(desk):
    """Annotators who are there already are let into the new space, also who had no access to it."""
    desk.emulator.reset()
    other = desk.emulator.add_space("other")
    ana = desk.emulator.add_user(ANNOTATORS[0], spaces=[other])
    first, second = desk.emulator.seed(spans=1), desk.http.post(f"{ORDERS}/seed").json()["results"][0]
    assert first["annotators"] == second["annotators"] == list(ANNOTATORS)
    for world in (first, second):
        configs = list(world["annotation_configs"].values())
        queue = desk.queue_body(space_id=world["space"], annotation_config_ids=configs)
        response = desk.http.post("/v2/annotation-queues", json=queue)
        assert response.json()["annotators"] == [{"id": ana, "email": ANNOTATORS[0]}]


def test_a_space_that_happens_to_be_called_like_the_seeded_one_is_not_it(arize_emulator):
    """Only what `seed` has made counts as seeded."""
    arize_emulator.add_space("demo")
    assert arize_emulator.seeded_space() is None
    space = arize_emulator.seed(spans=1)["space"]
    arize_emulator.seed(spans=1)
    assert arize_emulator.seeded_space() == space


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
