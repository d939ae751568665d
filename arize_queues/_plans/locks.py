"""A lock that plans hold, in threads and in tasks alike.

A plan may wait for a plan in the same thread, so waiting must not block the thread: the plan yields `Acquire`, and its
driver waits in the way of its library. Drivers do not poll. A waiter leaves a wake-up call, and `release` wakes the
waiter that came first; a waiter that gives up after it was woken wakes the next one.

The holder is known by its ticket. So Ctrl-C between acquiring the lock and entering the plan's `try` block loses
nothing: the plan releases its ticket, whether or not it has heard that it holds the lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

WakeUp = Callable[[], object]


class PlanLock:
    """A mutual exclusion lock for plans."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._holder: object | None = None
        self._waiting: deque[WakeUp] = deque()

    def try_acquire(self, ticket: object) -> bool:
        """Acquire the lock if it is free; return True if the ticket holds it now."""
        with self._mutex:
            return self._take(ticket)

    def acquire_or_wait(self, ticket: object, wake_up: WakeUp) -> bool:
        """Acquire the lock, or else put a wake-up call, which any thread may make, at the end of the line."""
        with self._mutex:
            if self._take(ticket):
                return True
            self._waiting.append(wake_up)
            return False

    def stop_waiting(self, wake_up: WakeUp) -> None:
        """Leave the line; pass the wake-up call on if it has come already and the lock is still free."""
        with self._mutex:
            if wake_up in self._waiting:
                self._waiting.remove(wake_up)
            elif self._holder is None:
                self._wake_next()

    def release(self, ticket: object) -> None:
        """Release the lock and wake the first waiter; do nothing if the ticket does not hold it."""
        with self._mutex:
            if self._holder is ticket:
                self._holder = None
                self._wake_next()

    def _take(self, ticket: object) -> bool:
        if self._holder is None:
            self._holder = ticket
        return self._holder is ticket

    def _wake_next(self) -> None:
        if self._waiting:
            self._waiting.popleft()()
