"""Judge the outcome of a case: same, differs (how), or not expressible by the client."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import attrs

from .clients import Adapter, Client
from .compare import result_difference
from .server import StageServer
from .stage import API_KEY, Stage

SAME = "same"
_ANSWERS_WITHIN = 20.0
_LOCAL = ("invalid_request", "space_required")


@attrs.frozen
class Verdict:
    """The verdict on a client and a case.

    Attributes:
        status: "same", "differs", "cannot", "other revision" or "not played".
        how: One phrase.
    """

    status: str
    how: str = ""

    def __str__(self) -> str:
        return f"{self.status}: {self.how}" if self.how else self.status


def verdict(client: Client, adapter: Adapter, server: StageServer, case: dict[str, Any]) -> Verdict:
    """Run a case with a client, and return the verdict."""
    if case["revision"] != client.revision:
        return Verdict("other revision")
    if any(fault == "connect" for step in case["steps"] for fault in _faults(step["exchanges"])):
        return Verdict("not played", "no connection")
    for number, step in enumerate(case["steps"]):
        found = _step_verdict(client, adapter, server, case, step, first=number == 0)
        if found.status != SAME:
            return found
    return Verdict(SAME)


def _step_verdict(
    client: Client, adapter: Adapter, server: StageServer, case: dict[str, Any], step: dict[str, Any], *, first: bool
) -> Verdict:
    server.stage, server.held = Stage(step["exchanges"], waits=False), False
    call = step["call"]
    command = {
        "base_url": server.url,
        "api_key": API_KEY,
        "new_client": first,
        "now": case.get("now", "2026-03-01T12:00:00Z"),
        "operation": call["operation"],
        "arguments": call.get("arguments", {}),
        "as_json": call.get("as_json", False),
        "as_models": call.get("as_models", False),
    }
    outcome = adapter.ask(command, _ANSWERS_WITHIN)
    if outcome is None:
        return Verdict("differs", "gives no answer")
    if "cannot" in outcome:
        return Verdict("cannot", outcome["cannot"])
    if server.held and step["expect"].get("error", {}).get("kind") == "timeout":
        return Verdict("differs", "waits for an answer without end")
    unread = [] if any(field in case.get("essential", []) for field in client.unread) else client.unread
    complaint = server.stage.complaint or _outcome_difference(step["expect"], outcome, unread)
    complaint = complaint or server.stage.finish()
    complaint = complaint or _waits_difference(step["exchanges"], outcome["waits"])
    return Verdict("differs", _tidy(complaint, outcome, server)) if complaint else Verdict(SAME)


def _tidy(complaint: str, outcome: dict[str, Any], server: StageServer) -> str:
    """Return what the client did, without the port of this run; the error of a client that stopped early says more."""
    error = outcome.get("error", {})
    if complaint.startswith("ends early") and error:
        complaint = _raised(error)
    return complaint.replace(server.url, "")


def _outcome_difference(expected: dict[str, Any], outcome: dict[str, Any], unread: Collection[str]) -> str | None:
    error = outcome.get("error")
    if "error" not in expected:
        result = _without(expected.get("result"), unread)
        return _raised(error) if error else result_difference(result, outcome["result"], fold=True)
    if error is None:
        return f"returns, where {expected['error']['kind']} is expected"
    return _error_difference(expected["error"], error)


def _without(value: Any, fields: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, fields) for key, item in value.items() if key not in fields}
    return [_without(item, fields) for item in value] if isinstance(value, list) else value


def _error_difference(expected: dict[str, Any], error: dict[str, Any]) -> str | None:
    """Compare the kind of an error, and its other facts, which are attributes or in its text."""
    wanted = "local" if expected["kind"] in _LOCAL else expected["kind"]
    if error["kind"] != wanted:
        return _raised(error)
    if "status_code" in expected and expected["status_code"] != error.get("status_code"):
        return f"the error's status is {error.get('status_code')}"
    if "retry_after" in expected:
        return "the error does not tell how long to wait"
    for field in ("detail" if expected.get("detail") else "title", "request_id"):
        if expected.get(field) and expected[field] != error.get(field) and expected[field] not in error["text"]:
            return f"the error does not tell the {field}"
    if "matching_ids" in expected and any(name not in error["text"] for name in expected["matching_ids"]):
        return "the error does not tell the matching IDs"
    leaked = next((part for part in expected.get("text_lacks", []) if part in error["text"]), None)
    return f"the error's text has {leaked!r}" if leaked else None


def _waits_difference(exchanges: list[dict[str, Any]], waits: list[float] | None) -> str | None:
    if waits is None:  # a client whose clock cannot be seen
        return None
    expected = [item["wait"] for item in exchanges if item.get("wait")]
    waited = [seconds for seconds in waits if seconds]
    same = len(expected) == len(waited) and all(abs(a - b) < 0.01 for a, b in zip(expected, waited, strict=True))
    return None if same else f"waits {waited or 'not at all'}, expected {expected}"


def _raised(error: dict[str, Any]) -> str:
    words = " ".join(error["text"].split())
    short = words if len(words) <= 90 else f"{words[:90]}..."
    status = f" {error['status_code']}" if "status_code" in error else ""
    return f"raises {error['class']}{status}" if status else f"raises {error['class']}: {short}"


def _faults(exchanges: list[dict[str, Any]]) -> list[str]:
    inner = [exchange for item in exchanges for exchange in item.get("together", [item])]
    return [exchange["fault"] for exchange in inner if "fault" in exchange]
