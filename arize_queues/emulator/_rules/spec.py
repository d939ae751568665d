"""The checked-in spec as JSON Schema validators, one set for each revision."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs
from attrs import frozen

from arize_queues.emulator._formats.json_text import Json, is_object
from arize_queues.emulator._formats.spelling import REVISIONS

_SCHEMAS = "#/components/schemas/"
_ANNOTATIONS = frozenset({"description", "discriminator", "example", "nullable", "title"})
_METHODS = ("get", "post", "put", "patch", "delete")
_BODY_LIMITS_OF_2026_10 = ("AnnotationQueueExampleRecordInput", "AnnotationQueueSpanRecordInput")


@frozen
class Operation:
    """One operation of the spec, with the validators of its query and its body."""

    id: str
    method: str
    path: str
    query: dict[str, Json]
    query_validator: jsonschema_rs.Validator
    body_validator: jsonschema_rs.Validator | None


@cache
def document() -> Json:
    """Read the spec that the raw client was generated from."""
    text = resources.files("arize_queues_raw").joinpath("openapi.json").read_text(encoding="utf-8")
    read: Json = json.loads(text)
    return read


@cache
def operations(revision: str) -> dict[str, Operation]:
    """Return the operations of a revision by their operationId."""
    additions = REVISIONS[revision].additions
    schemas = json.loads(json.dumps(document()["components"]["schemas"]))
    if not additions:
        _take_additions_away(schemas)
    definitions = {name: _convert(schema) for name, schema in schemas.items()}
    found: dict[str, Operation] = {}
    for path, item in document()["paths"].items():
        if path.endswith("/tags") and not additions:
            continue
        for method in _METHODS:
            if method in item:
                operation = _operation(method, path, item, definitions, additions=additions)
                found[operation.id] = operation
    return found


def _operation(method: str, path: str, item: Json, definitions: Json, *, additions: bool) -> Operation:
    spec = item[method]
    parameters = [_resolved(parameter) for parameter in [*item.get("parameters", []), *spec.get("parameters", [])]]
    query = {found["name"]: found for found in parameters if found["in"] == "query"}
    if not additions:
        query.pop("project_type", None)
    query_schema: Json = {
        "type": "object",
        "properties": {name: _convert(found["schema"]) for name, found in query.items()},
        "required": [name for name, found in query.items() if found.get("required")],
    }
    body = _resolved(spec.get("requestBody", {})).get("content", {}).get("application/json")
    return Operation(
        id=spec["operationId"],
        method=method.upper(),
        path=path,
        query=query,
        query_validator=_validator(query_schema, definitions),
        body_validator=_validator(_convert(body["schema"]), definitions) if body else None,
    )


def _resolved(part: Json) -> Json:
    if "$ref" not in part:
        return part
    found: Any = document()
    for key in part["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return _resolved(found)


def _validator(schema: Json, definitions: Json) -> jsonschema_rs.Validator:
    # Errors say what the limit is, and not what was sent.
    return jsonschema_rs.Draft202012Validator({**schema, "$defs": definitions}, validate_formats=True, mask="the value")


def _convert(schema: Json) -> Json:
    """Turn an OpenAPI 3.0 schema into JSON Schema 2020-12."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace(_SCHEMAS, "#/$defs/")}
    converted = {
        key: _convert_keyword(key, value)
        for key, value in schema.items()
        if key not in _ANNOTATIONS and not key.startswith("x-")
    }
    if "oneOf" in converted and "discriminator" in schema:
        del converted["oneOf"]
        converted.update(_by_discriminator(schema["discriminator"]))
    if schema.get("nullable"):
        # Where the type can say so the limits beside it still speak for themselves in an error.
        if "type" in converted and "enum" not in converted:
            return {**converted, "type": [converted["type"], "null"]}
        return {"anyOf": [{"type": "null"}, converted]}
    return converted


def _convert_keyword(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _convert(schema) for name, schema in value.items()}
    if key in {"items", "not"} or (key == "additionalProperties" and is_object(value)):
        return _convert(value)
    if key in {"allOf", "anyOf", "oneOf"}:
        return [_convert(schema) for schema in value]
    return value


def _by_discriminator(discriminator: Json) -> Json:
    """Convert a union to one condition for each kind, so that an error is about the kind that was meant."""
    name, mapping = discriminator["propertyName"], discriminator["mapping"]
    conditions = [
        {
            "if": {"properties": {name: {"const": kind}}, "required": [name]},
            "then": {"$ref": target.replace(_SCHEMAS, "#/$defs/")},
        }
        for kind, target in mapping.items()
    ]
    return {
        "type": "object",
        "required": [name],
        "properties": {name: {"enum": list(mapping)}},
        "allOf": conditions,
    }


def _take_additions_away(schemas: Json) -> None:
    """Remove the additions of 2026-10 from the schemas of requests."""
    instructions = schemas["UpdateAnnotationQueueRequest"]["properties"]["instructions"]
    instructions.pop("nullable", None)
    instructions.pop("minLength", None)
    mapping = schemas["AnnotationQueueRecordInput"]["discriminator"]["mapping"]
    for kind in ("trace", "session"):
        mapping.pop(kind, None)
    for name in _BODY_LIMITS_OF_2026_10:
        for field in ("span_ids", "example_ids"):
            schemas[name]["properties"].get(field, {}).pop("maxItems", None)
    schemas["AnnotateAnnotationQueueRecordRequest"]["properties"]["annotations"].pop("maxItems", None)
