"""Make the spec of a cut of upstream and the overlay."""

from __future__ import annotations

from typing import Any

from _dialect import wrap_references
from _document import SpecError, cut, operations
from _overlay import apply, wanted_operations
from _references import check
from openapi_spec_validator import OpenAPIV30SpecValidator

_SHOWN = 60


def assemble(source: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return the spec that a document and an overlay make.

    Raises:
        SpecError: They do not fit, or what they make is not OpenAPI.
    """
    spec = apply(cut(source, wanted_operations(overlay)), overlay)
    wrap_references(spec)
    # Once more, now for what the overlay brought in or cut loose.
    check(spec)
    spec = cut(spec, operations(spec))
    problems = [
        f"the result is not valid at /{'/'.join(map(str, error.absolute_path))}: {_said(error)}"
        for error in OpenAPIV30SpecValidator(spec).iter_errors()
    ]
    if problems:
        raise SpecError(*problems)
    return spec


def _said(error: Any) -> str:
    """Return what a validator says, without the part of the document that it repeats before it."""
    words = " ".join(str(error.message).split())
    shown = repr(error.instance)
    return words.removeprefix(shown).strip() if len(shown) > _SHOWN and words.startswith(shown) else words
