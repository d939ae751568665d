"""Convert OpenAPI 3.1 to 3.0.

One dialect behind the loader means that overlay, generator and spec-diff are written once, and that an
upstream which moves from 3.0 to 3.1 without changing anything shows no difference.
"""

from __future__ import annotations

from typing import Any

from .references import children

_BASE = "3.0.3"


def to_3_0(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document as 3.0; the validator reports features that 3.0 lacks."""
    rest = {key: value for key, value in document.items() if key not in {"webhooks", "jsonSchemaDialect"}}
    _rewrite(rest)
    return {**rest, "openapi": _BASE}


def wrap_references(node: Any, *, names: bool = False) -> None:
    """Convert a `$ref` with siblings, which 3.0 ignores, to an `allOf` with the same siblings."""
    for _, child, child_names in children(node, names=names):
        wrap_references(child, names=child_names)
    reference = node.get("$ref") if isinstance(node, dict) and not names and len(node) > 1 else None
    if isinstance(reference, str) and "/schemas/" in reference:
        node["allOf"] = [{"$ref": node.pop("$ref")}]


def _rewrite(node: Any, *, names: bool = False) -> None:
    for _, child, child_names in children(node, names=names):
        _rewrite(child, names=child_names)
    if isinstance(node, dict) and not names:
        _types(node)
        _null_branch(node)
        _values(node)
        wrap_references(node)


def _types(schema: dict[str, Any]) -> None:
    if not isinstance(schema.get("type"), list):
        return
    names = schema.pop("type")
    types = [name for name in names if name != "null"]
    if "null" in names:
        schema["nullable"] = True
    if len(types) == 1:
        schema["type"] = types[0]
    elif types:
        schema["anyOf"] = [{"type": name} for name in types]


def _null_branch(schema: dict[str, Any]) -> None:
    for key in ("anyOf", "oneOf"):
        branches = schema.get(key)
        if isinstance(branches, list) and {"type": "null"} in branches:
            rest = [branch for branch in branches if branch != {"type": "null"}]
            del schema[key]
            schema["nullable"] = True
            if len(rest) == 1 and "$ref" not in rest[0]:
                schema.update({**rest[0], **schema})
            else:
                schema["allOf" if len(rest) == 1 else key] = rest


def _values(schema: dict[str, Any]) -> None:
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if "enum" in schema and schema.get("nullable"):
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    if isinstance(schema.get("examples"), list):
        schema["example"] = schema.pop("examples")[0]
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        value = schema.get(exclusive)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            schema.update({limit: value, exclusive: True})
