"""Taking turns: a plan that waits for another one, which may run in the same thread and so must not block it."""

from __future__ import annotations

import threading
from typing import TypeVar

from .steps import Plan, Sleep

T = TypeVar("T")

_POLL = 0.01  # seconds; a request takes longer


def in_turn(turn: threading.Lock, plan: Plan[T]) -> Plan[T]:
    """Carry a plan out while no other one holds the turn; one that is given up lets go of it."""
    while not turn.acquire(blocking=False):
        yield Sleep(_POLL)
    try:
        return (yield from plan)
    finally:
        turn.release()
