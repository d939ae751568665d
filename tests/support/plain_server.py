"""Server for bulk calls in plain Python with scripted failures, for tests that send many requests."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx

QUEUE = "aq_1"
LISTS = ["annotations", "trace_annotations", "session_annotations", "evaluations"]
OUTCOMES = ["ok", "429", "503", "lost before", "lost after", "html", "500 after", "401", "400"]


class PlainServer:
    """Server with one queue.

    Attributes:
        present: Subjects in the queue: each span ID with its window's start, or each example.
        notes: Text of the note of each annotated record, by record ID.
        assigned: Assigned emails by record ID.
        bad: IDs for which the server refuses a whole request.
        datasets: Number of examples by dataset ID.
        script: Outcomes of the next writes; every write after the last one is "ok".
        bodies: Bodies of the writes that arrived.
    """

    def __init__(self, records: Iterator[str] | list[str] = (), script: list[str] | None = None) -> None:  # type: ignore[assignment]
        self.records = set(records)
        self.present: set[str] = set()
        self.notes: dict[str, str] = {}
        self.assigned: dict[str, list[str]] = {}
        self.bad: set[str] = set()
        self.datasets: dict[str, int] = {}
        self.script = list(script or [])
        self.bodies: list[Any] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        with self._lock:
            if request.method == "GET":
                return self._read(request)
            outcome = self.script.pop(0) if self.script else "ok"
            body = json.loads(request.content)
            self.bodies.append(body)
            if outcome in ("429", "503", "401", "400"):
                return problem(int(outcome), "as the script says")
            if outcome == "lost before":
                raise httpx.ReadError("lost before", request=request)
            response = self._write(request, body)
            if outcome == "lost after":
                raise httpx.ReadError("lost after", request=request)
            if outcome == "500 after":
                return problem(500, "as the script says")
            if outcome == "html" and response.status_code < 300 and request.method != "DELETE":
                return httpx.Response(200, html="<html></html>")
            return response

    def _read(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/records"):
            records = [record(name, assigned=self.assigned.get(name, [])) for name in sorted(self.records)]
            return httpx.Response(200, json={"records": records, "pagination": {"has_more": False}})
        return httpx.Response(200, json=queue())

    def _write(self, request: httpx.Request, body: Any) -> httpx.Response:
        record_id = request.url.path.rpartition("/records/")[2].partition("/")[0]
        if request.method == "DELETE":
            return self._refusal(body["record_ids"]) or self._delete(body["record_ids"])
        if request.url.path.endswith("/annotate"):
            return self._refusal([record_id]) or self._annotate(record_id, body)
        if request.url.path.endswith("/assign"):
            return self._refusal([record_id]) or self._assign(record_id, body)
        return self._refusal([name for source in body["record_sources"] for name in ids_of(source)]) or self._add(body)

    def _refusal(self, ids: list[str]) -> httpx.Response | None:
        refused = [name for name in ids if name in self.bad]
        return problem(422, f"refused: {', '.join(refused)}") if refused else None

    def _add(self, body: Any) -> httpx.Response:
        subjects: list[str] = []
        for source in body["record_sources"]:
            if source["record_type"].lower() == "example" and "example_ids" not in source:
                names = [f"example {number}" for number in range(self.datasets[source["dataset_id"]])]
            else:
                names = ids_of(source)
            where = source.get("start_time") or source["dataset_id"]
            subjects += [f"{where} {name}" for name in names]
        new = [subject for subject in dict.fromkeys(subjects) if subject not in self.present]
        self.present.update(new)
        records = [record(subject) for subject in new]
        return httpx.Response(201 if new else 200, json={"record_sources": records})

    def _delete(self, ids: list[str]) -> httpx.Response:
        self.records -= set(ids)
        return httpx.Response(204)

    def _annotate(self, record_id: str, body: Any) -> httpx.Response:
        self.notes[record_id] = body["annotations"][0]["text"]
        return httpx.Response(200, json={**identity(record_id), "annotations": []})

    def _assign(self, record_id: str, body: Any) -> httpx.Response:
        self.assigned[record_id] = body["assigned_user_emails"]
        return httpx.Response(200, json={**identity(record_id), "assigned_users": []})


def ids_of(source: Any) -> list[str]:
    """Return the IDs of a source in its wire form."""
    return next((value for key, value in source.items() if key.endswith("_ids")), [])


def problem(status: int, detail: str) -> httpx.Response:
    """Build an error response in the form of the API."""
    return httpx.Response(status, json={"status": status, "title": "Refused", "detail": detail})


def identity(name: str) -> dict[str, Any]:
    """Build the fields that identify a record in every answer."""
    return {"id": name, "annotation_queue_id": QUEUE, "source_type": "SPANS", "granularity": "SPAN"}


def record(name: str, assigned: list[str] | None = None) -> dict[str, Any]:
    """Build a record as the server sends it."""
    users = [{"user": {"id": f"u {email}", "email": email}, "completion_status": "PENDING"} for email in assigned or []]
    lists: dict[str, Any] = {key: [] for key in LISTS}
    return {**identity(name), "data": {"name": name}, **lists, "assigned_users": users}


def queue() -> dict[str, Any]:
    """Build a queue with no more than its required fields."""
    return {
        "id": QUEUE,
        "name": "Triage",
        "space_id": "spc_1",
        "created_at": "2026-03-02T00:00:00Z",
        "updated_at": "2026-03-02T00:00:00Z",
    }
