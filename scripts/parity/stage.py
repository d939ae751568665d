"""The stage of a case: it accepts requests and waits in order, and answers from the script."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import unquote

import attrs

from .compare import difference, path_difference, query_difference

API_KEY = "parity-key"
_WAIT_TOLERANCE = 0.002


@attrs.frozen
class Arrived:
    """A request that a client sent.

    Attributes:
        method: The HTTP method.
        path: The path, as encoded.
        query: The query string, without its question mark.
        headers: By lower-case name.
        body: The bytes.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {unquote(self.path)}"


@attrs.frozen
class Played:
    """An answer for a client, or a fault instead.

    Attributes:
        status: The HTTP status; 0 with a fault.
        headers: The headers.
        body: The bytes.
        fault: "connect", "connect_timeout", "reset", "timeout" or None.
    """

    status: int = 0
    headers: dict[str, str] = attrs.field(factory=dict)
    body: bytes = b""
    fault: str | None = None


OFF_SCRIPT = Played(
    599, {"content-type": "application/problem+json"}, b'{"title":"off the script","status":599,"detail":"parity"}'
)


class Stage:
    """The exchanges of one step of a case; threads may share it.

    Attributes:
        complaint: What went wrong first, or None.
        sent: The requests that arrived, for telling.
    """

    def __init__(self, exchanges: list[dict[str, Any]], *, waits: bool = True) -> None:
        """Prepare the exchanges.

        Args:
            exchanges: Those of a step of a case.
            waits: Whether the client's clock is ours; else the waits of the script are passed over.
        """
        self._left = [item for item in exchanges if waits or "wait" not in item]
        self._group: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self.complaint: str | None = None
        self.sent: list[str] = []

    def arrive(self, request: Arrived) -> Played:
        """Accept a request, and return its answer."""
        with self._lock:
            self.sent.append(str(request))
            return self._match(request)

    def wait(self, seconds: float) -> None:
        """Accept a wait of the client."""
        with self._lock:
            item = self._left[0] if self._left and not self._group else {}
            if seconds == 0 and item.get("wait") != 0:
                return
            if "wait" not in item:
                self._complain(f"waits {seconds:g} s, expected {self._next()}")
                return
            self._left.pop(0)
            if abs(item["wait"] - seconds) > _WAIT_TOLERANCE:
                self._complain(f"waits {seconds:g} s, expected {item['wait']:g} s")

    def finish(self) -> str | None:
        """Return what went wrong, if anything; exchanges that were not played count."""
        self._pass_over()
        if self.complaint is None and (self._left or self._group):
            self._complain(f"ends early, expected {self._next()}")
        return self.complaint

    def _match(self, request: Arrived) -> Played:
        if not self._group:
            self._pass_over()
            item = self._left.pop(0) if self._left and "wait" not in self._left[0] else {}
            self._group = list(item.get("together", [item] if item else []))
        if not self._group:
            self._complain(f"sends {request}, expected {self._next()}")
            return OFF_SCRIPT
        differences = [request_difference(exchange["request"], request) for exchange in self._group]
        if None not in differences:
            self._complain(_told(self._group[0]["request"], request, str(differences[0])))
        exchange = self._group.pop(differences.index(None) if None in differences else 0)
        return played(exchange) if None in differences else OFF_SCRIPT

    def _pass_over(self) -> None:
        """Skip waits of zero seconds, which a client need not make."""
        while not self._group and self._left and self._left[0].get("wait") == 0:
            self._left.pop(0)

    def _complain(self, words: str) -> None:
        self.complaint = self.complaint or words

    def _next(self) -> str:
        item = self._group[0] if self._group else (self._left[0] if self._left else {})
        item = item["together"][0] if "together" in item else item
        if "wait" in item:
            return f"a wait of {item['wait']:g} s"
        return f"{item['request']['method']} {unquote(item['request']['path'])}" if item else "nothing more"


def _told(expected: dict[str, Any], request: Arrived, found: str) -> str:
    if found.startswith(("method ", "path ")):
        return f"sends {request}, expected {expected['method']} {unquote(expected['path'])}"
    return f"sends {request}: {found}"


def request_difference(expected: dict[str, Any], request: Arrived) -> str | None:
    """Return where a request differs from the expected one."""
    if request.method != expected["method"]:
        return f"method {request.method}, expected {expected['method']}"
    found = path_difference(expected["path"], request.path)
    found = found or query_difference(expected.get("query", {}), request.query)
    found = found or _body_difference(expected, request)
    if found is None and request.headers.get("authorization") != f"Bearer {API_KEY}":
        return "no bearer key"
    return found


def _body_difference(expected: dict[str, Any], request: Arrived) -> str | None:
    if "body" not in expected:
        return "has a body" if request.body else None
    if not request.body:
        return "has no body"
    if "json" not in request.headers.get("content-type", ""):
        return "is not said to be JSON"
    try:
        body = json.loads(request.body)
    except ValueError:
        return "the body is not JSON"
    return difference(expected["body"], body, "body")


def played(exchange: dict[str, Any]) -> Played:
    """Return the answer or the fault of an exchange."""
    if "fault" in exchange:
        return Played(fault=exchange["fault"])
    answer = exchange["answer"]
    status = answer.get("status", 200)
    body = b"" if status == 204 else answer.get("text", "").encode()
    kind = "application/json" if status < 400 else "application/problem+json"
    if "body" in answer:
        body = json.dumps(answer["body"]).encode()
    headers = {"content-type": kind} if body else {}
    return Played(status, headers | {key.lower(): value for key, value in answer.get("headers", {}).items()}, body)
