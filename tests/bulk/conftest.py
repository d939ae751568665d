"""Fixtures for tests of bulk calls: one emulator per module, reset for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from arize_queues.emulator import Emulator
from tests.support.bulk_world import World


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """Run an emulator of the current revision."""
    with Emulator() as running:
        yield running


@pytest.fixture
def world(emulator: Emulator) -> Iterator[World]:
    """Build a world on the reset emulator; restart the emulator afterwards if a request is still open."""
    yield World.on(emulator)
    if any(request.status is None for request in emulator.requests):
        emulator.stop()
        emulator.start()


@pytest.fixture(params=["sync", "asyncio", "trio"])
def kind(request: pytest.FixtureRequest) -> str:
    """Return each kind of client in turn."""
    return str(request.param)
