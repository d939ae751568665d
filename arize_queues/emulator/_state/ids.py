"""IDs in the API's form: base64 of a kind and a number, such as `AnnotationQueue:10001`."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from arize_queues.emulator._formats.problems import Refusal

# The documentation writes IDs as `aq_abc123`: well formed, though nothing here is ever called that.
_DOCUMENTED = re.compile(r"[a-z]+_\w+")


@lru_cache(maxsize=1024)  # a page of records names the same queue and users again and again
def encode(kind: str, number: int) -> str:
    """Return the ID of a kind and a number."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def decode(kind: str, text: str) -> int | None:
    """Return the number of an ID of a kind, or None if it is malformed or of another kind."""
    found, separator, number = (_plain(text) or "").partition(":")
    return int(number) if separator and found == kind and re.fullmatch(r"[0-9]{1,15}", number) else None


def require(kind: str, text: str, noun: str) -> int:
    """Return the number of an ID of a kind; refuse a malformed ID with 400, one of another kind with 404."""
    require_form(text, noun)
    number = decode(kind, text)
    if number is None:
        raise not_found(noun, text)
    return number


def require_form(text: str, noun: str) -> None:
    """Refuse a malformed ID with 400."""
    if not (":" in (_plain(text) or "") or _DOCUMENTED.fullmatch(text)):
        raise Refusal(400, f"{text!r} is not a well-formed {noun} ID.")


def not_found(noun: str, text: str) -> Refusal:
    """Build the 404 of a resource that does not exist or may not be read; the API does not say which."""
    return Refusal(404, f"{noun[0].upper()}{noun[1:]} {text!r} was not found.")


def _plain(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
