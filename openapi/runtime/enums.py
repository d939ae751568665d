"""Enums whose values are read in any case, and which keep values that they do not know."""

from __future__ import annotations

from enum import StrEnum
from typing import Self, TypeVar


class OpenStrEnum(StrEnum):
    """An enum that reads its values in any case, and keeps unknown values unchanged."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        folded = value.lower()
        for member in cls:
            if member.value.lower() == folded:
                return member
        # Not cached: the values that servers send must not make memory grow.
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = str(value)
        return unknown


E = TypeVar("E", bound=OpenStrEnum)


def spellings(enum: type[E]) -> dict[str, E]:
    """Return the members of an enum by their values, in lower and upper case."""
    return {spelling: member for member in enum for spelling in (member.value.lower(), member.value.upper())}
