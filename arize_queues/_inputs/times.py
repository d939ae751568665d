"""Parse times of the caller, and format them for the API."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

__all__ = ["as_utc", "rfc3339"]

_KINDS = "a time (an aware datetime, a date or an ISO 8601 string)"


def as_utc(value: object, *, dates: bool = True) -> datetime:
    """Parse a point in time, and return it as an aware datetime in UTC.

    Args:
        value: An aware datetime (a pandas Timestamp is one), a date, or an ISO 8601 string.
        dates: Accept a date without a time of day as its midnight in UTC.

    Raises:
        ValueError: The value is none of these; the text is worded to follow the value.
    """
    if isinstance(value, str):
        value = _parse(value)
    if isinstance(value, datetime) and value == value:  # noqa: PLR0124 - NaT is a datetime, but not equal to itself
        return _from_datetime(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        if dates:
            return datetime.combine(value, time(), UTC)
        raise ValueError("is a whole day, where a point in time is needed")
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:  # noqa: PLR0124 - NaN
        raise ValueError(f"is a bare number, whose unit and origin nobody can know; give {_KINDS}")
    raise ValueError(f"is not {_KINDS}")


def rfc3339(value: datetime) -> str:
    """Format an aware datetime as RFC 3339 in UTC, with microseconds only if they are not zero."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _parse(text: str) -> date:
    """Parse ISO 8601: a date if there is no time of day, else a datetime."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        from dateutil.parser import isoparse  # noqa: PLC0415 - slow to import and rarely needed

    try:
        return isoparse(text)
    except (ValueError, OverflowError):
        raise ValueError("is not an ISO 8601 time, such as '2026-03-01T09:30:00Z'") from None


def _from_datetime(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError("has no time zone, so it may mean any of a day's hours; add one, such as UTC")
    try:
        # Combining date and time turns a subclass, such as a pandas Timestamp, into a plain datetime.
        return datetime.combine(value.date(), value.timetz()).astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None
