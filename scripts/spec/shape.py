"""Find nodes of a document whose type is not that of OpenAPI.

Only what a reader relies on who walks through paths and schemas: a list where there is one to go through, an object
where there are keys. The rest is the validator's, which relies on as much itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .references import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")

# What each kind of object may hold: `[kind]` is a list of the kind, `{kind}` an object of which the keys are names.
_MEMBERS: Final[dict[str, dict[str, str]]] = {
    "document": {
        "paths": "{path item}",
        "components": "components",
        "tags": "[tag]",
        "servers": "[server]",
        "security": "[object]",
    },
    "components": {
        "schemas": "{schema}",
        "parameters": "{parameter}",
        "responses": "{response}",
        "headers": "{header}",
        "requestBodies": "{body}",
        "securitySchemes": "{object}",
    },
    "path item": {"parameters": "[parameter]", **dict.fromkeys(_METHODS, "operation")},
    "operation": {
        "operationId": "text",
        "tags": "[text]",
        "security": "[object]",
        "parameters": "[parameter]",
        "requestBody": "body",
        "responses": "{response}",
    },
    "parameter": {"name": "text", "in": "text", "schema": "schema", "content": "{media type}"},
    "header": {"schema": "schema", "content": "{media type}"},
    "body": {"content": "{media type}"},
    "response": {"content": "{media type}", "headers": "{header}"},
    "media type": {"schema": "schema"},
    "schema": {
        "properties": "{schema}",
        "items": "schema",
        "additionalProperties": "schema",
        "not": "schema",
        "allOf": "[schema]",
        "oneOf": "[schema]",
        "anyOf": "[schema]",
        "required": "[text]",
        "enum": "[value]",
        "discriminator": "discriminator",
    },
    "discriminator": {"propertyName": "text", "mapping": "{text}"},
    "tag": {"name": "text"},
    "server": {"url": "text"},
    "object": {},
}
_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "operation": ("responses",),
    "parameter": ("name", "in"),
    "discriminator": ("propertyName",),
    "tag": ("name",),
    "server": ("url",),
}


def faults(document: dict[str, Any]) -> list[str]:
    """Return a line with its place for each node of a wrong type."""
    return list(_faults(document, "document", ""))


def _faults(node: Any, kind: str, at: str) -> Iterator[str]:
    if kind == "value" or (kind == "schema" and isinstance(node, bool)):
        return
    if kind == "text" or kind[0] in "[{":
        yield from _of_many(node, kind, at)
    elif not isinstance(node, dict):
        yield f"{at} must be an object, not {_shown(node)}"
    else:
        if "$ref" in node:
            yield from _faults(node["$ref"], "text", f"{at}/$ref")
        else:
            yield from (f"{at} has no {key}" for key in _NEEDED.get(kind, ()) if key not in node)
        for key, member in _MEMBERS[kind].items():
            if key in node:
                yield from _faults(node[key], member, f"{at}/{key}")


def _of_many(node: Any, kind: str, at: str) -> Iterator[str]:
    """Check a node that is not an object with known members: text, a list, or an object whose keys are names."""
    wanted, name = {"[": (list, "a list"), "{": (dict, "an object")}.get(kind[0], (str, "text"))
    if not isinstance(node, wanted):
        yield f"{at} must be {name}, not {_shown(node)}"
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _faults(item, kind[1:-1], f"{at}/{index}")
    elif isinstance(node, dict):
        for key, item in node.items():
            if not (key.startswith("x-") and kind in {"{path item}", "{response}"}):
                yield from _faults(item, kind[1:-1], f"{at}/{escape(key)}")


def _shown(node: Any) -> str:
    words = {type(None): "null", dict: "an object", list: "a list"}
    return words.get(type(node)) or repr(node)[:30]
