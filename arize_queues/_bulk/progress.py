"""Telling how far a bulk call is: a bar, a line now and then, or a callable."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from arize_queues._clock import Clock

ProgressOption: TypeAlias = bool | Callable[[int, int | None], object] | None

_SECONDS_BETWEEN_LINES = 5.0


@attrs.define
class Progress:
    """Counts the records that are through.

    Attributes:
        report: Told `(done, total)` after each batch.
        total: How many records there are; None where the input does not say.
        close: Ends the display.
        done: Records that are through so far, failed ones included.
    """

    report: Callable[[int, int | None], object] = lambda done, total: None
    total: int | None = None
    close: Callable[[], object] = lambda: None
    done: int = 0

    def advance(self, records: int) -> None:
        """Take down that some more are through."""
        self.done += records
        self.report(self.done, self.total)


def show(option: ProgressOption, total: int | None, what: str, clock: Clock) -> Progress:
    """Make the display that the user asked for.

    Args:
        option: A callable `(done, total)`; True for a bar, where standard error is a terminal; else nothing.
        total: How many records there are, if known.
        what: The operation, to label the bar with.
        clock: Tells when the next line is due.
    """
    if callable(option):
        return Progress(option, total)
    if option and sys.stderr and sys.stderr.isatty():  # there is none under pythonw
        return _bar(total, what) or _lines(total, what, clock)
    return Progress(total=total)


def _bar(total: int | None, what: str) -> Progress | None:
    try:
        import tqdm  # noqa: PLC0415  # an extra
    except ImportError:
        return None
    bar: Any = tqdm.tqdm(total=total, desc=what, unit=" records", file=sys.stderr)
    return Progress(lambda done, total: bar.update(done - bar.n), total, bar.close)


def _lines(total: int | None, what: str, clock: Clock) -> Progress:
    last_line = clock.now()

    def report(done: int, total: int | None) -> None:
        nonlocal last_line
        if clock.now() - last_line >= _SECONDS_BETWEEN_LINES or done == total:
            last_line = clock.now()
            of = f" of {total:,}" if total is not None else ""
            print(f"{what}: {done:,}{of} records", file=sys.stderr)  # asked for

    return Progress(report, total)
