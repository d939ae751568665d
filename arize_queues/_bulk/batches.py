"""The batches of a bulk call, made as they are asked for.

Ctrl-C may come between any two instructions. A generator that it comes in is at its end, and what it has not given is
lost; these go on where they were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from .input_buffer import Intake
from .outcomes import Batch

R = TypeVar("R")
T = TypeVar("T")


class Supply(Iterator[Batch[R]]):
    """Batches, in input order.

    Attributes:
        last: The one that was given last.
    """

    def __init__(self) -> None:
        self.last: Batch[R] | None = None
        self._made: Sequence[Batch[R]] = ()
        self._at = 0

    def __next__(self) -> Batch[R]:
        """Give the next one."""
        if not self.more():
            raise StopIteration
        batch = self._made[self._at]
        self.last, self._at = batch, self._at + 1
        return batch

    def more(self) -> bool:
        """Say whether there is another one; the caller's iterator may be asked, and may raise."""
        while self._at >= len(self._made):
            if not self._make_more():
                return False
        return True

    def _make_more(self) -> bool:
        raise NotImplementedError


class Listed(Supply[R], Generic[R, T]):
    """One batch for each item of a list.

    Args:
        items: The items.
        make: Makes the batch of an item, which is told its place.
    """

    def __init__(self, items: Sequence[T], make: Callable[[int, T], Batch[R]]) -> None:
        super().__init__()
        self._items = items
        self._make = make
        self._next = 0

    def _make_more(self) -> bool:
        if self._next >= len(self._items):
            return False
        made = [self._make(self._next, self._items[self._next])]
        self._made, self._at, self._next = made, 0, self._next + 1
        return True


class Read(Supply[R], Generic[R, T]):
    """Batches of what the caller's iterator gives, group by group.

    Args:
        intake: The reading of it.
        make: Makes the batches of a group, which is told its place, and counts what is in it.
    """

    def __init__(
        self, intake: Intake[T], make: Callable[[int, list[T]], tuple[Sequence[Batch[R]], Counter[str]]]
    ) -> None:
        super().__init__()
        self._intake = intake
        self._make = make
        self._group = 0
        self._has_more = True
        self._broken: Exception | None = None

    def _make_more(self) -> bool:
        intake = self._intake
        if self._has_more and self._broken is None:
            try:
                self._has_more = intake.fill()
            except Exception as broken:  # what it gave before comes first
                self._broken = broken
        if not intake.held:
            return self._end()
        made, counts = self._make(self._group, intake.held)
        group, counts = self._group + 1, intake.counts + counts
        # At once, without a call: nothing can come in between, so each item is in a batch or held, and never both.
        self._made, self._at, self._group, intake.held, intake.counts = made, 0, group, [], counts
        return True

    def _end(self) -> bool:
        if self._broken is not None:
            broken, self._broken, self._has_more = self._broken, None, False
            raise broken
        return False
