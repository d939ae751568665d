"""Bulk call that the crash tests kill; it runs in a process of its own."""

from __future__ import annotations

import os
import signal
import ssl
from collections.abc import Callable
from typing import Any

from arize_queues import ArizeClient


def run(url: str, api_key: str, method: str, arguments: dict[str, Any], die_at: tuple[str, int] | None) -> None:
    """Make the call; die after the n-th answer has arrived or after the n-th has been recorded, as `die_at` asks."""
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
    """Counts down to the moment at which the process kills itself."""

    def __init__(self, moment: str, number: int) -> None:
        self.moment = moment
        self._left = number

    def step(self) -> None:
        """Kill the process at the last step."""
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
