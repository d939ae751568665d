"""Validate a request by the spec, before the rules of the API."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import jsonschema_rs

from arize_queues.emulator._formats.json_text import is_object, read
from arize_queues.emulator._formats.problems import Refusal
from arize_queues.emulator._formats.spelling import Revision, incoming, incoming_query, spelled

from .spec import Operation

_SHOWN = 3
_LONGEST = 200


def judge_query(operation: Operation, revision: Revision, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Parse the parameters of the query by their types; unknown parameters are ignored."""
    given: dict[str, Any] = {}
    for name, text in pairs:
        if name in given:
            raise Refusal(400, f"{name}: given more than once.")
        if name in operation.query:
            given[name] = _typed(operation.query[name]["schema"], text)
    given = incoming_query(revision, given)
    errors = list(operation.query_validator.iter_errors(given))
    if errors:
        raise Refusal(400, _describe(revision, errors))
    defaults = {name: found["schema"].get("default") for name, found in operation.query.items()}
    return {name: given.get(name, default) for name, default in defaults.items()}


def _typed(schema: dict[str, Any], text: str) -> Any:
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    return text


def judge_body(operation: Operation, revision: Revision, raw: bytes, content_type: str) -> Any:
    """Parse, convert and validate a request body."""
    if operation.body_validator is None:
        return None
    if content_type and not re.match(r"application/([\w.-]+\+)?json\s*(;|$)", content_type, re.IGNORECASE):
        raise Refusal(400, f"The body must be application/json, not {content_type!r}.")
    body = incoming(revision, parse(raw))
    # Only the tag operation minds unknown fields, and before it looks at the known ones.
    if operation.id == "add_annotation_queue_tags" and is_object(body) and body.keys() - {"tag_ids"}:
        raise Refusal(422, f"Unknown fields: {_shortened(', '.join(sorted(body.keys() - {'tag_ids'})))}.")
    errors = list(operation.body_validator.iter_errors(body))
    if errors:
        raise Refusal(400, _describe(revision, errors))
    return body


def parse(raw: bytes) -> Any:
    """Parse a body as strict JSON, or refuse it."""
    try:
        return read(raw)
    except ValueError as error:
        raise Refusal(400, "The body is not valid JSON.") from error


def _describe(revision: Revision, errors: list[jsonschema_rs.ValidationError]) -> str:
    shown = [_sentence(revision, error) for error in errors[:_SHOWN]]
    if len(errors) > _SHOWN:
        shown.append(f"and {len(errors) - _SHOWN} more")
    return "; ".join(shown) + "."


def _sentence(revision: Revision, error: jsonschema_rs.ValidationError) -> str:
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    message = _shortened(error.message)
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Enum):
        # jsonschema-rs names a few of the values only, and does not know how they are spelled.
        message = f"the value is not one of {spelled(revision, error.kind.options)}"
    return f"{where.removeprefix('.')}: {message}" if where else message


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
