"""The pytest plugin: a fresh emulator for each test with `arize_emulator`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from arize_queues.emulator import Emulator


@pytest.fixture
def arize_emulator() -> Iterator[Emulator]:
    """Run an empty emulator of the current revision for the length of one test."""
    from arize_queues.emulator import Emulator  # noqa: PLC0415 - needs the extra, which a test run may do without

    with Emulator() as emulator:
        yield emulator
