"""UNSET, the value of a field that is left out of a request."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal


class Unset(Enum):
    """The type of UNSET."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        """Return False, as for None."""
        return False

    def __repr__(self) -> str:
        """Return the name of the constant."""
        return "UNSET"


UNSET: Final = Unset.UNSET
"""A field that is left out of a request; None would be sent as null."""
