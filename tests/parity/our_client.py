"""Plays parity cases with our client: the runner's half that another language writes anew."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from arize_queues_raw.model import Model

from arize_queues import (
    AmbiguousNameError,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ArizeClient,
    ArizeQueuesError,
    AsyncArizeClient,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    Id,
    InvalidRequestError,
    Name,
    NameNotFoundError,
    NotFoundError,
    PartialFailureError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SpaceRequiredError,
    UnexpectedResponseError,
    UnprocessableEntityError,
    types,
)
from arize_queues._clock import Clock
from arize_queues.types import AddRecordsResult, BulkResult, RecordPlan
from scripts.parity.compare import difference, result_difference, subset_difference
from scripts.parity.stage import API_KEY, Arrived, Stage

BASE_URL = "https://parity.example"

_KINDS: dict[type[ArizeQueuesError], str] = {
    SpaceRequiredError: "space_required",
    InvalidRequestError: "invalid_request",
    NameNotFoundError: "name_not_found",
    AmbiguousNameError: "ambiguous_name",
    APITimeoutError: "timeout",
    APIConnectionError: "connection",
    BadRequestError: "bad_request",
    AuthenticationError: "authentication",
    PermissionDeniedError: "permission_denied",
    NotFoundError: "not_found",
    ConflictError: "conflict",
    UnprocessableEntityError: "unprocessable",
    RateLimitError: "rate_limit",
    ServerError: "server_error",
    APIStatusError: "status",
    UnexpectedResponseError: "unexpected_response",
    PartialFailureError: "partial_failure",
}
_FAULTS: dict[str, Callable[[str], httpx.RequestError]] = {
    "connect": httpx.ConnectError,
    "connect_timeout": httpx.ConnectTimeout,
    "reset": httpx.ReadError,
    "timeout": httpx.ReadTimeout,
}
_VALUES: dict[str, Callable[[Any], Any]] = {
    "$instant": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$id": Id,
    "$name": Name,
    "$nan": lambda _: float("nan"),
}
_COMPARED_APART = ("text_has", "text_lacks", "failures", "completed", "candidates", "problems")
_FIELDS = ("status_code", "title", "detail", "type", "request_id", "retry_after", "problem", "resource", "name")


class FakeTime:
    """A clock that stands still but for waits, which the stage on hand is told of."""

    def __init__(self, start: str) -> None:
        self.wall = datetime.fromisoformat(start).astimezone(UTC)
        self.seconds = 1000.0
        self.stage: Stage

    def pass_by(self, seconds: float) -> None:
        """Pass time without a wait."""
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        """Wait, in a thread."""
        self.stage.wait(seconds)
        self.pass_by(seconds)

    async def asleep(self, seconds: float) -> None:
        """Wait, in a task."""
        self.sleep(seconds)

    def clock(self) -> Clock:
        """Return the clock in the form of clients."""
        return Clock(lambda: self.seconds, lambda: self.wall, self.sleep, self.asleep)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Play the server."""
        path, _, query = request.url.raw_path.decode().partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        play = self.stage.arrive(Arrived(request.method, path, query, headers, request.read()))
        if play.fault is not None:
            raise _FAULTS[play.fault](f"the script has a {play.fault} here")
        return httpx.Response(play.status, headers=play.headers, content=play.body)


def play_sync(case: dict[str, Any]) -> list[str]:
    """Play a case with the sync client, and give what is wrong."""
    time = FakeTime(case.get("now", "2026-03-01T12:00:00Z"))
    with httpx.Client(transport=httpx.MockTransport(time.answer), trust_env=False) as http:
        client = _prepared(ArizeClient(http_client=http, **_settings(case)), time, case)
        complaints: list[str] = []
        for step in case["steps"]:
            _begin(time, step)
            try:
                value: Any = getattr(client.annotation_queues, step["call"]["operation"])(**_arguments(step))
                outcome = told(list(value) if hasattr(value, "__next__") else value, step["call"])
            except ArizeQueuesError as error:
                outcome = {"error": error_told(error)}
            complaints += _judged(time, step, outcome)
        return complaints


def play_async(case: dict[str, Any]) -> list[str]:
    """Play a case with the async client, and give what is wrong."""
    return asyncio.run(_play_async(case))


async def _play_async(case: dict[str, Any]) -> list[str]:
    time = FakeTime(case.get("now", "2026-03-01T12:00:00Z"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(time.answer), trust_env=False) as http:
        client = _prepared(AsyncArizeClient(http_client=http, **_settings(case)), time, case)
        complaints: list[str] = []
        for step in case["steps"]:
            _begin(time, step)
            try:
                value: Any = getattr(client.annotation_queues, step["call"]["operation"])(**_arguments(step))
                value = [item async for item in value] if isinstance(value, AsyncIterator) else await value
                outcome = told(value, step["call"])
            except ArizeQueuesError as error:
                outcome = {"error": error_told(error)}
            complaints += _judged(time, step, outcome)
        return complaints


def _settings(case: dict[str, Any]) -> dict[str, Any]:
    return {"api_key": API_KEY, "base_url": BASE_URL, "max_concurrency": 1, **case["client"]}


def _prepared(client: Any, time: FakeTime, case: dict[str, Any]) -> Any:
    context = client._context
    context.clock = context.names.clock = time.clock()
    context.random = lambda: case.get("random", 0.5)
    return client


def _begin(time: FakeTime, step: dict[str, Any]) -> None:
    time.pass_by(step["idle"])
    time.stage = Stage(step["exchanges"])


def _judged(time: FakeTime, step: dict[str, Any], outcome: dict[str, Any]) -> list[str]:
    found = (time.stage.finish(), outcome_difference(step["expect"], outcome))
    return [complaint for complaint in found if complaint is not None]


def _arguments(step: dict[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = native(step["call"].get("arguments", {}))
    if step["call"].get("as_models"):
        arguments["record_sources"] = [_model(source) for source in arguments["record_sources"]]
    return arguments


def _model(source: dict[str, Any]) -> types.AnnotationQueueRecordInput:
    name = f"AnnotationQueue{source['record_type'].title()}RecordInput"
    return types.AnnotationQueueRecordInput(actual_instance=getattr(types, name)(**source))


def native(value: Any) -> Any:
    """Put Python's own values in place of the case's typed ones."""
    if isinstance(value, list):
        return [native(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (form := next(iter(value))) in _VALUES:
        return _VALUES[form](value[form])
    return {key: native(item) for key, item in value.items()}


def told(value: Any, call: dict[str, Any]) -> dict[str, Any]:
    """Put what a call returned into plain data."""
    if isinstance(value, AddRecordsResult):
        counts = _counts(value.summary)
        return {"result": {"record_sources": [item.to_dict() for item in value.record_sources]}, "counts": counts}
    if isinstance(value, BulkResult):
        results = {name: item.to_dict() for name, item in value.items()}
        return {"result": results, "counts": _counts(value.summary), "left_out": value.left_out}
    if isinstance(value, RecordPlan):
        return {"result": [request.to_wire() for request in value.requests]}
    if isinstance(value, list):
        return {"result": [item.to_dict() for item in value]}
    if isinstance(value, Model):
        return {"result": json.loads(value.to_json()) if call.get("as_json") else value.to_dict()}
    assert value is None, value
    return {"result": None}


def _counts(summary: Any) -> dict[str, int]:
    return {field.name: getattr(summary, field.name) for field in summary.__attrs_attrs__}


def error_told(error: ArizeQueuesError) -> dict[str, Any]:
    """Put an error into plain data."""
    kind = next(name for cls, name in _KINDS.items() if isinstance(error, cls))
    fields = {name: getattr(error, name) for name in _FIELDS if hasattr(error, name)}
    told_error: dict[str, Any] = {**fields, "kind": kind, "text": str(error)}
    if isinstance(error, InvalidRequestError):
        told_error["problems"] = [problem.partition(": ")[0] for problem in error.problems]
    if isinstance(error, NameNotFoundError):
        told_error["candidates"] = error.candidates
    if isinstance(error, AmbiguousNameError):
        told_error["matching_ids"] = error.matching_ids
    if isinstance(error, PartialFailureError):
        told_error |= _partial_told(error)
    return told_error


def _partial_told(error: PartialFailureError) -> dict[str, Any]:
    failures = [{"what": item.what, "error": error_told(item.error)} for item in error.failures]  # type: ignore[arg-type]
    remaining = error.remaining
    if isinstance(remaining, list) and remaining and not isinstance(remaining[0], str):
        remaining = [{source.ids_field: list(source.ids or ())} for source in remaining]
    if isinstance(remaining, dict):
        remaining = list(remaining)
    completed = None if error.completed is None else told(error.completed, {})["result"]
    return {"completed": completed, "remaining": remaining, "failures": failures, "counts": _counts(error.summary)}


def outcome_difference(expected: dict[str, Any], outcome: dict[str, Any]) -> str | None:
    """Return where an outcome differs from the expected one; enum values have the spelling of the contract."""
    if "error" in expected:
        if "error" not in outcome:
            return f"returns, expected {expected['error']['kind']}"
        return error_difference(expected["error"], outcome["error"])
    if "error" in outcome:
        return f"raises {outcome['error']['kind']}: {outcome['error']['text']}"
    found = result_difference(expected.get("result"), outcome["result"])
    found = found or subset_difference(expected.get("counts", {}), outcome.get("counts", {}), "counts")
    left_out = expected.get("left_out", list(outcome.get("left_out", [])))
    return found or difference(left_out, list(outcome.get("left_out", [])), "left_out")


def error_difference(expected: dict[str, Any], actual: dict[str, Any]) -> str | None:
    """Compare an error's kind, and those of its fields that are expected."""
    if actual["kind"] != expected["kind"]:
        return f"raises {actual['kind']}, expected {expected['kind']}: {actual['text']}"
    for part in expected.get("text_has", []):
        if part not in actual["text"]:
            return f"the text lacks {part!r}: {actual['text']}"
    for part in expected.get("text_lacks", []):
        if part in actual["text"]:
            return f"the text has {part!r}"
    if not {*expected.get("candidates", ())} <= {*actual.get("candidates", ())}:
        return f"names {actual.get('candidates')} as near, expected {expected['candidates']}"
    if sorted(expected.get("problems", actual.get("problems", []))) != sorted(actual.get("problems", [])):
        return f"finds fault with {actual.get('problems')}, expected {expected['problems']}"
    fields = {key: value for key, value in expected.items() if key not in _COMPARED_APART}
    found = subset_difference(fields, actual, "error")
    if found is None and "completed" in expected:
        found = result_difference(expected["completed"], actual.get("completed"))
    return found or _failures_difference(expected.get("failures"), actual.get("failures", []))


def _failures_difference(expected: list[dict[str, Any]] | None, actual: list[dict[str, Any]]) -> str | None:
    if expected is None:
        return None
    if len(expected) != len(actual):
        return f"{len(actual)} failures, expected {len(expected)}"
    for one, other in zip(expected, actual, strict=True):
        found = difference(one["what"], other["what"], "failure") or error_difference(one["error"], other["error"])
        if found:
            return found
    return None
