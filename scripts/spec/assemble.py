"""Build the spec from a cut of upstream and the overlay."""

from __future__ import annotations

from typing import Any

from openapi_spec_validator import OpenAPIV30SpecValidator

from .dialect import wrap_references
from .document import Operation, SpecError, cut, operations
from .overlay import apply, touching, wanted_operations
from .references import check, escape, resolve

_LONG = 160


def assemble(source: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return the spec of a document and an overlay.

    Raises:
        SpecError: They do not fit, or what they make is not OpenAPI.
    """
    spec = apply(cut(source, wanted_operations(overlay)), overlay)
    wrap_references(spec)
    # Once more, now for what the overlay brought in or cut loose.
    check(spec)
    spec = cut(spec, operations(spec))
    problems = [
        *(f"{method.upper()} {path} has no operationId" for method, path in _nameless(spec)),
        *_invalid(spec, overlay),
    ]
    if problems:
        raise SpecError(*problems)
    return spec


def _nameless(spec: dict[str, Any]) -> list[Operation]:
    return [(method, path) for method, path in operations(spec) if not spec["paths"][path][method].get("operationId")]


def _invalid(spec: dict[str, Any], overlay: dict[str, Any]) -> list[str]:
    """Return the validator's problems of a document, with the corrections that took part in each."""
    errors = list(OpenAPIV30SpecValidator(spec).iter_errors())
    lines = []
    for path, message in _placed(errors, spec):
        actions = touching(spec, overlay, path)
        after = f"; {' and '.join(actions)}, had a hand in it" if actions else ""
        at = "".join(f"/{escape(str(key))}" for key in path)
        lines.append(f"the result is not valid at {at}: {_short(message)}{after}")
    return lines


def _placed(errors: list[Any], spec: dict[str, Any]) -> list[tuple[list[Any], str]]:
    """Return the places in the document and the texts of errors.

    Of a schema the validator says twice what is wrong: that the schema as a whole fits nothing, and what does not fit,
    with its place in the schema.
    """
    whole = [error for error in errors if error.path and error.path[0] in spec]
    placed: list[tuple[list[Any], str]] = []
    for error in (error for error in errors if error not in whole):
        holders = [one for one in whole if _at(spec, [*one.path, *error.path]) == error.instance]
        placed.append(([*(part for one in holders[:1] for part in one.path), *error.path], error.message))
    told = [path for path, _ in placed]
    rest = [(list(one.path), one.message) for one in whole]
    return [(path, message) for path, message in rest if not any(one[: len(path)] == path for one in told)] + placed


def _at(spec: dict[str, Any], path: list[Any]) -> Any:
    try:
        return resolve(spec, "#" + "".join(f"/{escape(str(key))}" for key in path))
    except LookupError:
        return None


def _short(message: str) -> str:
    words = " ".join(message.split())
    return words if len(words) <= _LONG else f"{words[:_LONG]}..."
