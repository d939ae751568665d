"""Look at a schema with its references followed and its `allOf` merged, each keyword still knowing its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scripts.spec.references import escape, parts, resolve

UNIONS = ("oneOf", "anyOf")
_SCHEMAS = "/components/schemas/"


class Place(NamedTuple):
    """A node of a document and the JSON pointer that leads to it."""

    node: Any
    pointer: str

    def child(self, *keys: str) -> Place:
        """Return what stands below by these keys; an empty object where there is nothing."""
        node = self.node
        for key in keys:
            node = node[int(key)] if isinstance(node, list) else node.get(key, {})
        return Place(node, "/".join((self.pointer, *(escape(key) for key in keys))))


@dataclass
class View:
    """A schema as a reader sees it: `keywords` and `properties` hold each value with its place."""

    pointer: str
    name: str | None = None
    keywords: dict[str, Place] = field(default_factory=dict)
    properties: dict[str, Place] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    required_at: str = ""

    def get(self, keyword: str) -> Any:
        """Return the value of a keyword, None where it is absent."""
        return self.keywords[keyword].node if keyword in self.keywords else None

    def at(self, keyword: str) -> str:
        """Return where a keyword stands, or would stand."""
        return self.keywords[keyword].pointer if keyword in self.keywords else f"{self.pointer}/{keyword}"

    @property
    def type(self) -> str | None:
        """The type, which properties and items give away where it is not said."""
        if "type" in self.keywords:
            return str(self.get("type"))
        return "object" if self.properties else "array" if "items" in self.keywords else None

    @property
    def members(self) -> list[Place]:
        """The members of the union, none where it is no union."""
        return [
            self.keywords[union].child(str(index))
            for union in UNIONS
            if union in self.keywords
            for index in range(len(self.get(union)))
        ]


def follow(document: dict[str, Any], place: Place) -> Place:
    """Return what a node stands for: itself, or what its `$ref` leads to."""
    while isinstance(place.node, dict) and isinstance(reference := place.node.get("$ref"), str):
        place = Place(resolve(document, reference), "/" + "/".join(escape(part) for part in parts(reference)))
    return place


def view(document: dict[str, Any], place: Place, trail: tuple[str, ...] = ()) -> View:
    """Return the view of the schema at a place; a schema that is a part of itself is left out the second time."""
    schema = place.node if isinstance(place.node, dict) else {}
    reference = schema.get("$ref")
    if isinstance(reference, str) and len(schema) == 1:
        if reference in trail:
            return View(place.pointer)
        target = Place(resolve(document, reference), "/" + "/".join(escape(part) for part in parts(reference)))
        seen = view(document, target, (*trail, reference))
        seen.name = component(target.pointer) or seen.name
        return seen
    return _merged(document, place, schema, trail)


def component(pointer: str) -> str | None:
    """Return the name of the schema component that a pointer leads to exactly."""
    name = pointer.removeprefix(_SCHEMAS)
    return parts(pointer)[-1] if name != pointer and "/" not in name else None


def _merged(document: dict[str, Any], place: Place, schema: dict[str, Any], trail: tuple[str, ...]) -> View:
    bases = [place.child("allOf", str(index)) for index in range(len(schema.get("allOf", ())))]
    if "$ref" in schema:
        bases.append(Place({"$ref": schema["$ref"]}, place.pointer))
    whole = View(place.pointer, component(place.pointer))
    for base in (view(document, base, trail) for base in bases):
        whole.keywords |= base.keywords
        whole.properties |= base.properties
        whole.required += base.required
        whole.required_at = base.required_at
        whole.name = whole.name or (base.name if len(bases) == 1 else None)
    own = {key: place.child(key) for key in schema if key not in {"$ref", "allOf", "properties", "required"}}
    whole.keywords |= own
    whole.properties |= {name: place.child("properties", name) for name in schema.get("properties", {})}
    whole.required = list(dict.fromkeys([*whole.required, *schema.get("required", ())]))
    whole.required_at = f"{place.pointer}/required" if "required" in schema else whole.required_at
    return whole


def label(document: dict[str, Any], pointer: str) -> str:
    """Return what a maintainer calls the place that a pointer leads to, such as `AnnotationQueue.name`."""
    keys = parts("#" + pointer)
    if keys[:2] == ["components", "schemas"]:
        return _within(keys[2], keys[3:])
    if keys[:1] != ["paths"] or len(keys) < 3:
        return pointer
    operation, rest = f"{keys[2].upper()} {keys[1]}", keys[3:]
    if rest[:1] == ["parameters"]:
        parameter = follow(document, Place(resolve(document, "#" + pointer_to(*keys[:5])), "")).node
        return _within(f"parameter {parameter.get('name')} of {operation}", rest[2:])
    if rest[:1] == ["requestBody"]:
        return _within(f"body of {operation}", rest[1:])
    if rest[:1] == ["responses"]:
        return _within(f"answer {rest[1]} of {operation}" if len(rest) > 1 else operation, rest[2:])
    return operation


def pointer_to(*keys: str) -> str:
    """Return the JSON pointer that these keys make."""
    return "".join(f"/{escape(key)}" for key in keys)


def _within(base: str, keys: list[str]) -> str:
    """Add to a name which part of it is meant: fields by their dots, items by brackets."""
    result, rest = base, list(keys)
    while rest:
        key = rest.pop(0)
        if key == "properties" and rest:
            result += f".{rest.pop(0)}"
        elif key == "items":
            result += "[]"
        elif key == "headers" and rest:
            result += f", header {rest.pop(0)}"
        elif key == "content" and rest:
            rest.pop(0)
    return result
