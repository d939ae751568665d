"""Server built from the spec alone, which answers every operation with all fields of the response schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import arize_queues_raw
import attrs
import httpx
from arize_queues_raw.operations import OPERATIONS, Operation

SPEC: dict[str, Any] = json.loads(Path(arize_queues_raw.__file__).with_name("openapi.json").read_text())
TIME = "2026-03-01T00:00:00Z"


def schema(node: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of the spec with `$ref` and single-reference `allOf` resolved."""
    while "$ref" in node or "allOf" in node:
        reference: str = node["$ref"] if "$ref" in node else node["allOf"][0]["$ref"]
        node = SPEC["components"]["schemas"][reference.rpartition("/")[2]]
    return node


def content(holder: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a body or an answer, or an empty schema where there is no content."""
    media: dict[str, Any] = next(iter(holder.get("content", {}).values()), {})
    return schema(media.get("schema", {}))


def described(operation: Operation) -> dict[str, Any]:
    """Return the spec's description of an operation."""
    found: dict[str, Any] = SPEC["paths"][operation.path][operation.method.lower()]
    return found


def answer_to(operation: Operation, status: int) -> dict[str, Any]:
    """Return the spec's description of an answer: by status, by status range, or the default one."""
    responses = described(operation)["responses"]
    found = (responses.get(key) for key in (str(status), f"{status // 100}XX", "default"))
    return next(answer for answer in found if answer is not None)


def statuses(key: str) -> list[int]:
    """Return sample statuses for a key of `responses`: a number, a range such as 5XX, or `default`."""
    if key.isdecimal():
        return [int(key)]
    return [int(key[0]) * 100, int(key[0]) * 100 + 99] if key[0].isdecimal() else [500, 599]


def sample(node: dict[str, Any], name: str = "text") -> Any:
    """Return a value with every field of a schema; a string field holds its own name."""
    node = schema(node)
    if "oneOf" in node:
        return sample(node["oneOf"][0], name)
    if "enum" in node:
        return node["enum"][0]
    kind = node.get("type", "object")
    if kind == "array":
        return [*_members(node["items"], name)]
    if kind == "object":
        fields = {key: sample(field, key) for key, field in node.get("properties", {}).items()}
        return fields or {"key": "value"}
    # has_more is false, so a listing has a single page
    scalars = {"integer": 7, "number": 1.5, "boolean": False, "string": name}
    formats = {"date-time": TIME, "email": "annotator@example.com"}
    return formats.get(node.get("format", ""), scalars[kind])


def _members(items: dict[str, Any], name: str) -> Iterator[Any]:
    """Yield one item for every form that a list can hold, each with a name of its own."""
    for number, member in enumerate(schema(items).get("oneOf", [items])):
        item = sample(member, name)
        if number and isinstance(item, dict):
            item["name"] = f"name {number}"
        yield item


def operation_of(request: httpx.Request, operations: Mapping[str, Operation] = OPERATIONS) -> Operation:
    """Return the operation that a request calls."""
    for operation in operations.values():
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(operation.path))
        path = request.url.raw_path.decode().partition("?")[0]
        if operation.method == request.method and re.fullmatch(pattern, path):
            return operation
    raise AssertionError(f"{request.method} {unquote(str(request.url))} is no operation of the spec")


@attrs.define
class SampleServer:
    """Server that answers the whole API with samples; single operations can answer with another status.

    Attributes:
        answers: Statuses by operation ID, for operations that must not answer with their first success status.
        requests: Received requests, each with its operation.
    """

    answers: dict[str, int] = attrs.field(factory=dict)
    requests: list[tuple[Operation, httpx.Request]] = attrs.field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Record a request and answer it with a sample."""
        operation = operation_of(request)
        self.requests.append((operation, request))
        status = self.answers.get(operation.operation_id, operation.successes[0])
        answer = answer_to(operation, status)
        if "content" not in answer:
            return httpx.Response(status)
        body = sample(content(answer))
        if status >= 400:
            body["status"] = status
        media = next(iter(answer["content"]))
        return httpx.Response(status, content=json.dumps(body), headers={"content-type": media})

    @property
    def reached(self) -> set[str]:
        """Return the IDs of the operations that were called."""
        return {operation.operation_id for operation, _ in self.requests}

    def bodies(self, operation_id: str) -> list[Any]:
        """Return the bodies of all calls of an operation."""
        return [json.loads(r.content) for operation, r in self.requests if operation.operation_id == operation_id]
