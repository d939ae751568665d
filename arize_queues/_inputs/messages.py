"""The words of a refused argument: the field, the value, the rule."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

__all__ = ["LONE_SURROGATE", "is_iterator", "is_list", "is_sendable", "problem"]


class _Short(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:  # more digits than Python agrees to print
            return f"<an integer of {x.bit_length()} bits>"


LONE_SURROGATE = "has half of a surrogate pair, which cannot be sent"

_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = 80  # enough for an ID or a time, too little for a payload


def problem(field: str, value: object, rule: str) -> str:
    """Return the text of a problem, e.g. "record_sources[0].span_ids[3]: '' is not a non-empty string"."""
    return f"{field}: {_SHORT.repr(value)} {rule}"


def is_list(value: object) -> TypeGuard[Iterable[object]]:
    """Return True for an iterable of items; a string, bytes or a mapping is not one."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def is_iterator(value: object) -> TypeGuard[Iterator[object]]:
    """Return True if the items can be read only once, so that a bulk call reads them while it sends."""
    return isinstance(value, Iterator)


def is_sendable(text: str) -> bool:
    """Return False for a string with a lone surrogate, which UTF-8 cannot encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
