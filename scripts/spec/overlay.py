"""Apply an OpenAPI Overlay 1.0 document.

By hand, since the libraries for it pass over a target that matches nothing, the one thing which must
not happen here: it means that upstream changed under a correction of ours.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import jsonpath

from .document import METHODS, Operation, load_data
from .references import NAME_MAPS, SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERBS = ("update", "remove", "x-copy")
# A member that an update adds to a map of names must be whole: a bare description is about what has gone.
_WHOLE = frozenset({"type", "$ref", "allOf", "oneOf", "anyOf", "schema", "content", "operationId"})
# Lists that JSON Schema has as sets. Overlay 1.0 adds to a list; upstream may have come to state what we add.
_SETS = frozenset({"required", "enum"})
_ENVIRONMENT = jsonpath.JSONPathEnvironment(strict=True)


class _MismatchError(Exception):
    """An update that does not fit the node of its target."""


def load_overlay(source: str) -> dict[str, Any]:
    """Return the overlay of a file; raise SpecError unless it is valid."""
    overlay = load_data(source)
    if not isinstance(overlay, dict) or not str(overlay.get("overlay", "")).startswith("1.0"):
        raise SpecError(f"{source}: not an OpenAPI Overlay 1.0 document")
    actions = overlay.get("actions")
    if not isinstance(actions, list) or not actions:
        raise SpecError(f"{source}: an overlay needs a list of actions")
    problems = [
        f"{source}: action {number} needs a target and one of {', '.join(_VERBS)}"
        for number, action in enumerate(actions, start=1)
        if not isinstance(action, dict)
        or not isinstance(action.get("target"), str)
        or sum(verb in action for verb in _VERBS) != 1
    ]
    if problems:
        raise SpecError(*problems)
    return overlay


def wanted_operations(overlay: dict[str, Any]) -> list[Operation]:
    """Return the operations that the overlay's `x-operations` lists, each as (method, path)."""
    listed = overlay.get("x-operations")
    wanted = [tuple(str(line).split()) for line in listed] if isinstance(listed, list) else []
    if not wanted or any(len(pair) != 2 or pair[0].lower() not in METHODS for pair in wanted):
        raise SpecError("overlay: x-operations must list the wanted operations, each as METHOD /path")
    return [(method.lower(), path) for method, path in wanted]


def apply(document: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the document after the actions of the overlay, in order.

    Raises:
        SpecError: Actions do not fit the document; every one of them is named with its target.
    """
    result = copy.deepcopy(document)
    problems: list[str] = []
    for number, action in enumerate(overlay["actions"], start=1):
        try:
            _carry_out(result, action)
        except (_MismatchError, jsonpath.JSONPathError) as error:
            why = " ".join(str(error).split())
            problems.append(f"overlay action {number}, target {action['target']}: {why}")
    if problems:
        raise SpecError(*problems)
    return result


def touching(document: dict[str, Any], overlay: dict[str, Any], path: Sequence[Any]) -> list[str]:
    """Return the actions that changed a node of the result, each by number and target."""
    keys = [str(key) for key in path]
    found = []
    for number, action in enumerate(overlay["actions"], start=1):
        for match in _ENVIRONMENT.finditer(action["target"], document):
            place = [str(part) for part in match.parts]
            rest, update = keys[len(place) :], action.get("update")
            if keys[: len(place)] == place and (not rest or (isinstance(update, dict) and rest[0] in update)):
                found.append(f"overlay action {number}, target {action['target']}")
                break
    return found


def _carry_out(document: dict[str, Any], action: dict[str, Any]) -> None:
    matches = list(_ENVIRONMENT.finditer(action["target"], document))
    if not matches:
        raise _MismatchError("matches nothing")
    # Backwards, so that the places of what is still to be removed from a list do not shift.
    for match in reversed(matches):
        if "update" in action:
            _update(match.obj, action["update"], str(match.parts[-1]) if match.parts else "")
        elif match.parent is None:
            raise _MismatchError("is the whole document")
        else:
            holder: Any = match.parent.obj
            if "x-copy" in action:
                holder[match.parts[-1]] = _copied(document, action["x-copy"])
            elif action["remove"]:
                del holder[match.parts[-1]]


def _copied(document: dict[str, Any], source: str) -> Any:
    sources = list(_ENVIRONMENT.finditer(source, document))
    if len(sources) != 1:
        raise _MismatchError(f"x-copy {source} matches {len(sources) or 'nothing'}, not one value")
    return copy.deepcopy(sources[0].obj)


def _update(target: Any, update: Any, key: str, *, of_names: bool = False) -> None:
    """Merge an update into the node of a key; `of_names` if the key is a name."""
    if isinstance(target, list):
        values = copy.deepcopy(update if isinstance(update, list) else [update])
        target.extend(value for value in values if key not in _SETS or value not in target)
    elif isinstance(target, dict) and isinstance(update, dict):
        for name, value in update.items():
            _merge(target, name, value, names=key in NAME_MAPS and not of_names)
    else:
        raise _MismatchError("is not an object or array that this update can be merged into")


def _merge(target: dict[str, Any], key: str, value: Any, *, names: bool) -> None:
    if key not in target and names and isinstance(value, dict) and _WHOLE.isdisjoint(value):
        raise _MismatchError(f"has no {key!r}, which the update describes")
    if key in target and isinstance(value, (dict, list)) and isinstance(target[key], type(value)):
        _update(target[key], value, key, of_names=names)
    else:
        target[key] = copy.deepcopy(value)
