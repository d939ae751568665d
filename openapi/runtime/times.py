"""Times: parsed from answers, and converted from arguments."""

from __future__ import annotations

import datetime
from typing import Final

from .decoding import MisfitError

_fromisoformat: Final = datetime.datetime.fromisoformat


def parse_datetime(value: str) -> datetime.datetime:
    """Parse an ISO 8601 time of an answer."""
    try:
        return _fromisoformat(value)
    except ValueError:
        from dateutil.parser import isoparse
    try:
        return isoparse(value)
    except (ValueError, OverflowError):
        raise MisfitError("a time in ISO 8601 was expected") from None


def as_datetime(field: str, value: datetime.date | str) -> datetime.datetime:
    """Convert a datetime, ISO 8601 text, or a date (its midnight in UTC) to a datetime."""
    if isinstance(value, str):
        try:
            value = datetime.date.fromisoformat(value) if len(value) == len("2026-01-01") else parse_datetime(value)
        except ValueError:
            raise ValueError(f"{field}: {value!r} is not a time in ISO 8601, as '2026-03-01T09:30:00Z' is") from None
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC)
    raise TypeError(f"{field}: a datetime, a date or ISO 8601 text was expected, not {type(value).__name__}")
