"""Find, follow and check the `$ref`s of an OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

# Objects of which the keys are names that someone chose, so that a property called "example" is a property.
NAME_MAPS = frozenset(
    {
        "paths",
        "pathItems",
        "callbacks",
        "parameters",
        "requestBodies",
        "responses",
        "headers",
        "content",
        "links",
    }
    | {"schemas", "properties", "patternProperties", "dependentSchemas", "$defs", "mapping"}
    | {"examples", "securitySchemes", "variables", "encoding"}
)
# Values that are data, in which "$ref" is a key like any other.
_DATA = frozenset({"example", "default", "const", "enum", "value"})


class SpecError(Exception):
    """A document or an overlay is invalid, or they do not fit; `problems` has one line for each problem."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def children(node: Any, *, names: bool = False) -> Iterator[tuple[str, Any, bool]]:
    """Yield each child of a node as key, value, and whether the value is a map of names; data are skipped."""
    if isinstance(node, list):
        yield from ((str(index), child, False) for index, child in enumerate(node))
    elif isinstance(node, dict):
        for key, child in node.items():
            if names or not (key in _DATA or key.startswith("x-")):
                yield key, child, not names and key in NAME_MAPS and isinstance(child, dict)


def references(node: Any, at: str = "", *, names: bool = False) -> Iterator[tuple[str, str]]:
    """Yield every reference below a node as (place, target), those of discriminators included."""
    if isinstance(node, dict) and not names:
        if isinstance(node.get("$ref"), str):
            yield at, node["$ref"]
        discriminator = node.get("discriminator")
        if isinstance(discriminator, dict):
            mapping: dict[str, str] = discriminator.get("mapping") or {}
            for value, target in mapping.items():
                is_name = "/" not in target and "#" not in target
                yield (
                    f"{at}/discriminator/mapping/{value}",
                    f"#/components/schemas/{target}" if is_name else target,
                )
    for key, child, child_names in children(node, names=names):
        yield from references(child, f"{at}/{escape(key)}", names=child_names)


def escape(key: str) -> str:
    """Return a key, escaped for a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def parts(pointer: str) -> list[str]:
    """Return the keys of a JSON pointer or of a local reference."""
    return [unquote(part).replace("~1", "/").replace("~0", "~") for part in pointer.lstrip("#").split("/")[1:]]


def resolve(document: dict[str, Any], reference: str) -> Any:
    """Return the target of a local reference; raise LookupError if there is none."""
    if not reference.startswith("#"):
        raise LookupError(reference)
    node: Any = document
    for part in parts(reference):
        if isinstance(node, list) and part.isdigit():
            node = node[int(part)]
        elif isinstance(node, dict):
            node = node[part]
        else:
            raise LookupError(reference)
    return node


def check(document: dict[str, Any]) -> None:
    """Raise SpecError if a reference has no target or is circular."""
    faults: dict[str, list[str]] = {}
    for at, reference in references(document):
        if fault := _fault(document, reference):
            faults.setdefault(fault, []).append(at or "/")
    if faults:
        places = {fault: f"{found[0]} and {len(found) - 1} more" for fault, found in faults.items()}
        raise SpecError(*(f"{fault} at {place.removesuffix(' and 0 more')}" for fault, place in places.items()))


def _fault(document: dict[str, Any], reference: str) -> str | None:
    """Follow a reference to its end; return the problem if there is none."""
    chain = [reference]
    try:
        while isinstance(node := resolve(document, chain[-1]), dict) and isinstance(node.get("$ref"), str):
            if node["$ref"] in chain:
                circle = chain[chain.index(node["$ref"]) :]
                # Whichever of its members it was entered by, one circle is one fault.
                start = circle.index(min(circle))
                return f"cyclic $ref {' -> '.join([*circle[start:], *circle[:start], circle[start]])}"
            chain.append(node["$ref"])
    except LookupError:
        return f"unresolvable $ref {chain[-1]!r}"
    return None
