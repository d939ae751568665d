"""How many requests may be under way: additive increase, multiplicative decrease. Pure."""

from __future__ import annotations

import attrs


@attrs.define
class Pace:
    """The pace of one bulk call. Its requests are numbered in the order in which they begin.

    Attributes:
        most: Requests under way at once, at most.
        held_until: The time before which none may begin, since the server asked to wait.
    """

    most: int
    held_until: float = float("-inf")
    _allowed: float = attrs.field(init=False)
    _newest_at_refusal: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin at full width; the server says when that is too much."""
        self._allowed = float(self.most)

    @property
    def allowed(self) -> int:
        """Requests under way at once, at present."""
        return int(self._allowed)

    def refused(self, request: int, newest: int) -> None:
        """Take down that the server refused a request as one too many, when `newest` was the last one begun.

        The requests that were under way together are refused together: that is one sign, not many.
        """
        if request > self._newest_at_refusal:
            self._allowed = max(1.0, self._allowed / 2)
            self._newest_at_refusal = newest

    def hold(self, until: float) -> None:
        """Let none begin before a time; the longest wait that was asked for counts."""
        self.held_until = max(self.held_until, until)

    def succeeded(self) -> None:
        """Take down an answer: a round of them widens the pace by one."""
        self._allowed = min(float(self.most), self._allowed + 1 / self._allowed)
