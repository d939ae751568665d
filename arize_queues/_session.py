"""What the calls of one client share: settings, remembered names, the server's spelling, the clock."""

from __future__ import annotations

import random
import threading
from collections import OrderedDict
from collections.abc import Callable

import attrs

from ._clock import Clock
from ._config import Config
from ._results import ResponseInfo
from ._revision import Revision

NAMES_KEPT = 1024
NAME_LIFETIME = 300.0

NameKey = tuple[str, ...]


@attrs.define
class NameMemory:
    """Name to ID, bounded in number and age; threads may share it."""

    clock: Clock
    _ids: OrderedDict[NameKey, tuple[float, str]] = attrs.field(factory=OrderedDict, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

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


@attrs.define(kw_only=True)
class Session:
    """The state of a client that plans read and write."""

    config: Config
    revision: Revision
    clock: Clock
    names: NameMemory
    on_response: Callable[[ResponseInfo], object] | None = None
    random: Callable[[], float] = random.random

    @classmethod
    def start(
        cls,
        config: Config,
        on_response: Callable[[ResponseInfo], object] | None = None,
        clock: Clock | None = None,
    ) -> Session:
        """Begin with nothing learned."""
        clock = clock or Clock()
        return cls(
            config=config,
            revision=Revision.of(config.api_revision),
            clock=clock,
            names=NameMemory(clock),
            on_response=on_response,
        )

    def with_config(self, config: Config) -> Session:
        """Go on under other settings, with all that was learned."""
        return attrs.evolve(self, config=config)
