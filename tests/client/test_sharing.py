"""One client may be shared by threads, and one by tasks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from arize_queues.emulator import Emulator
from tests.benchmarks.soak import build, in_tasks, in_threads, open_sockets, rounds

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("way", "workers"),
    [(in_threads, 32), (in_tasks, 50), pytest.param(in_tasks, 200, marks=pytest.mark.nightly)],
)
def test_every_answer_goes_to_the_call_that_asked(way, workers):
    """Among many mixed calls at once, no answer is lost or swapped."""
    with Emulator() as emulator:
        world = build(emulator, workers)
        way(world, rounds(1))
    assert world.faults == []
    assert set(world.calls.values()) == {workers}


@pytest.mark.skipif(not (sys.platform == "linux" and Path("/proc/self/fd").exists()), reason="counts Linux's files")
@pytest.mark.parametrize(("way", "workers"), [(in_threads, 32), (in_tasks, 50)])
def test_no_connection_stays_open_after_the_client_is_closed(way, workers):
    """After the client is closed, as many sockets are open as before."""
    before = open_sockets()
    with Emulator() as emulator:
        way(build(emulator, workers), rounds(1))
    assert open_sockets() <= before
