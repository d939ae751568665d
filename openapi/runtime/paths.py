"""Identifiers in the path of a request."""

from __future__ import annotations

from urllib.parse import quote


def path_segment(value: str) -> str:
    """Encode an identifier as one segment of a path.

    Raises:
        ValueError: It is empty or a dot segment, which would lead to another resource.
    """
    if value in ("", ".", ".."):
        raise ValueError(f"{value!r} cannot be an identifier in a path")
    return quote(value, safe="")
