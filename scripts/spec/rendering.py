"""Write a document as YAML, in an order that depends only on its content, so that a diff shows only changes."""

from __future__ import annotations

from typing import Any

import yaml

from .references import NAME_MAPS

_HEADER = "# Written by `make spec` from upstream and openapi/overlay.yaml: correct the overlay, not this file.\n"
_WIDTH = 110
_KEYS = (
    ("openapi", "info", "title", "version", "servers", "url"),
    ("get", "post", "put", "patch", "delete"),
    ("operationId", "name", "in", "summary", "description", "x-stage", "variables", "tags"),
    ("security", "paths", "components", "parameters", "requestBody", "responses", "headers", "schemas"),
    ("$ref", "allOf", "oneOf", "anyOf", "discriminator", "propertyName", "mapping"),
    ("type", "format", "enum", "nullable", "minLength", "maxLength", "minimum", "maximum"),
    ("minItems", "maxItems", "items", "required", "schema", "content", "properties", "additionalProperties"),
)
_RANKS = {key: rank for rank, key in enumerate(key for group in _KEYS for key in group)}


def render(document: dict[str, Any]) -> str:
    """Return the document as YAML text: names sorted, everything else in a fixed order of keys."""
    ordered = _ordered(document)
    text: str = yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return _HEADER + text


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write equal parts in full, because anchors would join places that agree by chance."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        super().increase_indent(flow, indentless=False)


def _ordered(node: Any, kind: str = "", required: Any = None) -> Any:
    """Return a node in order; `kind` is its key, empty if the key is a name."""
    if isinstance(node, list):
        items = [_ordered(item) for item in node]
        return sorted(items, key=_parameter_rank) if kind == "parameters" else items
    if not isinstance(node, dict):
        return node
    if kind in NAME_MAPS:
        return {name: _ordered(node[name]) for name in sorted(node, key=lambda name: _name_rank(name, required))}
    keys = sorted(node, key=lambda key: (_RANKS.get(key, len(_RANKS)), key))
    return {key: _ordered(node[key], key, node.get("required")) for key in keys}


def _name_rank(name: str, required: Any) -> tuple[int, str]:
    """Put required properties first, in the order in which the schema lists them."""
    first = isinstance(required, list) and name in required
    return (required.index(name) if first else len(required or ()) if isinstance(required, list) else 0), name


def _parameter_rank(parameter: dict[str, Any]) -> tuple[bool, str, str]:
    """Put parameters of the path first, then sort by name; references go last."""
    return parameter.get("in") != "path", parameter.get("name", "~"), parameter.get("$ref", "")
