"""The bulk call that the crash tests kill; it runs in a process of its own."""

from __future__ import annotations

import os
import signal
import ssl
from collections.abc import Callable
from typing import Any

from arize_queues import ArizeClient


def run(url: str, api_key: str, method: str, arguments: dict[str, Any], die_at: tuple[str, int] | None) -> None:
    """Make the call; die where told: when an answer has come, or when it has been written down."""
    death = _Death(*die_at) if die_at else None
    on_answer = death.step if death and death.moment == "answer" else None
    with ArizeClient(
        api_key=api_key,
        base_url=url,
        ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        api_revision="2026-10",
        max_concurrency=arguments.pop("max_concurrency"),
        on_response=(lambda info: on_answer() if info.method != "GET" else None) if on_answer else None,
    ) as client:
        progress: Callable[..., None] | None = None
        if death and death.moment == "written":
            progress = lambda *_: death.step()  # noqa: E731
        getattr(client.annotation_queues, method)(**arguments, progress=progress)


class _Death:
    """Counts to the moment."""

    def __init__(self, moment: str, number: int) -> None:
        self.moment = moment
        self._left = number

    def step(self) -> None:
        """Die, when it is time."""
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
