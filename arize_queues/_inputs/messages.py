"""How a problem with an argument is found and worded: the field, the value, the rule."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

__all__ = ["HALF_A_PAIR", "is_iterator", "is_list", "is_sendable", "problem"]


class _Short(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:  # more digits than Python is ready to write
            return f"<an integer of {x.bit_length()} bits>"


HALF_A_PAIR = "has half of a surrogate pair, which cannot be sent"

_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = 80  # enough for an ID or a time, too little for a payload


def problem(field: str, value: object, rule: str) -> str:
    """Word a problem, e.g. "record_sources[0].span_ids[3]: '' is not a non-empty string"."""
    return f"{field}: {_SHORT.repr(value)} {rule}"


def is_list(value: object) -> TypeGuard[Iterable[object]]:
    """Say whether a value is a list of things in any form, and not iterable by accident, as "abc" is."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def is_iterator(value: object) -> TypeGuard[Iterator[object]]:
    """Say whether a value gives its items only once, so that it is read as there is room."""
    return isinstance(value, Iterator)


def is_sendable(text: str) -> bool:
    """Say whether a string can be sent: half of a surrogate pair has no bytes in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
