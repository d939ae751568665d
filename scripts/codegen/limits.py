"""Read the limits that openapi/limits.yaml lists from the API document.

A pointer there is a JSON pointer (RFC 6901) but for one thing: where a list of parameters is entered, the name of the
parameter stands in the place of its index, since a parameter that upstream adds shifts the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .document import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping


def limits(document: Any, table: Any) -> dict[str, tuple[float, str]]:
    """Return each limit's number and description, by its constant's name.

    Args:
        document: The API document.
        table: ``{CONSTANT: {pointer, also, description}}``, as in openapi/limits.yaml.

    Raises:
        DocumentError: If limits are at fault; every one of them is named.
    """
    if problems := faults(document, table):
        raise DocumentError("\n".join(f"limits: {name}: {problem}" for name, problem in problems.items()))
    return {
        name: (resolve_pointer(document, entry["pointer"]), " ".join(entry["description"].split()))
        for name, entry in (table or {}).items()
    }


def faults(document: Any, table: Any) -> dict[str, str]:
    """Return the problems of limits by the names of their constants: places that state different numbers."""
    found = ((name, _fault(document, entry)) for name, entry in (table or {}).items())
    return {name: problem for name, problem in found if problem}


def places(entry: Mapping[str, Any]) -> list[str]:
    """Return the pointers to all places that state a limit; its number comes from the first one."""
    return [entry["pointer"], *entry.get("also", ())]


def resolve_pointer(document: Any, pointer: str) -> Any:
    """Return the node at a pointer of openapi/limits.yaml.

    Raises:
        LookupError: If it leads nowhere.
    """
    if pointer and not pointer.startswith("/"):
        raise LookupError(pointer)
    value, former = document, ""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and former == "parameters":
            value = _parameter(document, value, key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            raise LookupError(pointer)
        if value is None:
            raise LookupError(pointer)
        former = key
    return value


def _parameter(document: Any, listed: list[Any], name: str) -> Any:
    """Return the parameter with a name; None if the list has none, or several."""
    found = [resolve_pointer(document, item["$ref"].lstrip("#")) if "$ref" in item else item for item in listed]
    named = [item for item in found if item.get("name") == name]
    return named[0] if len(named) == 1 else None


def _fault(document: Any, entry: Any) -> str | None:
    if not isinstance(entry, dict) or not {"pointer", "description"} <= entry.keys():
        return "must have a pointer and a description"
    numbers: dict[str, Any] = {}
    for pointer in places(entry):
        try:
            numbers[pointer] = value = resolve_pointer(document, pointer)
        except LookupError as error:
            return f"nothing at {error.args[0]}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"no number at {pointer}, but {value!r}"
    first = numbers[entry["pointer"]]
    others = [f"{value} at {pointer}" for pointer, value in numbers.items() if value != first]
    if others:
        return f"{first} at {entry['pointer']}, but {', '.join(others)}: the client has one number for all of these"
    return None
