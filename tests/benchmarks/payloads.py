"""What a server of annotation queues answers, prepared: records with the fields and lengths of real queues."""

from __future__ import annotations

import json
from typing import Any

QUEUE_ID = "QW5ub3RhdGlvblF1ZXVlOjEyMzQ1"
QUEUE_NAME = "Triage"
SPACE_ID = "U3BhY2U6MTIz"
SPACE_NAME = "prod"

_PROMPT = "You are a support assistant of a shop. Answer in at most three sentences, cite the order, stay polite. "
_QUESTION = "Order {number} was due on Tuesday and the tracking page still says that it is being packed. Where is it? "
_ANSWER = "It left our warehouse yesterday evening and should reach you by Thursday; the tracking page lags behind. "
_PEOPLE = (("VXNlcjox", "ana@example.com"), ("VXNlcjoy", "ben@example.com"))


def queue() -> dict[str, Any]:
    """Return a queue with two configs and two annotators."""
    times = {"created_at": "2026-03-02T08:00:00.000000Z"}
    values = [{"label": "correct", "score": 1.0}, {"label": "incorrect", "score": 0.0}]
    config = {"space_id": SPACE_ID, **times}
    return {
        "id": QUEUE_ID,
        "name": QUEUE_NAME,
        "space_id": SPACE_ID,
        "instructions": "Judge the answer, not the question.",
        "annotation_configs": [
            {"id": "Q29uZmlnOjE=", "name": "accuracy", "type": "CATEGORICAL", "values": values, **config},
            {
                "id": "Q29uZmlnOjI=",
                "name": "helpfulness",
                "type": "CONTINUOUS",
                "minimum_score": 0.0,
                "maximum_score": 10.0,
                **config,
            },
        ],
        "annotators": [_person(0), _person(1)],
        **times,
        "updated_at": "2026-03-03T09:30:00.000000Z",
    }


def record(number: int) -> dict[str, Any]:
    """Return a record of about 2.2 kB: 15 columns, two annotations, two evaluations, two assignees."""
    return {
        "id": record_id(number),
        "annotation_queue_id": QUEUE_ID,
        "source_type": "SPANS",
        "granularity": "SPAN",
        "data": _data(number),
        "annotations": annotations(number),
        "trace_annotations": [],
        "session_annotations": [],
        "evaluations": [
            {"name": "toxicity", "label": "clean", "score": 0.01, "explanation": "Nothing in it could hurt anybody."},
            {"name": "hallucination", "label": "factual", "score": 0.9, "explanation": "The order supports it."},
        ],
        "assigned_users": [
            {"user": _person(0), "completion_status": "COMPLETED"},
            {"user": _person(1), "completion_status": "PENDING"},
        ],
    }


def record_id(number: int) -> str:
    """Return the ID of a record."""
    return f"QW5ub3RhdGlvblF1ZXVlUmVjb3JkOj{number:07}"


def annotations(number: int) -> list[dict[str, Any]]:
    """Return the annotations of two people on a record."""
    return [
        {
            "name": "accuracy",
            "label": "correct",
            "score": 1.0,
            "updated_at": f"2026-03-03T09:{number % 60:02}:11.123456Z",
            "annotator": _person(0),
        },
        {
            "name": "helpfulness",
            "score": float(number % 10),
            "updated_at": f"2026-03-03T10:{number % 60:02}:42.654321Z",
            "annotator": _person(1),
        },
    ]


def inputs(number: int) -> list[dict[str, Any]]:
    """Return annotations as a user writes them."""
    return [
        {"name": "accuracy", "label": "correct", "score": 1.0},
        {"name": "helpfulness", "score": float(number % 10)},
    ]


def records_json(first: int, count: int) -> bytes:
    """Return the JSON text of some records."""
    return json.dumps([record(number) for number in range(first, first + count)], separators=(",", ":")).encode()


def page(key: str, records: bytes, next_cursor: int | None) -> bytes:
    """Put the JSON text of records into a page; `key` is what the operation calls them."""
    pagination = {"has_more": next_cursor is not None, "next_cursor": next_cursor and str(next_cursor)}
    return b'{"%b":%b,"pagination":%b}' % (key.encode(), records, json.dumps(pagination).encode())


def _person(index: int) -> dict[str, str]:
    return {"id": _PEOPLE[index][0], "email": _PEOPLE[index][1]}


def _data(number: int) -> dict[str, Any]:
    return {
        "context.span_id": f"{number:016x}",
        "context.trace_id": f"{number // 2:032x}",
        "attributes.session.id": f"session-{number // 10:08}",
        "parent_id": None,
        "name": "ChatCompletion",
        "start_time": f"2026-03-02T08:{number % 60:02}:00.000000Z",
        "end_time": f"2026-03-02T08:{number % 60:02}:03.250000Z",
        "status_code": "OK",
        "attributes.openinference.span.kind": "LLM",
        "attributes.llm.model_name": "assistant-large",
        "attributes.input.value": _PROMPT + _QUESTION.format(number=number),
        "attributes.output.value": _ANSWER * 5,
        "attributes.llm.token_count.prompt": 120 + number % 60,
        "attributes.llm.token_count.completion": 40 + number % 30,
        "attributes.metadata": {"tenant": "shop-eu", "release": "2026.03.1", "cached": False},
    }
