"""How is measured: samples taken in turns, medians, and rows with a target and a verdict."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

import attrs

Work = Callable[[], object]


@attrs.frozen(kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        theme: The module that measured it.
        what: What was measured.
        value: The number; None where it was not measured.
        unit: Of the number; "x" for a ratio.
        target: The number to reach; None where it is only reported.
        bound: Whether the target is the most or the least.
        note: How it came about.
    """

    theme: str
    what: str
    value: float | None
    unit: str
    target: float | None = None
    bound: Literal["most", "least"] = "most"
    note: str = ""

    @property
    def verdict(self) -> str:
        """Return the words for a reached or missed target."""
        if self.value is None:
            return "not measured"
        if self.target is None:
            return "reported"
        reached = self.value <= self.target if self.bound == "most" else self.value >= self.target
        return "reached" if reached else "MISSED"


@attrs.frozen
class Point:
    """CPU seconds of one client for one operation on some records."""

    client: str
    operation: str
    records: int
    seconds: float


@attrs.frozen
class Findings:
    """What a theme has found: rows of the table, Markdown that says more, and points of the picture."""

    rows: list[Row]
    more: str = ""
    points: list[Point] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class Effort:
    """How much is done.

    Attributes:
        rounds: Samples of each contestant, taken in turns; a number for a quick look, a test or the real run.
        scale: The part of the real amounts (records, requests) that is measured: 1 for the real run.
    """

    rounds: int = 30
    scale: float = 1.0

    def of(self, amount: int) -> int:
        """Scale an amount."""
        return max(1, int(amount * self.scale))


@attrs.frozen
class Samples:
    """CPU or wall seconds of some contestants, one sample of each a round."""

    taken: dict[str, list[float]]

    def __getitem__(self, name: str) -> float:
        """Return the median of one contestant."""
        return statistics.median(self.taken[name])

    def ratio(self, one: str, other: str) -> float:
        """Return the median of the ratios of all rounds: both calls of a round meet the machine in the same state."""
        pairs = zip(self.taken[one], self.taken[other], strict=True)
        return statistics.median(first / second for first, second in pairs)


def in_turns(contestants: Mapping[str, Callable[[], float]], rounds: int) -> Samples:
    """Call contestants by turns; each call returns its seconds.

    The first round is thrown away. The order is reversed every other round, so that none always comes first.
    """
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for turn in range(rounds + 1):
        gc.collect()
        for name in order:
            taken = contestants[name]()
            if turn:
                samples[name].append(taken)
        order.reverse()
    return Samples(samples)


def cpu_in_turns(contestants: Mapping[str, Work], rounds: int, calls: int = 1) -> Samples:
    """Return the CPU seconds of this process for a call of each."""
    return in_turns({name: partial(cpu, work, calls) for name, work in contestants.items()}, rounds)


def cpu(work: Work, calls: int = 1) -> float:
    """Return the CPU seconds of this process, all threads, for one call."""
    start = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - start) / calls


def wall(work: Work) -> float:
    """Return the seconds that pass during a call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def milliseconds(seconds: float) -> str:
    """Write seconds as milliseconds."""
    return f"{seconds * 1000:.3g} ms"
