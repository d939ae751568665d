"""Time, as something that can be passed in."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple

LONGEST_WAIT = 2_147_483
"""Seconds, the longest that a socket can be told to wait."""


async def _asleep(seconds: float) -> None:
    import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    await anyio.sleep(seconds)


class Clock(NamedTuple):
    """What tells and spends time.

    Attributes:
        now: Seconds on a clock that only runs forward.
        wall: The date and time.
        sleep: Wait, in a thread.
        asleep: Wait, in a task.
    """

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    asleep: Callable[[float], Awaitable[None]] = _asleep
