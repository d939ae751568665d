"""Wait for a lock of a plan: a thread blocks, a task of asyncio or trio suspends."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from arize_queues._clock import Clock
from arize_queues._plans.steps import Acquire


def acquire(step: Acquire, clock: Clock) -> bool:
    """Block this thread until the ticket holds the lock; return False after the timeout."""
    woken = threading.Event()
    until = None if step.timeout is None else clock.now() + step.timeout
    try:
        while not step.lock.acquire_or_wait(step.ticket, woken.set):
            if not woken.wait(None if until is None else max(0.0, until - clock.now())):
                return False
            woken.clear()
        return True
    finally:
        step.lock.stop_waiting(woken.set)


async def aacquire(step: Acquire) -> bool:
    """Suspend this task until the ticket holds the lock; return False after the timeout."""
    import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    with anyio.move_on_after(step.timeout):
        while True:
            alarm = _Alarm(anyio.Event(), _call_soon())
            try:
                if step.lock.acquire_or_wait(step.ticket, alarm.ring):
                    return True
                await alarm.event.wait()
            finally:
                step.lock.stop_waiting(alarm.ring)
    return False


class _Alarm:
    """Sets an event of this event loop, from any thread."""

    def __init__(self, event: Any, call_soon: Callable[[Callable[[], object]], object]) -> None:
        self.event = event
        self._call_soon = call_soon

    def ring(self) -> None:
        """Set the event; do nothing if its loop has ended."""
        with suppress(RuntimeError):
            self._call_soon(self.event.set)


def _call_soon() -> Callable[[Callable[[], object]], object]:
    """Return the function that runs a callback in this event loop, callable from any thread."""
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        run_soon: Callable[[Callable[[], object]], object] = trio.lowlevel.current_trio_token().run_sync_soon
        return run_soon
    import asyncio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    return asyncio.get_running_loop().call_soon_threadsafe
