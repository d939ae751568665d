"""Adapter of the official Python client: one call as JSON a line in, its outcome as JSON a line out.

Runs in an environment of its own that has `arize`; both spellings of its inner names, of May and of October 2026, are
covered by going through the public face only.
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

os.environ["ARIZE_LOG_ENABLE"] = "false"

import urllib3
from arize import ArizeClient
from arize.annotation_queues import types

METHODS = ("list", "get", "create", "update", "delete", "list_records", "add_records", "delete_records")
METHODS += ("annotate_record", "assign_record")
KINDS = {400: "bad_request", 401: "authentication", 403: "permission_denied", 404: "not_found", 409: "conflict"}
KINDS |= {422: "unprocessable", 429: "rate_limit"}
CANNOT = {"$id": "an ID that is said to be one", "$name": "a name that is said to be one"}

waits: list[float] = []
now = [0.0]


class CannotError(Exception):
    """The client has no way to say this."""


def sleep(seconds: float) -> None:
    """Record a wait instead of waiting."""
    waits.append(seconds)
    now[0] += seconds


# urllib3 reads the time and sleeps through its module's `time`.
urllib3.util.retry.time = SimpleNamespace(time=lambda: now[0], sleep=sleep, monotonic=time.monotonic)  # type: ignore[assignment]


def native(value: Any) -> Any:
    """Put Python's own values in place of the typed ones."""
    if isinstance(value, list):
        return [native(item) for item in value]
    if not isinstance(value, dict):
        return value
    form = next(iter(value), "")
    if form in CANNOT:
        raise CannotError(CANNOT[form])
    if form == "$date":
        raise CannotError("a date without a time of day")
    if form == "$instant":
        return datetime.fromisoformat(value[form])
    if form == "$nan":
        return math.nan
    return {key: native(item) for key, item in value.items()}


def connect(command: dict[str, Any]) -> ArizeClient:
    """Make a client that talks to the stage."""
    place = urlsplit(command["base_url"])
    # The version of 2026-05 has no setting for the port.
    return ArizeClient(api_key=command["api_key"], api_host=place.netloc, api_scheme="http")


def arguments(command: dict[str, Any]) -> dict[str, Any]:
    """Put a case's arguments into the client's."""
    given: dict[str, Any] = native(command["arguments"])
    if command["operation"] not in METHODS:
        raise CannotError(f"no {command['operation']}")
    if "column_allowlist" in given:
        raise CannotError("no column_allowlist")
    for source in given.get("record_sources") or ():
        if "project" in source or "dataset" in source:
            raise CannotError("sources take IDs only")
    if command.get("as_models"):
        given["record_sources"] = [model(source) for source in given["record_sources"]]
    return given


def model(source: dict[str, Any]) -> Any:
    """Put a source into the client's own model, in its wrapper."""
    inner = getattr(types, f"AnnotationQueue{source['record_type'].title()}RecordInput")
    return types.AnnotationQueueRecordInput(actual_instance=inner(**source))


def plain(value: Any) -> Any:
    """Put a result into plain data."""
    if value is None:
        return None
    return json.loads(json.dumps(value.to_dict(), default=spelled))


def spelled(value: Any) -> Any:
    """Write what JSON does not have."""
    if isinstance(value, datetime):
        return value.isoformat()
    return getattr(value, "value", None) or str(value)


def error_told(error: Exception) -> dict[str, Any]:
    """Put an error into plain data."""
    told: dict[str, Any] = {"class": type(error).__name__, "text": str(error)}
    status = getattr(error, "status", None)
    name = type(error).__name__
    if status is not None and hasattr(error, "body"):
        problem = error.data if getattr(error, "data", None) is not None else None  # type: ignore[attr-defined]
        fields = {field: getattr(problem, field, None) for field in ("title", "detail", "type")}
        default = "server_error" if status >= 500 else "status"
        return {**told, "kind": KINDS.get(status, default), "status_code": status, **fields}
    if name == "NotFoundError":
        fields = {"resource": error.resource_type, "name": error.resource_name, "candidates": error.available_names}  # type: ignore[attr-defined]
        return {**told, "kind": "name_not_found", **fields}
    if name == "AmbiguousNameError":
        return {**told, "kind": "ambiguous_name", "matching_ids": getattr(error, "matching_ids", None)}
    if isinstance(error, urllib3.exceptions.HTTPError):
        return {**told, "kind": "connection"}
    return {**told, "kind": "local", "local": True}


def perform(client: ArizeClient, command: dict[str, Any]) -> dict[str, Any]:
    """Carry out one call."""
    try:
        given = arguments(command)
    except CannotError as reason:
        return {"cannot": str(reason)}
    try:
        value = getattr(client.annotation_queues, command["operation"])(**given)
        return {"result": json.loads(value.to_json()) if command.get("as_json") else plain(value)}
    except Exception as error:
        return {"error": error_told(error)}


def main() -> None:
    """Answer commands until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the client prints must not end up among the answers
    client = None
    runtime = f"Python {platform.python_version()}"
    print(json.dumps({"version": version("arize"), "runtime": runtime}), file=answers, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        if client is None or command.get("new_client"):
            client = connect(command)
        waits.clear()
        now[0] = datetime.fromisoformat(command["now"].replace("Z", "+00:00")).astimezone(UTC).timestamp()
        outcome = perform(client, command)
        print(json.dumps({**outcome, "waits": waits}), file=answers, flush=True)


if __name__ == "__main__":
    main()
