"""When a request is sent again, and after how long. Pure."""

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

# The server never saw these requests, so even what must not happen twice may be sent again.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
REFUSED_UNSEEN = frozenset({429, 503})

# The next try would end the same way.
_LASTING = (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.LocalProtocolError)


class Replay(enum.Enum):
    """What sending a request twice would do."""

    SAFE = "the second changes nothing"
    DELETES = "the second finds nothing, which is as it should be"
    UNSAFE = "the second may act again: only where the server certainly did not act"


@attrs.frozen
class Policy:
    """Decides on the wait before the next try; None means: no more tries.

    Attributes:
        max_retries: Tries after the first, at most.
        random: Gives a number in [0, 1) for the jitter.
        wall: Gives the date and time, which HTTP dates are compared with.
    """

    max_retries: int
    random: Callable[[], float]
    wall: Callable[[], datetime]

    def after_fault(self, fault: httpx.RequestError, attempt: int, replay: Replay) -> float | None:
        """Decide after no answer came."""
        if attempt > self.max_retries:
            return None
        if isinstance(fault, _LASTING) or _is_untrusted(fault):
            return None
        if replay is Replay.UNSAFE and not isinstance(fault, NEVER_SENT):
            return None
        return self._backoff(attempt)

    def after_response(self, response: httpx.Response, attempt: int, replay: Replay) -> float | None:
        """Decide after an answer came."""
        status = response.status_code
        if status not in RETRIED_STATUSES or attempt > self.max_retries:
            return None
        if replay is Replay.UNSAFE and status not in REFUSED_UNSEEN:
            return None
        asked = retry_after(response, self.wall)
        if asked is None:
            return self._backoff(attempt)
        return asked if asked <= LONGEST_RETRY_AFTER else None

    def _backoff(self, attempt: int) -> float:
        """Draw from an exponentially growing range ("full jitter"), so that clients do not return together."""
        return self.random() * min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** min(attempt - 1, 64))


def _is_untrusted(fault: BaseException | None) -> bool:
    """Say whether a connection failed since the server's certificate did."""
    while fault is not None and not isinstance(fault, ssl.SSLCertVerificationError):
        fault = fault.__cause__ or fault.__context__
    return fault is not None


def retry_after(response: httpx.Response, wall: Callable[[], datetime]) -> float | None:
    """Read Retry-After, which is seconds or an HTTP date; None where there is none that makes sense."""
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
