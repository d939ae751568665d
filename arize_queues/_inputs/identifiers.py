"""Distinguish names from IDs."""

from __future__ import annotations

import base64
import binascii
import re

from arize_queues_raw.limits import MAX_NAME_LENGTH

from .messages import LONE_SURROGATE, is_sendable

__all__ = ["Id", "Name", "fault_of", "is_id"]


class Id(str):
    """An ID, even if it looks like a name: `Id("triage")`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Id({str(self)!r})"


class Name(str):
    """A name, even if it looks like an ID: `Name("RW50aXR5OjEyMzQ1")`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Name({str(self)!r})"


def is_id(value: str, prefixes: tuple[str, ...]) -> bool:
    """Return True if a string is an ID, False if it is a name.

    Arize's IDs are base64 of text such as "AnnotationQueue:12345"; its documentation also shows readable ones
    such as "aq_abc123". An `Id` or a `Name` states which of the two it is.

    Args:
        value: The argument of the caller.
        prefixes: The documented prefixes of the resource, e.g. ("aq_",).
    """
    if isinstance(value, Id | Name):
        return isinstance(value, Id)
    if any(re.fullmatch(f"{prefix}[A-Za-z0-9]+", value) for prefix in prefixes):
        return True
    try:
        return ":" in base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return False


def fault_of(value: object) -> str | None:
    """Return the rule that a name or an ID breaks, worded to follow its value, or None."""
    if not isinstance(value, str) or not value.strip():
        return "is not a name or an ID: it must be a string with characters in it"
    if len(value) > MAX_NAME_LENGTH and not is_id(value, ()):
        return f"is too long for a name, which has at most {MAX_NAME_LENGTH} characters; this one has {len(value)}"
    if not is_sendable(value):
        return LONE_SURROGATE
    return None
