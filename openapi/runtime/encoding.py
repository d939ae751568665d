"""JSON text: read and written with orjson if it is installed, else with json."""

from __future__ import annotations

import json
import math
from typing import Any

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]


def loads(text: bytes | str) -> Any:
    """Parse JSON text.

    orjson reads an integer beyond 64 bits as the nearest float; json keeps it.

    Raises:
        ValueError: The text is not JSON.
    """
    if orjson is not None:
        try:
            return orjson.loads(text)
        except ValueError:
            pass  # json also takes lone surrogates and NaN, and describes an error better.
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("the JSON text is nested too deeply") from None


def dumps(value: Any) -> bytes:
    """Return compact JSON text in UTF-8.

    NaN and infinity, which JSON does not have, become null with orjson and are refused with ValueError by json.
    """
    if orjson is not None:
        try:
            return orjson.dumps(value)
        except TypeError:
            pass  # json also writes lone surrogates and integers beyond 64 bits.
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def as_json(value: Any) -> str:
    """Return compact JSON text of a value that a server sent, with null for NaN and infinity."""
    try:
        return dumps(value).decode()
    except ValueError:
        return dumps(_without_nan(value)).decode()


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return [_without_nan(item) for item in value] if isinstance(value, list | tuple) else value
