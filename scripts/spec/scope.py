"""The operations that are compared: those of the client, related ones, and watched ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .document import METHODS, SpecError, cut, operations
from .overlay import wanted_operations
from .references import resolve

if TYPE_CHECKING:
    from .document import Operation


def scope(document: dict[str, Any], overlay: dict[str, Any], former: dict[str, Any] | None = None) -> list[Operation]:
    """Return the operations of a document that concern the client, in the document's order.

    These are the wanted and the watched ones of the overlay; whatever else stands at or below a path that has wanted
    operations with an ID in it, so that a new operation on a queue is seen; and, given the former document, wanted
    ones that kept their id while they moved to another path.
    """
    wanted = wanted_operations(overlay)
    listed = {*wanted, *_watched(overlay)}
    roots = {path.partition("/{")[0] for _, path in wanted if "/{" in path}
    ids = _ids(former, wanted) if former else set()

    def concerns(operation: Operation) -> bool:
        path = operation[1]
        near = any(path == root or path.startswith(f"{root}/") for root in roots)
        return operation in listed or near or document["paths"][path][operation[0]].get("operationId") in ids

    return [operation for operation in operations(document) if concerns(operation)]


def settled(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the references of its path items resolved, as `operations` needs them."""
    items = {
        path: resolve(document, item["$ref"]) if isinstance(item.get("$ref"), str) else item
        for path, item in document["paths"].items()
    }
    return {**document, "paths": items}


def taken(document: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return the cut of upstream that is kept beside the spec, to compare a later document with.

    Raises:
        SpecError: A wanted operation is missing or cannot be read; others that cannot be read are left out.
    """
    document = settled(document)
    wanted = wanted_operations(overlay)
    cut(document, wanted)
    others = [one for one in scope(document, overlay) if one not in wanted and _readable(document, one)]
    return cut(document, [*wanted, *others])


def addresses(*documents: dict[str, Any]) -> dict[str, list[str]]:
    """Return the methods and paths of each operation in documents, by its ID."""
    found: dict[str, list[str]] = {}
    for document in map(settled, documents):
        for method, path in operations(document):
            name = str(document["paths"][path][method].get("operationId"))
            found.setdefault(name, []).append(f"{method.upper()} {path}")
    return found


def _watched(overlay: dict[str, Any]) -> list[Operation]:
    """Return the operations that the client lacks, but whose changes are reported."""
    listed = overlay.get("x-watched-operations", [])
    watched = [tuple(str(line).split()) for line in listed] if isinstance(listed, list) else [()]
    if any(len(pair) != 2 or pair[0].lower() not in METHODS for pair in watched):
        raise SpecError("overlay: x-watched-operations must list operations, each as METHOD /path")
    return [(pair[0].lower(), pair[1]) for pair in watched]


def _readable(document: dict[str, Any], operation: Operation) -> bool:
    try:
        cut(document, [operation])
    except SpecError:
        return False
    return True


def _ids(document: dict[str, Any], wanted: list[Operation]) -> set[str]:
    present = [one for one in operations(document) if one in wanted]
    ids = {document["paths"][path][method].get("operationId") for method, path in present}
    return {one for one in ids if one}
