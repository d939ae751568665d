"""Manual clock, which advances only when a test or a sleep moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import anyio
import attrs

from arize_queues._clock import Clock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@attrs.define
class ManualClock:
    """Clock that advances without waiting, by the length of each sleep.

    Attributes:
        elapsed: Seconds since `START`.
        slept: Length of each sleep so far, in seconds.
    """

    elapsed: float = 0.0
    slept: list[float] = attrs.field(factory=list)

    def now(self) -> float:
        """Return the elapsed seconds."""
        return self.elapsed

    def wall(self) -> datetime:
        """Return the date and time."""
        return START + timedelta(seconds=self.elapsed)

    def sleep(self, seconds: float) -> None:
        """Advance the clock for a thread."""
        self.slept.append(seconds)
        self.elapsed += seconds

    async def asleep(self, seconds: float) -> None:
        """Advance the clock for a task, and let other tasks run."""
        self.sleep(seconds)
        await anyio.lowlevel.checkpoint()

    def as_clock(self) -> Clock:
        """Return the clock in the form that clients take."""
        return Clock(now=self.now, wall=self.wall, sleep=self.sleep, asleep=self.asleep)
