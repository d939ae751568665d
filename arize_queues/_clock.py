"""The clock of a client, which tests can replace."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple

LONGEST_WAIT = 2_147_483
"""Seconds; the longest timeout of a socket."""


async def _asleep(seconds: float) -> None:
    import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    await anyio.sleep(seconds)


class Clock(NamedTuple):
    """Functions that read the time and wait.

    Attributes:
        now: Returns seconds of a monotonic clock.
        wall: Returns the date and time.
        sleep: Waits in a thread.
        asleep: Waits in a task.
    """

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    asleep: Callable[[float], Awaitable[None]] = _asleep
