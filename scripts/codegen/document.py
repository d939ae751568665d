"""Read the API document, and derive the input of the generator and of the generated tables."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class DocumentError(Exception):
    """The document, or a file beside it, lacks something that generation needs."""


class _Loader(yaml.SafeLoader):
    """A loader that keeps times as text, because JSON has no times."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Any:
    """Parse a YAML file to the data types of JSON.

    Raises:
        DocumentError: If it cannot be read.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DocumentError(f"{path}: {error}") from error


def operations(document: Any) -> list[dict[str, Any]]:
    """Return a row for each operation, in the document's order."""
    rows = []
    for path, item in document["paths"].items():
        for method in (key for key in item if key in METHODS):
            operation = item[method]
            statuses = sorted(int(status) for status in operation["responses"] if str(status).isdecimal())
            rows.append(
                {
                    "operation_id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "stage": operation.get("x-stage"),
                    "successes": tuple(status for status in statuses if 200 <= status < 300),
                    "errors": tuple(status for status in statuses if status >= 400),
                }
            )
    return rows


def generator_view(document: Any) -> Any:
    """Return the document in the form for the generator.

    What it would turn into clumsy code is replaced by marks that our templates read: null beside a type
    becomes ``x-nullable``; an object without fields of its own becomes ``x-free-form``; and the fields that
    tell the members of a union apart share one enum, with ``x-kind`` saying which value a member has. What is
    said of a parameter is said of its schema too, where the generator looks for it.
    """
    view = copy.deepcopy(document)
    for parameter in _parameters(view):
        if "description" in parameter and "$ref" not in parameter.get("schema", {"$ref": ""}):
            parameter["schema"].setdefault("description", parameter["description"])
    schemas = view["components"]["schemas"]
    for name, schema in list(schemas.items()):
        if "discriminator" in schema:
            _share_kinds(schemas, name, schema["discriminator"])
    for schema in schemas.values():
        for key, prop in schema.get("properties", {}).items():
            schema["properties"][key] = _marked(prop)
    return view


def _parameters(document: Any) -> Iterator[Any]:
    yield from document["components"].get("parameters", {}).values()
    for item in document.get("paths", {}).values():
        yield from item.get("parameters", [])
        for method in METHODS:
            yield from item.get(method, {}).get("parameters", [])


def _share_kinds(schemas: Any, union: str, discriminator: Any) -> None:
    field = discriminator["propertyName"]
    shared = union + "".join(word.capitalize() for word in field.split("_"))
    if shared in schemas:
        raise DocumentError(f"the enum that {union} needs for {field} has the name of a schema: {shared}")
    kinds = []
    for reference in schemas[union]["oneOf"]:
        member = schemas[reference["$ref"].rsplit("/", 1)[1]]
        prop = member["properties"][field]
        values = prop.get("enum", [])
        if len(values) != 1 or field not in member.get("required", []):
            raise DocumentError(f"{reference['$ref']}: {field} must be required and have one value")
        kinds.append(values[0])
        member["properties"][field] = {
            "allOf": [{"$ref": f"#/components/schemas/{shared}"}],
            "default": values[0],
            "description": prop.get("description", f"Which kind of {union} this is."),
            "x-kind": values[0],
        }
    schemas[shared] = {"type": "string", "enum": kinds, "description": f"Which kind of {union} something is."}


def _marked(prop: Any) -> Any:
    marked = dict(prop)
    if marked.pop("nullable", False):
        marked["x-nullable"] = True
    if marked.get("type") == "object" and not marked.get("properties"):
        for key in ("type", "additionalProperties", "properties"):
            marked.pop(key, None)
        marked["x-free-form"] = True
    return marked


def as_json(document: Any) -> str:
    """Return JSON text, always the same for the same document."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
