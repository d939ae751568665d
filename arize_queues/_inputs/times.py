"""Points in time: what users write, and how the API spells it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

__all__ = ["as_utc", "rfc3339"]

_KINDS = "a time (an aware datetime, a date or an ISO 8601 string)"


def as_utc(value: object, *, dates: bool = True) -> datetime:
    """Read a point in time as an aware datetime in UTC.

    Args:
        value: An aware datetime (pandas' Timestamps are some), a plain date, or an ISO 8601 string.
        dates: Whether a date without a time of day stands for its midnight in UTC.

    Raises:
        ValueError: The value is not such a time; the text says why, to go behind the value itself.
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
    """Spell an aware datetime as RFC 3339 in UTC, with the microseconds if there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _parse(text: str) -> date:
    """Read ISO 8601: a date if there is no time of day, else a datetime."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        from dateutil.parser import isoparse  # noqa: PLC0415 - slow to import, and seldom needed

    try:
        return isoparse(text)
    except (ValueError, OverflowError):
        raise ValueError("is not an ISO 8601 time, such as '2026-03-01T09:30:00Z'") from None


def _from_datetime(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError("has no time zone, so it may mean any of a day's hours; add one, such as UTC")
    try:
        # Taken apart and put together again, a subclass such as pandas' Timestamp becomes a plain datetime.
        return datetime.combine(value.date(), value.timetz()).astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None
