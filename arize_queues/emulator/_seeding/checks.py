"""Checks of seed data; an error names the field, the value and the rule."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from arize_queues.emulator._rules.spec import document


def error(field: str, value: Any, rule: str) -> ValueError:
    """Build the error of a check."""
    return ValueError(f"{field}={reprlib.repr(value)}: {rule}")


def text(field: str, value: Any) -> str:
    """Return a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise error(field, value, "must be a text that is not empty")
    return value


def text_or_none(field: str, value: Any) -> str | None:
    """Return a text, or None."""
    return value if value is None else text(field, value)


def email(field: str, value: Any) -> str:
    """Check an email address."""
    if "@" not in text(field, value):
        raise error(field, value, "must be an e-mail address")
    return str(value)


def choice(field: str, value: Any, schema: str) -> str | None:
    """Return one of the values of an enum in the spec, written in any case, or None."""
    known = document()["components"]["schemas"][schema]["enum"]
    found = value.lower() if isinstance(value, str) else value
    if found is not None and found not in known:
        raise error(field, value, f"must be one of {', '.join(known)}")
    return found


def number(field: str, value: Any) -> float:
    """Return a number that JSON can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise error(field, value, "must be a number")
    return value


def items(field: str, value: Any) -> Iterable[Any]:
    """Check an iterable of items; a string or a mapping is not one."""
    if isinstance(value, str | Mapping) or not _is_iterable(value):
        raise error(field, value, "must be a list")
    return value


def _is_iterable(value: Any) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, Iterable)


def mapping(field: str, value: Any) -> Mapping[str, Any]:
    """Check a mapping with string keys."""
    if not _is_mapping(value) or not all(isinstance(name, str) for name in value):
        raise error(field, value, "must be a dict whose keys are texts")
    return value


def _is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def known_fields(field: str, value: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse unknown fields."""
    if unknown := value.keys() - known:
        raise error(field, sorted(unknown), f"must be among {', '.join(sorted(known))}")


def as_json(field: str, value: Any) -> str:
    """Return JSON that every reader accepts: no NaN, no lone surrogate."""
    try:
        written = json.dumps(value, allow_nan=False, ensure_ascii=False)
        written.encode()
    except (TypeError, ValueError, RecursionError) as cause:
        raise error(field, value, f"must be JSON ({cause})") from cause
    return written
