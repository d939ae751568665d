"""Decide whether a request is sent again, and after how long. Pure."""

from __future__ import annotations

import enum
import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import attrs
import httpx

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
LONGEST_RETRY_AFTER = 120.0
_FIRST_BACKOFF = 0.5
_LONGEST_BACKOFF = 20.0

# The server did not see or not process these requests, so that even a request that must not act twice is repeated.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
NOT_PROCESSED = frozenset({429, 503})

# The next attempt would end the same way.
NOT_RETRYABLE = (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.LocalProtocolError)


class Idempotency(enum.Enum):
    """The effect of sending a request twice."""

    SAFE = "the second request changes nothing"
    DELETE = "the second request finds nothing, which counts as success"
    NONE = "the second request may act again, so it is sent only if the server certainly did not act"


@attrs.frozen
class Policy:
    """Decides on the wait before the next attempt; None means that there is none.

    Attributes:
        max_retries: Upper bound of attempts after the first.
        random: Returns a number in [0, 1) for the jitter.
        wall: Returns the date and time, which HTTP dates are compared with.
    """

    max_retries: int
    random: Callable[[], float]
    wall: Callable[[], datetime]

    def after_fault(self, fault: httpx.RequestError, attempt: int, idempotency: Idempotency) -> float | None:
        """Return the wait after a request without an answer."""
        if attempt > self.max_retries:
            return None
        if isinstance(fault, NOT_RETRYABLE) or _is_untrusted(fault):
            return None
        if idempotency is Idempotency.NONE and not isinstance(fault, NEVER_SENT):
            return None
        return self._backoff(attempt)

    def after_response(self, response: httpx.Response, attempt: int, idempotency: Idempotency) -> float | None:
        """Return the wait after an answer."""
        status = response.status_code
        if status not in RETRIED_STATUSES or attempt > self.max_retries:
            return None
        if idempotency is Idempotency.NONE and status not in NOT_PROCESSED:
            return None
        asked = retry_after(response, self.wall)
        if asked is None:
            return self._backoff(attempt)
        return asked if asked <= LONGEST_RETRY_AFTER else None

    def _backoff(self, attempt: int) -> float:
        """Draw from an exponentially growing range ("full jitter"), so that clients do not retry in step."""
        return self.random() * min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** min(attempt - 1, 64))


def _is_untrusted(fault: BaseException | None) -> bool:
    """Return True if the server's certificate was not accepted."""
    while fault is not None and not isinstance(fault, ssl.SSLCertVerificationError):
        fault = fault.__cause__ or fault.__context__
    return fault is not None


def retry_after(response: httpx.Response, wall: Callable[[], datetime]) -> float | None:
    """Parse Retry-After, seconds or an HTTP date; None if there is none, or it is malformed."""
    value = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:  # "-0000": the date is in UTC without saying where it was written
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - wall()).total_seconds())
