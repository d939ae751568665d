"""The answer of an endpoint, with the status and the headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Response(NamedTuple, Generic[T]):
    """An answer of the server.

    Attributes:
        parsed: The model of the body, or None.
    """

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T | None
