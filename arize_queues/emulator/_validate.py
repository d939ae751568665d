"""Judge a request by the spec, before the rules of the API are asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import jsonschema_rs

from ._json import read
from ._problems import Refusal
from ._spec import Operation
from ._spelling import Revision, incoming, incoming_query

_SHOWN = 3


def judge_query(operation: Operation, revision: Revision, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Read the query's parameters by their types; parameters that the spec does not know are ignored."""
    given: dict[str, Any] = {}
    for name, text in pairs:
        if name in given:
            raise Refusal(400, f"{name}: given more than once.")
        if name in operation.query:
            given[name] = _typed(operation.query[name]["schema"], text)
    given = incoming_query(revision, given)
    errors = list(operation.query_validator.iter_errors(given))
    if errors:
        raise Refusal(400, _describe(errors))
    defaults = {name: found["schema"].get("default") for name, found in operation.query.items()}
    return {name: given.get(name, default) for name, default in defaults.items()}


def _typed(schema: dict[str, Any], text: str) -> Any:
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    return text


def judge_body(operation: Operation, revision: Revision, raw: bytes, content_type: str) -> Any:
    """Parse, respell and judge a request body."""
    if operation.body_validator is None:
        return None
    if content_type and not re.match(r"application/([\w.-]+\+)?json\s*(;|$)", content_type, re.IGNORECASE):
        raise Refusal(400, f"The body must be application/json, not {content_type!r}.")
    body = incoming(revision, parse(raw))
    errors = list(operation.body_validator.iter_errors(body))
    if errors:
        unknown_fields = isinstance(errors[0].kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties)
        raise Refusal(422 if unknown_fields else 400, _describe(errors))
    if operation.id == "add_annotation_queue_tags" and body.keys() - {"tag_ids"}:
        raise Refusal(422, f"Unknown fields: {', '.join(sorted(body.keys() - {'tag_ids'}))}.")
    return body


def parse(raw: bytes) -> Any:
    """Read a body as strict JSON, or refuse it."""
    try:
        return read(raw)
    except ValueError as error:
        raise Refusal(400, "The body is not valid JSON.") from error


def _describe(errors: list[jsonschema_rs.ValidationError]) -> str:
    shown = [_sentence(error) for error in errors[:_SHOWN]]
    if len(errors) > _SHOWN:
        shown.append(f"and {len(errors) - _SHOWN} more")
    return "; ".join(shown) + "."


def _sentence(error: jsonschema_rs.ValidationError) -> str:
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    message = error.message if len(error.message) <= 200 else error.message[:200] + "..."
    return f"{where.removeprefix('.')}: {message}" if where else message
