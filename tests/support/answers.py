"""Canned server responses, and the JSON of the models in them."""

from __future__ import annotations

from typing import Any

import httpx

BASE_URL = "http://localhost"
KEY = "key-that-nobody-may-see"
QUEUES = "/v2/annotation-queues"


def reply(
    status: int = 200,
    json: Any = None,
    *,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    method: str = "GET",
    path: str = QUEUES,
) -> httpx.Response:
    """Build a response."""
    body: dict[str, Any] = {"json": json} if content is None else {"content": content}
    return httpx.Response(status, headers=headers, request=httpx.Request(method, BASE_URL + path), **body)


def problem(status: int, detail: str = "no", **fields: Any) -> dict[str, Any]:
    """Build the body of an error response."""
    return {"title": "Refused", "status": status, "detail": detail, **fields}


def queue(**fields: Any) -> dict[str, Any]:
    """Build a queue as servers send it."""
    return {
        "id": "aq_1",
        "name": "Triage",
        "space_id": "spc_1",
        "created_at": "2026-03-01T00:00:00Z",
        "updated_at": "2026-03-01T00:00:00Z",
        "annotation_configs": [],
        "annotators": [],
        **fields,
    }


def config(**fields: Any) -> dict[str, Any]:
    """Build an annotation config as servers send it."""
    common = {"id": "ac_1", "name": "accuracy", "space_id": "spc_1", "created_at": "2026-03-01T00:00:00Z"}
    return {**common, "type": "freeform", **fields}


def record(**fields: Any) -> dict[str, Any]:
    """Build a record as servers send it."""
    lists: dict[str, Any] = {"annotations": [], "evaluations": [], "assigned_users": []}
    return {"id": "aqr_1", "annotation_queue_id": "aq_1", "source_type": "spans", "data": {}, **lists, **fields}


def page(items: str, *things: Any, cursor: str | None = None, has_more: bool | None = None) -> dict[str, Any]:
    """Build a page of a listing."""
    more = cursor is not None if has_more is None else has_more
    return {items: list(things), "pagination": {"has_more": more, "next_cursor": cursor}}
