"""What the calls of one client share: settings, remembered names, the server's spelling, the clock."""

from __future__ import annotations

import copy
import random
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from arize_queues._clock import Clock
from arize_queues._settings import Settings

from .revision import Revision

if TYPE_CHECKING:
    from arize_queues._results import ResponseInfo

NAMES_KEPT = 1024
NAME_LIFETIME = 300.0

NameKey = tuple[str, ...]


class NameCache:
    """Name to ID, bounded in number and age; threads may share it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._ids: OrderedDict[NameKey, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: NameKey) -> str | None:
        """Give the remembered ID, unless it is too old."""
        with self._lock:
            expires, found = self._ids.get(key, (0.0, None))
            if found is not None and expires <= self.clock.now():
                del self._ids[key]
                return None
            return found

    def remember(self, key: NameKey, found: str) -> None:
        """Keep an ID, and drop the oldest where there are too many."""
        with self._lock:
            self._ids.pop(key, None)
            self._ids[key] = (self.clock.now() + NAME_LIFETIME, found)
            while len(self._ids) > NAMES_KEPT:
                self._ids.popitem(last=False)

    def forget(self, key: NameKey) -> None:
        """Drop an ID that turned out to be wrong."""
        with self._lock:
            self._ids.pop(key, None)

    def forget_id(self, found: str) -> None:
        """Drop all names of an ID, which may soon be another's."""
        with self._lock:
            for key in [key for key, (_, kept) in self._ids.items() if kept == found]:
                del self._ids[key]


class Reliance:
    """What one call takes from memory, to be looked at again where something turns out not to exist.

    Attributes:
        remembered: The names that were remembered, and their IDs.
        looked_up: The names that the call has looked up itself.
        moved: The IDs that turned out to be out of date, and those that have their names now.
        turn: Held by the part of the call that is looking.
    """

    def __init__(self) -> None:
        self.remembered: dict[NameKey, str] = {}
        self.looked_up: set[NameKey] = set()
        self.moved: dict[str, str] = {}
        self.turn = threading.Lock()


class ClientContext:
    """The state of a client that plans read and write.

    Attributes:
        settings: The settings.
        revision: What is known of the server's spelling.
        clock: What tells and spends time.
        names: The names that were resolved.
        on_response: Told of every answer, or None.
        random: Gives a number in [0, 1), for the jitter of waits.
        reliance: What the call takes from memory, in the session of one that may use several names; else None.
    """

    def __init__(
        self,
        settings: Settings,
        on_response: Callable[[ResponseInfo], object] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.revision = Revision(settings.api_revision)
        self.clock = clock or Clock()
        self.names = NameCache(self.clock)
        self.on_response = on_response
        self.random: Callable[[], float] = random.random
        self.reliance: Reliance | None = None

    def with_settings(self, settings: Settings) -> ClientContext:
        """Go on under other settings, with all that was learned."""
        other = copy.copy(self)
        other.settings = settings
        return other

    def for_call(self) -> ClientContext:
        """Go on for one call, taking down what it takes from memory."""
        if self.reliance is not None:
            return self
        other = copy.copy(self)
        other.reliance = Reliance()
        return other

    def is_past(self, deadline: float | None) -> bool:
        """Say whether a time on the clock has come."""
        return deadline is not None and self.clock.now() >= deadline

    def current(self, found: str) -> str:
        """Give the ID that has the name of this one now, as far as the call has found out."""
        return found if self.reliance is None else self.reliance.moved.get(found, found)
