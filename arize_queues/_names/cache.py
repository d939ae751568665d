"""Cache the IDs of names between the calls of a client."""

from __future__ import annotations

import threading
from collections import OrderedDict

from arize_queues._clock import Clock

NAMES_KEPT = 1024
NAME_LIFETIME = 300.0  # seconds

NameKey = tuple[str, ...]


class NameCache:
    """Names and their IDs, bounded in number and age. Threads may share it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._ids: OrderedDict[NameKey, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: NameKey) -> str | None:
        """Return the ID of a name, unless it is unknown or too old."""
        with self._lock:
            expires, found = self._ids.get(key, (0.0, None))
            if found is not None and expires <= self.clock.now():
                del self._ids[key]
                return None
            return found

    def remember(self, key: NameKey, found: str) -> None:
        """Keep the ID of a name, and drop the oldest names if there are too many."""
        with self._lock:
            self._ids.pop(key, None)
            self._ids[key] = (self.clock.now() + NAME_LIFETIME, found)
            while len(self._ids) > NAMES_KEPT:
                self._ids.popitem(last=False)

    def forget(self, key: NameKey) -> None:
        """Drop a name whose ID is stale."""
        with self._lock:
            self._ids.pop(key, None)

    def forget_id(self, found: str) -> None:
        """Drop all names of an ID; after an update or a delete they may lead elsewhere."""
        with self._lock:
            for key in [key for key, (_, kept) in self._ids.items() if kept == found]:
                del self._ids[key]
