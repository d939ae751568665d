"""Strict reading of JSON, and type checks of its values."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn, TypeGuard

Json = dict[str, Any]

# Far deeper than any request of the API, and far from where parsers and validators give up.
_DEEPEST = 100


def read(raw: bytes) -> Any:
    """Parse JSON strictly: UTF-8, no NaN, no number beyond a double, no lone surrogate, no endless nesting.

    Raises:
        ValueError: It is anything else.
    """
    text = raw.decode("utf-8-sig")
    try:
        value = json.loads(text, parse_constant=_refuse_number, parse_float=_finite, parse_int=_whole)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode()
    if text.count("[") + text.count("{") > _DEEPEST:
        _require_shallow(value)
    return value


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _whole(text: str) -> int:
    _finite(text)
    return int(text)


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(_DEEPEST):
        inner = [item for item in level if is_array(item)] + [list(item.values()) for item in level if is_object(item)]
        level = [item for items in inner for item in items]
    if level:
        raise ValueError("nested too deeply")


def is_object(value: Any) -> TypeGuard[Json]:
    """Return True if a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Return True if a JSON value is an array."""
    return isinstance(value, list)
