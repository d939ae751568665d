"""Read an OpenAPI document, and cut out a few operations with the components that they need.

`load` gives plain data in the words of OpenAPI 3.0, whatever it was read from; `cut` keeps the order of what
it keeps. Both raise SpecError, of which each problem is one line for a maintainer.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from .data import load_data, one_line
from .dialect import to_3_0
from .references import SpecError, check, parts, references, resolve
from .shape import faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["METHODS", "Operation", "SpecError", "cut", "load", "load_data", "operations"]

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
Operation = tuple[str, str]  # method in lower case, path template
_Component = tuple[str, str]  # kind and name, as in components/schemas/Problem


def load(source: str) -> dict[str, Any]:
    """Return the OpenAPI 3.0 or 3.1 document at a path or an http(s) URL, JSON or YAML, as 3.0.

    Raises:
        SpecError: It cannot be had, is not OpenAPI, or has references that lead nowhere or in a circle.
    """
    document = load_data(source)
    version = document.get("openapi") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(version, str):
        swagger = isinstance(document, dict) and "swagger" in document
        raise SpecError(f"{source}: not an OpenAPI 3 document" + (" but Swagger 2" if swagger else ""))
    if not re.match(r"3\.[01](\.|$)", version):
        raise SpecError(f"{source}: OpenAPI {version} is not read, only 3.0 and 3.1")
    if not isinstance(document.get("paths"), dict):
        raise SpecError(f"{source}: not an OpenAPI document with paths")
    if problems := faults(document):
        raise SpecError(*(f"{source}: {problem}" for problem in problems))
    try:
        check(document)
        return to_3_0(document) if version.startswith("3.1") else document
    except SpecError as error:
        raise SpecError(*(f"{source}: {problem}" for problem in error.problems)) from None
    except (AttributeError, TypeError, ValueError, LookupError) as error:
        raise SpecError(f"{source}: not a well-formed OpenAPI document ({one_line(error)})") from None


def operations(document: dict[str, Any]) -> list[Operation]:
    """Return every operation of a document as (method, path)."""
    return [(method, path) for path, item in document["paths"].items() for method in METHODS if method in item]


def cut(document: dict[str, Any], wanted: Iterable[Operation]) -> dict[str, Any]:
    """Return a document of the wanted operations, with exactly the components that they reach.

    Raises:
        SpecError: Operations are missing (all are named), or a reached schema contains itself.
    """
    paths = _paths(document, list(wanted))
    kept = [operation for item in paths.values() for key, operation in item.items() if key in METHODS]
    tags = {tag for operation in kept for tag in operation.get("tags") or []}
    result = {key: value for key, value in document.items() if key not in {"components", "tags"}}
    if "tags" in document:
        result["tags"] = [tag for tag in document["tags"] if tag["name"] in tags]
    result["paths"] = paths
    result["components"] = _components(document, _reach(document, paths) | _schemes([document, *kept]))
    return copy.deepcopy(result)


def _paths(document: dict[str, Any], wanted: Sequence[Operation]) -> dict[str, Any]:
    """Return the path items of the wanted operations, without their other operations."""
    items: dict[str, Any] = {}
    for _, path in wanted:
        item = document["paths"].get(path, {})
        items[path] = resolve(document, item["$ref"]) if "$ref" in item else item
    missing = [f"{method.upper()} {path}" for method, path in wanted if method not in items[path]]
    if missing:
        raise SpecError(*(f"upstream has no operation {operation}" for operation in missing))
    chosen = set(wanted)
    return {
        path: {key: value for key, value in item.items() if key not in METHODS or (key, path) in chosen}
        for path, item in items.items()
    }


def _schemes(holders: Sequence[dict[str, Any]]) -> set[_Component]:
    """Return the security schemes that the document and its operations name."""
    return {("securitySchemes", name) for holder in holders for entry in holder.get("security") or [] for name in entry}


def _components(document: dict[str, Any], reached: set[_Component]) -> dict[str, Any]:
    kinds = {kind for kind, _ in reached}
    return {
        kind: {name: value for name, value in members.items() if (kind, name) in reached}
        for kind, members in document.get("components", {}).items()
        if kind in kinds
    }


def _reach(document: dict[str, Any], paths: dict[str, Any]) -> set[_Component]:
    """Return every component that the paths reach, directly or not."""
    reached: set[_Component] = set()
    problems: dict[str, None] = {}

    def follow(node: Any, trail: tuple[_Component, ...]) -> None:
        for at, reference in references(node):
            root, *rest = parts(reference)
            if root != "components" or len(rest) < 2:
                problems[f"$ref {reference!r} at {at or '/'} leads to something else than a component"] = None
                continue
            component = (rest[0], rest[1])
            if component in trail:
                circle = [name for _, name in (*trail[trail.index(component) :], component)]
                problems[f"recursive schema, which the generator cannot read: {' -> '.join(circle)}"] = None
            elif component not in reached:
                reached.add(component)
                follow(document["components"][rest[0]][rest[1]], (*trail, component))

    follow(paths, ())
    if problems:
        raise SpecError(*problems)
    return reached
