"""What the tests of bulk calls share: one emulator for all of a module, emptied for each test."""

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
    """Empty the emulator, and put a space with a project into it; afterwards end what it still works on."""
    yield World.on(emulator)
    if any(request.status is None for request in emulator.requests):
        emulator.stop()
        emulator.start()


@pytest.fixture(params=["sync", "asyncio", "trio"])
def kind(request: pytest.FixtureRequest) -> str:
    """Name each kind of caller."""
    return str(request.param)
