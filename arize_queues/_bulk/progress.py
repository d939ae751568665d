"""Show the progress of a bulk call: a bar, a line now and then, or a callback."""

from __future__ import annotations

import sys
from typing import Any, Protocol

from arize_queues._clock import Clock

from .options import ProgressOption

_SECONDS_BETWEEN_LINES = 5.0


class Progress:
    """Counts finished records, and shows the count.

    Args:
        option: A callable `(done, total)`, or True for a display if standard error is a terminal.
        operation: Label of the display.
        clock: The client's clock; it paces the lines.

    Attributes:
        done: Number of finished records, failed ones included.
    """

    def __init__(self, option: ProgressOption, operation: str, clock: Clock) -> None:
        self._option = option
        self._operation = operation
        self._clock = clock
        self._display: _Display | None = None
        self.done = 0
        self.total: int | None = None

    def start(self, total: int | None) -> None:
        """Open the display; `total` is None if the length of the input is unknown."""
        self.total = total
        if not callable(self._option) and self._option and sys.stderr and sys.stderr.isatty():  # pythonw has no stderr
            self._display = _bar(self._operation, total) or _Lines(self._operation, self._clock)

    def advance(self, records: int) -> None:
        """Count finished records."""
        self.done += records
        if callable(self._option):
            self._option(self.done, self.total)
        elif self._display is not None:
            self._display.update(self.done, self.total)

    def close(self) -> None:
        """Close the display."""
        if self._display is not None:
            self._display.close()


class _Display(Protocol):
    def update(self, done: int, total: int | None) -> None:
        """Show the count."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class _Bar:
    """A tqdm bar."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def update(self, done: int, total: int | None) -> None:
        del total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class _Lines:
    """A line every few seconds, and one at the end."""

    def __init__(self, operation: str, clock: Clock) -> None:
        self._operation = operation
        self._clock = clock
        self._last = clock.now()

    def update(self, done: int, total: int | None) -> None:
        if self._clock.now() - self._last >= _SECONDS_BETWEEN_LINES or done == total:
            self._last = self._clock.now()
            of = f" of {total:,}" if total is not None else ""
            print(f"{self._operation}: {done:,}{of} records", file=sys.stderr)

    def close(self) -> None:
        pass


def _bar(operation: str, total: int | None) -> _Bar | None:
    """Return a bar if tqdm is installed."""
    try:
        import tqdm  # noqa: PLC0415  # an extra
    except ImportError:
        return None
    return _Bar(tqdm.tqdm(total=total, desc=operation, unit=" records", file=sys.stderr))
