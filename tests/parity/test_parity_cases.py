"""Our clients, both colours, do what every parity case says; and the cases are what their README says."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from arize_queues_raw import limits as raw_limits

from arize_queues import ArizeClient
from scripts.parity.cases import EXPANDED, PARITY, as_text, limits, load, written
from scripts.parity.compare import difference, query_difference, result_difference
from scripts.parity.stage import Arrived, Stage
from tests.parity import our_client  # puts the scripts on the path, too

CASES, WRITTEN = load(), written()
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])


@EVERY_CASE
def test_the_sync_client_does_what_the_case_says(case: dict[str, Any]) -> None:
    """The sync client sends the requests of the case, waits as it says, and returns the expected outcome."""
    assert our_client.play_sync(case) == []


@EVERY_CASE
def test_the_async_client_does_what_the_case_says(case: dict[str, Any]) -> None:
    """The async client sends the requests of the case, waits as it says, and returns the expected outcome."""
    assert our_client.play_async(case) == []


def schema(form: str) -> Any:
    """Return the validator of the written or of the expanded form; each is a definition of `case.schema.json`."""
    whole = json.loads((PARITY / "case.schema.json").read_text())
    jsonschema_rs.meta.validate(whole)
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{form}", "$defs": whole["$defs"]})


def test_the_cases_fit_their_schema() -> None:
    """Every file of cases is valid by `case.schema.json`."""
    faults = {
        file: [error.message for error in schema("written").iter_errors(group)] for file, group in WRITTEN.items()
    }
    assert {file: found for file, found in faults.items() if found} == {}


def test_the_expanded_cases_fit_their_schema() -> None:
    """Every expanded case is valid by `case.schema.json`, with nothing left to expand."""
    assert [error.message for error in schema("expanded").iter_errors(CASES)] == []


def test_the_expanded_cases_are_checked_in() -> None:
    """`cases.json` is the expansion of the cases with the current limits."""
    assert EXPANDED.read_text() == as_text(CASES), "run `make parity-cases` and commit what it writes"


def test_the_schema_refuses_what_is_no_case() -> None:
    """A misspelt member, an unknown kind of error and an exchange with both an answer and a fault are refused."""
    written_form, expanded_form = schema("written"), schema("expanded")
    both = {"request": {"method": "GET", "path": "/"}, "answer": {}, "fault": "reset"}
    good: dict[str, Any] = WRITTEN["queues"][0]
    assert written_form.is_valid([good])
    for wrong in ({"expects": {}}, {"expect": {"error": {"kind": "sorry"}}}, {"exchanges": [both]}):
        assert not written_form.is_valid([{**good, **wrong}])
    short = {"request": {"$use": "get_queue"}, "answer": {}}
    assert written_form.is_valid([{**good, "exchanges": [short]}])
    expanded = CASES[0]
    assert expanded_form.is_valid([expanded])
    for wrong in ({"random": None}, {"client": {}}, {"steps": []}):
        assert not expanded_form.is_valid([{**expanded, **wrong}])
    for part in ({"exchanges": [both]}, {"exchanges": [short]}, {"idle": None}):
        assert not expanded_form.is_valid([{**expanded, "steps": [{**expanded["steps"][0], **part}]}])


def test_there_are_as_many_cases_as_promised() -> None:
    """There are at least 80 cases, each with its own ID and its own sentence."""
    cases = [case for group in WRITTEN.values() for case in group]
    assert len(cases) >= 80
    assert len({case["id"] for case in CASES}) == len(CASES)


def test_nothing_is_left_to_expand() -> None:
    """An expanded case has no short form."""
    met = set(re.findall(r'"(\$\w+)"', json.dumps(CASES)))
    assert met <= {"$instant", "$date", "$id", "$name", "$nan", "$any", "$unordered"}
    assert "${" not in json.dumps(CASES)


def test_every_method_is_called_in_both_revisions() -> None:
    """Every public method has a case in each revision that has it."""
    methods = {name for name in dir(ArizeClient(api_key="k").annotation_queues) if not name.startswith("_")}
    for revision in ("2026-05", "2026-10"):
        called = {case["steps"][-1]["call"]["operation"] for case in CASES if case["revision"] == revision}
        assert methods - called <= ({"add_tags"} if revision == "2026-05" else set())


def test_every_operation_that_takes_a_queue_is_called_by_id_and_by_name() -> None:
    """Each method with a queue in its arguments has a case with the queue's ID and one with its name."""
    seen: dict[str, set[bool]] = {}
    for case in CASES:
        call = case["steps"][-1]["call"]
        queue = call.get("arguments", {}).get("annotation_queue")
        if isinstance(queue, str) and queue:
            seen.setdefault(call["operation"], set()).add(queue == "Triage")
    assert {name: ways for name, ways in seen.items() if len(ways) < 2} == {}


def test_every_trap_of_the_readme_has_a_case() -> None:
    """The table of traps and the cases' `traps` name the same numbers."""
    table = (PARITY / "README.md").read_text().partition("## Traps")[2].partition("\n## ")[0]
    numbers = {int(number) for number in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert numbers == {trap for case in CASES for trap in case.get("traps", [])}


def test_the_readme_names_what_cases_use() -> None:
    """Every argument, count, resource and fault that a case has is explained in the README."""
    text = re.sub(r"```.*?```", "", (PARITY / "README.md").read_text(), flags=re.DOTALL)
    named = {word for words in re.findall(r"`([^`]+)`", text) for word in re.findall(r"[\w ]+", words)}
    steps = [step for case in CASES for step in case["steps"]]
    errors = [step["expect"]["error"] for step in steps if "error" in step["expect"]]
    counted = [step["expect"].get("counts", {}) for step in steps] + [error.get("counts", {}) for error in errors]
    used = {name for step in steps for name in (step["call"]["operation"], *step["call"].get("arguments", {}))}
    used |= {name for counts in counted for name in counts}
    used |= {error["resource"] for error in errors if "resource" in error}
    used |= {member for error in errors for member in error}
    assert used - named - {"annotate_record", "assign_record"} == set()


def test_the_limits_are_those_of_the_raw_client() -> None:
    """The limits that cases refer to are the generated ones."""
    assert limits() == {name: getattr(raw_limits, name) for name in dir(raw_limits) if name.isupper()}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"at": "2026-03-01T00:00:00Z"}, {"at": "2026-03-01T01:00:00+01:00"}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": {"$any": True}}, {}),
        ([{"$any": True}], ["x"]),
        ({"$unordered": [1, {"a": 2}]}, [{"a": 2}, 1]),
    ],
)
def test_values_that_are_the_same(expected: Any, actual: Any) -> None:
    """Numbers and instants are compared by value, objects without regard to order."""
    assert difference(expected, actual) is None


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": "1"}),
        ({"a": None}, {}),
        ({}, {"a": None}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({"$unordered": [1, 2]}, [1, 1]),
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00"),
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:01Z"),
        ("spans", "SPANS"),
    ],
)
def test_values_that_differ(expected: Any, actual: Any) -> None:
    """Null is not absent, a boolean is no number, and lists have an order."""
    assert difference(expected, actual) is not None


def test_results_may_leave_nothing_out_or_in() -> None:
    """In results a null, empty or absent member is the same, but an item of a list is not."""
    assert result_difference({"a": 1, "b": []}, {"a": 1, "c": None, "d": {}}) is None
    assert result_difference({"a": [None]}, {"a": []}) is not None
    assert result_difference({"source_type": "spans"}, {"source_type": "SPANS"}) is not None
    assert result_difference({"source_type": "spans"}, {"source_type": "SPANS"}, fold=True) is None


@pytest.mark.parametrize("query", ["", "limit=5&limit=5", "limit=6", "limit=5&cursor=x", "Limit=5"])
def test_queries_are_compared_whole(query: str) -> None:
    """A missing, repeated, different or surplus query parameter is a difference."""
    assert query_difference({"limit": 5}, "limit=5") is None
    assert query_difference({"limit": 5}, query) is not None


def arrived(path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Arrived:
    """Make a request as a client would send it."""
    return Arrived("GET", path, "", {"authorization": "Bearer parity-key", **(headers or {})}, body)


def exchange(path: str) -> dict[str, Any]:
    """Make an exchange of a script."""
    return {"request": {"method": "GET", "path": path}, "answer": {"body": {}}}


def test_the_stage_sees_what_is_off_the_script() -> None:
    """The stage reports a request out of order, a surplus or missing one, a wrong wait, and a missing key."""
    for script, requests in (
        ([exchange("/a"), exchange("/b")], [arrived("/b")]),
        ([exchange("/a")], [arrived("/a"), arrived("/a")]),
        ([exchange("/a")], []),
        ([exchange("/a")], [arrived("/a", {"authorization": "Bearer other"})]),
        ([exchange("/a")], [arrived("/a", body=b"{}")]),
        ([{"wait": 1}, exchange("/a")], [arrived("/a")]),
    ):
        stage = Stage(script)
        for request in requests:
            stage.arrive(request)
        assert stage.finish() is not None


def test_the_stage_lets_a_wait_of_no_time_be_left_out() -> None:
    """The stage accepts a client that makes or skips a wait of zero seconds."""
    for waits in ([], [0.0]):
        stage = Stage([{"wait": 0}, exchange("/a")])
        for seconds in waits:
            stage.wait(seconds)
        stage.arrive(arrived("/a"))
        assert stage.finish() is None
    stage = Stage([exchange("/a")])
    stage.wait(0.0)
    stage.arrive(arrived("/a"))
    assert stage.finish() is None


def test_the_stage_takes_a_group_in_any_order() -> None:
    """Requests of a group may arrive in any order, but before the exchange that follows."""
    script = [{"together": [exchange("/a"), exchange("/b%3D")]}, {"wait": 2}, exchange("/c")]
    stage = Stage(script)
    stage.arrive(arrived("/b="))
    stage.arrive(arrived("/a"))
    stage.wait(2.0)
    stage.arrive(arrived("/c"))
    assert stage.finish() is None
    stage = Stage(script)
    stage.arrive(arrived("/a"))
    stage.wait(2.0)
    assert stage.finish() is not None
