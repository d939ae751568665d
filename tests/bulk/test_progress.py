"""Progress: a callable, a bar on a terminal, plain lines without tqdm, and nothing without a terminal."""

from __future__ import annotations

import io
import os
import sys
import termios
from collections.abc import Iterator
from typing import Any, TextIO

import pytest

from arize_queues import PartialFailureError
from arize_queues._bulk.progress import Progress
from arize_queues.emulator import Fault
from tests.support.bulk_world import Job, World
from tests.support.clock import ManualClock

BULK = ["add_records", "delete_records", "annotate_records", "assign_records"]
KINDS = ["sync", "asyncio"]


class Terminal:
    """Pseudo-terminal in place of standard error."""

    def __init__(self) -> None:
        self._reading, writing = os.openpty()
        termios.tcsetwinsize(writing, (24, 100))
        os.set_blocking(self._reading, False)
        self.stream: TextIO = os.fdopen(writing, "w")

    def attach(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace standard error; a fixture cannot, because pytest replaces it before each test."""
        monkeypatch.setattr(sys, "stderr", self.stream)

    def text(self) -> str:
        """Return the text written so far."""
        self.stream.flush()
        content = b""
        try:
            while True:  # a terminal returns one line per read
                content += os.read(self._reading, 4096)
        except BlockingIOError:
            return content.decode().replace("\r\n", "\n")

    def close(self) -> None:
        """Close the terminal."""
        self.stream.close()
        os.close(self._reading)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """Open a pseudo-terminal, and close it after the test."""
    made = Terminal()
    yield made
    made.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", BULK)
def test_a_callable_gets_done_and_total(world: World, method: str, kind: str) -> None:
    """A callable is called after each request with rising counts, and its last call is (total, total)."""
    job, calls = Job.of(world, method, 3), []
    world.caller(kind)(method, **job.arguments(job.given), progress=lambda done, total: calls.append((done, total)))
    total = len(job.ids(job.given))
    assert calls == [(total * part // 3, total) for part in (1, 2, 3)]


@pytest.mark.parametrize("method", BULK)
def test_the_total_of_an_iterator_is_not_known(world: World, method: str) -> None:
    """A callable gets None as the total where the input is an iterator."""
    job, calls = Job.of(world, method, 3), []
    given = iter(job.given.items()) if isinstance(job.given, dict) else iter(job.given)
    world.caller("sync")(method, **job.arguments(given), progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (len(job.ids(job.given)), None)


@pytest.mark.parametrize("method", BULK)
def test_what_fails_counts_as_through(world: World, method: str) -> None:
    """Failed records count as processed, so progress still reaches its total."""
    job, calls = Job.of(world, method, 3), []
    bad = job.ids(job.given)[1]
    world.emulator.faults.add(
        Fault(path="*/records*", reject=[bad], times=None, where=lambda request: request.method != "GET")
    )
    with pytest.raises(PartialFailureError):
        world.caller("sync")(method, **job.arguments(job.given), progress=lambda *call: calls.append(call))
    total = len(job.ids(job.given))
    assert calls[-1] == (total, total)
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})


@pytest.mark.parametrize("method", BULK)
def test_a_job_that_goes_on_comes_to_its_total_too(world: World, method: str, tmp_path: Any) -> None:
    """A job resumed from a ledger ends its progress at the total."""
    job, calls, ledger = Job.of(world, method, 4), [], tmp_path / "job.sqlite"
    world.emulator.faults.add(
        Fault(path="*/records*", nth=3, status=401, where=lambda request: request.method != "GET")
    )
    call = world.caller("sync")
    with pytest.raises(PartialFailureError):
        call(method, client={"max_concurrency": 1}, **job.arguments(job.given), ledger=ledger)
    call(method, **job.arguments(job.given), ledger=ledger, progress=lambda *numbers: calls.append(numbers))
    assert len(calls) == 2
    assert calls[-1][0] == calls[-1][1]


@pytest.mark.parametrize("method", BULK)
@pytest.mark.parametrize("kind", KINDS)
def test_a_callable_that_raises_stops_the_call_with_its_account(world: World, method: str, kind: str) -> None:
    """An exception in the callable stops the call and is the cause of a PartialFailureError with exact counts."""
    job = Job.of(world, method, 6)

    def broken(done: int, total: int | None) -> None:
        raise RuntimeError("no display")

    with pytest.raises(PartialFailureError, match="no display") as caught:
        world.caller(kind)(method, client={"max_concurrency": 1}, **job.arguments(job.given), progress=broken)
    assert isinstance(caught.value.__cause__, RuntimeError)
    done = set(job.ids(job.given)) - set(job.ids(caught.value.remaining))
    assert done == job.applied()
    assert len(done) == len(job.ids(job.given)) // 6


def test_a_bar_is_drawn_on_a_terminal(world: World, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tqdm and a terminal, a bar shows the operation's name and ends full."""
    terminal.attach(monkeypatch)
    job = Job.of(world, "annotate_records", 5)
    world.caller("sync")("annotate_records", **job.arguments(job.given), progress=True)
    text = terminal.text()
    assert "annotate_records: 100%" in text
    assert "5/5" in text
    assert text.endswith("\n"), "the bar is not closed"


def test_the_bar_is_closed_when_the_call_fails(
    world: World, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed call closes its bar, so that the terminal is on a new line."""
    terminal.attach(monkeypatch)
    job = Job.of(world, "annotate_records", 5)
    world.emulator.faults.add(Fault(path="*/annotate", nth=3, status=401, times=None))
    with pytest.raises(PartialFailureError):
        world.caller("sync")(
            "annotate_records", client={"max_concurrency": 1}, **job.arguments(job.given), progress=True
        )
    assert terminal.text().endswith("\n")


def test_lines_are_written_where_there_is_no_tqdm(
    world: World, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without tqdm, a terminal gets plain lines that end with the total."""
    terminal.attach(monkeypatch)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    job = Job.of(world, "annotate_records", 5)
    world.caller("sync")("annotate_records", **job.arguments(job.given), progress=True)
    assert terminal.text() == "annotate_records: 5 of 5 records\n"


def test_a_line_comes_every_few_seconds(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain lines come every few seconds, not once per request, and group digits with commas."""
    terminal.attach(monkeypatch)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    clock = ManualClock(1000.0)
    progress = Progress(True, "delete_records", clock.as_clock())
    progress.start(10_000)
    for seconds in (1, 3, 2, 1, 6, 0):
        clock.elapsed += seconds
        progress.advance(1000)
    progress.advance(4000)
    assert terminal.text().splitlines() == [
        "delete_records: 3,000 of 10,000 records",
        "delete_records: 5,000 of 10,000 records",
        "delete_records: 10,000 of 10,000 records",
    ]


@pytest.mark.parametrize("tqdm", [True, False])
@pytest.mark.parametrize("option", [True, False, None])
def test_nothing_is_written_where_there_is_no_terminal(
    world: World, monkeypatch: pytest.MonkeyPatch, option: bool | None, tqdm: bool
) -> None:
    """Nothing is written to a standard error that is not a terminal."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    if not tqdm:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    job = Job.of(world, "delete_records", 2)
    world.caller("sync")("delete_records", **job.arguments(job.given), progress=option)
    assert stream.getvalue() == ""


def test_a_terminal_without_a_wish_stays_empty(
    world: World, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is drawn on a terminal unless the caller asks for progress."""
    terminal.attach(monkeypatch)
    job = Job.of(world, "delete_records", 1)
    world.caller("sync")("delete_records", **job.arguments(job.given))
    assert terminal.text() == ""


def test_a_program_without_standard_error_is_not_disturbed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a bar is no error where sys.stderr is None, as under pythonw."""
    monkeypatch.setattr(sys, "stderr", None)
    job = Job.of(world, "delete_records", 1)
    world.caller("sync")("delete_records", **job.arguments(job.given), progress=True)
    assert job.applied() == set(job.given)
