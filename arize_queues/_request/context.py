"""The state that the calls of one client share."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from arize_queues._clock import Clock
from arize_queues._settings import Settings

from .revision import Revision

if TYPE_CHECKING:
    from arize_queues._names.cache import NameCache
    from arize_queues._results import ResponseInfo


class ClientContext:
    """The state of a client, which plans read and write.

    Attributes:
        settings: The settings.
        names: The cached IDs of names.
        revision: What is known of the server's revision.
        clock: Tells the time.
        on_response: Called with every answer, or None.
        random: Returns a number in [0, 1), for the jitter of waits.
    """

    def __init__(
        self,
        settings: Settings,
        names: NameCache,
        on_response: Callable[[ResponseInfo], object] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.names = names
        self.revision = Revision(settings.api_revision)
        self.clock = clock or Clock()
        self.on_response = on_response
        self.random: Callable[[], float] = random.random

    def with_settings(self, settings: Settings) -> ClientContext:
        """Return a context with other settings that shares all that was learned."""
        other = copy.copy(self)
        other.settings = settings
        return other

    def is_past(self, deadline: float | None) -> bool:
        """Return True if a time on the clock has come."""
        return deadline is not None and self.clock.now() >= deadline
