"""Checks and conversions that decode the JSON of an answer into models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

T = TypeVar("T")


class MisfitError(TypeError, ValueError):
    """JSON that does not match the specification. The text names models, fields and types, never values."""


new: Final[Any] = object.__new__
"""Creates a model without calling __init__; a module global is looked up faster than an attribute of the class."""


def not_an_object(name: str, src: object) -> MisfitError:
    """Return the error for a model whose JSON is not an object."""
    return MisfitError(f"{name} must be a JSON object, not {type(src).__name__}")


def null_field(name: str, src: dict[str, Any], required: tuple[str, ...]) -> MisfitError:
    """Return the error for a model whose required fields are null."""
    return MisfitError(f"{name}: null in {', '.join(key for key in required if src[key] is None)}")


def unknown_fields(src: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Return the fields that are not in the specification."""
    return {key: value for key, value in src.items() if key not in known}


def empty_list(value: object) -> list[Any]:
    """Return an empty list for an absent field, null or an empty list."""
    if value is None or value == []:
        return []
    raise MisfitError(f"a JSON array was expected, not {type(value).__name__}")


def plain_list(value: Any) -> list[Any]:
    """Check that a value is a list, and return it."""
    if isinstance(value, list):
        return value
    raise MisfitError(f"a JSON array was expected, not {type(value).__name__}")


def plain_object(value: Any) -> dict[str, Any]:
    """Check that a value is an object, and return it."""
    if isinstance(value, dict):
        return value
    raise MisfitError(f"a JSON object was expected, not {type(value).__name__}")


def decode_union(kinds: Mapping[str, Callable[[dict[str, Any]], T]], key: str, src: Any) -> T | dict[str, Any]:
    """Decode the model that a discriminator field names; an object of an unknown kind stays a dict."""
    if not isinstance(src, dict):
        raise MisfitError(f"a JSON object with {key!r} was expected, not {type(src).__name__}")
    kind = src.get(key)
    decode = kinds.get(kind.lower()) if isinstance(kind, str) else None
    return src if decode is None else decode(src)
