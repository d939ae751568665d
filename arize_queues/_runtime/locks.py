"""Wait for a lock of a plan: a thread blocks, a task of asyncio or trio suspends."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from arize_queues._clock import Clock
from arize_queues._plans.steps import Acquire


def acquire(step: Acquire, clock: Clock) -> bool:
    """Block this thread until the ticket holds the lock; return False after the timeout."""
    woken: SimpleQueue[None] = SimpleQueue()  # its methods cannot be interrupted halfway
    until = None if step.timeout is None else clock.now() + step.timeout
    try:
        while not step.lock.acquire_or_wait(step.ticket, lambda: woken.put(None)):
            woken.get(timeout=None if until is None else max(0.0, until - clock.now()))
    except Empty:
        return False
    finally:
        step.lock.stop_waiting(step.ticket)
    return True


async def aacquire(step: Acquire) -> bool:
    """Suspend this task until the ticket holds the lock; return False after the timeout."""
    import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    call_soon = _call_soon()
    try:
        with anyio.move_on_after(step.timeout):
            while True:
                woken = anyio.Event()
                if step.lock.acquire_or_wait(step.ticket, partial(call_soon, woken.set)):
                    return True
                await woken.wait()
    finally:
        step.lock.stop_waiting(step.ticket)
    return False


def _call_soon() -> Callable[[Callable[[], object]], object]:
    """Return the function that runs a callback in this event loop, callable from any thread."""
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        run_soon: Callable[[Callable[[], object]], object] = trio.lowlevel.current_trio_token().run_sync_soon
        return run_soon
    import asyncio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    return asyncio.get_running_loop().call_soon_threadsafe
