"""A lock that plans hold, in threads and in tasks alike.

A plan may wait for a plan in the same thread, so waiting must not block the thread: the plan yields `Acquire`, and its
driver waits in the way of its library. Drivers do not poll. A waiter leaves a wake-up call and keeps its place in line
until it holds the lock or gives up. Whoever frees the lock wakes the first in line, and so does a waiter that gives up
while the lock is free, because the wake-up may have been its own.

Holders and waiters are known by their tickets, so Ctrl-C loses nothing wherever it comes: the plan releases its ticket
whether or not it has heard that it holds the lock, and a second release does nothing but wake the first in line again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

WakeUp = Callable[[], object]


class PlanLock:
    """A mutual exclusion lock for plans."""

    def __init__(self) -> None:
        self._mutex = threading.RLock()  # the garbage collector may close a plan, which releases its ticket, anywhere
        self._holder: object | None = None
        self._waiting: dict[object, WakeUp] = {}

    def try_acquire(self, ticket: object) -> bool:
        """Acquire the lock if it is free; return True if the ticket holds it now."""
        with self._mutex:
            return self._acquire(ticket)

    def acquire_or_wait(self, ticket: object, wake_up: WakeUp) -> bool:
        """Acquire the lock, or else wait in line for a wake-up call, which any thread may make."""
        with self._mutex:
            if self._acquire(ticket):
                return True
            self._waiting[ticket] = wake_up
            return False

    def stop_waiting(self, ticket: object) -> None:
        """Leave the line; do nothing else if the ticket holds the lock."""
        with self._mutex:
            self._waiting.pop(ticket, None)
            self._wake_first()

    def release(self, ticket: object) -> None:
        """Release the lock, or the ticket's place in line."""
        with self._mutex:
            if self._holder is ticket:
                self._holder = None
            self._waiting.pop(ticket, None)
            self._wake_first()

    def _acquire(self, ticket: object) -> bool:
        if self._holder is None:
            self._holder = ticket
        if self._holder is not ticket:
            return False
        self._waiting.pop(ticket, None)
        return True

    def _wake_first(self) -> None:
        """Wake the first in line if the lock is free."""
        while self._holder is None and self._waiting:
            ticket, wake_up = next(iter(self._waiting.items()))
            try:
                wake_up()
            except RuntimeError:  # its event loop has ended
                self._waiting.pop(ticket, None)
            else:
                return
