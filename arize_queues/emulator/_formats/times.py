"""Instants: whole microseconds since 1970 in the database, ISO 8601 in UTC on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(moment: datetime | str) -> int:
    """Return the microseconds of an instant; a naive datetime counts as UTC."""
    if isinstance(moment, str):
        moment = parse(moment)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def parse(text: str) -> datetime:
    """Parse an RFC 3339 time, leap seconds included, which datetime does not know."""
    return datetime.fromisoformat(text.upper().replace(":60", ":59", 1) if ":60" in text else text.upper())


def to_text(micros: int) -> str:
    """Format an instant as the API does, with a Z."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")
