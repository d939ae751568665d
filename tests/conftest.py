"""What all tests share: an environment without settings, and both libraries of tasks."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from hypothesis import settings

from arize_queues import _base_url
from arize_queues._request import prerelease
from tests.support.examples import examples

settings.register_profile("tier", max_examples=examples(100), deadline=None)
settings.load_profile("tier")


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_is_heard() -> None:
    """Handle Ctrl-C as Python does; shells make background processes ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the machine's settings of Arize, proxies and certificates."""
    for name in list(os.environ):
        if name.startswith("ARIZE_") or name.lower().endswith("_proxy") or name == "DISABLE_PRERELEASE_WARNING":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the process has been told once."""
    monkeypatch.setattr(prerelease, "_warned", set())
    monkeypatch.setattr(_base_url, "_warned_of", set())


Runner = Callable[[Callable[[], Awaitable[Any]]], Any]


@pytest.fixture(params=["asyncio", "trio"])
def run_async(request: pytest.FixtureRequest) -> Runner:
    """Run an async function, with either library."""
    if request.param == "trio":
        return trio.run

    def run(function: Callable[[], Awaitable[Any]]) -> Any:
        return asyncio.run(function())  # type: ignore[arg-type]

    return run
