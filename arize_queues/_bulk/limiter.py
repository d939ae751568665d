"""The number of requests under way at once: additive increase, multiplicative decrease (AIMD). Pure."""

from __future__ import annotations

import attrs


@attrs.define
class ConcurrencyLimiter:
    """The limit of one bulk call. Its requests are numbered in the order in which they start.

    Attributes:
        most: Upper bound of the limit.
        paused_until: Time before which no request may start, because the server asked to wait.
    """

    most: int
    paused_until: float = float("-inf")
    _limit: float = attrs.field(init=False)
    _newest_at_decrease: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """Start at the upper bound; the server says when that is too much."""
        self._limit = float(self.most)

    @property
    def limit(self) -> int:
        """Number of requests that may be under way now."""
        return int(self._limit)

    def on_throttled(self, request: int, newest: int) -> None:
        """Halve the limit after a 429, at most once per round.

        Requests that were under way together are throttled together, which is one sign, not many.

        Args:
            request: Number of the throttled request.
            newest: Number of the request that started last.
        """
        if request > self._newest_at_decrease:
            self._limit = max(1.0, self._limit / 2)
            self._newest_at_decrease = newest

    def on_success(self) -> None:
        """Raise the limit, by one for each round of successes."""
        self._limit = min(float(self.most), self._limit + 1 / self._limit)

    def pause_until(self, time: float) -> None:
        """Start no request before a time; the latest of all such times counts."""
        self.paused_until = max(self.paused_until, time)
