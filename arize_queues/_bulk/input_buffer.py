"""The caller's iterator: what it gives is taken as there is room, and none of it is lost."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import attrs

T = TypeVar("T")


@attrs.define(eq=False)
class Intake(Generic[T]):
    """An iterator that is read as there is room.

    Ctrl-C is most likely to come while it is waited for. What it has given by then is in `held`.

    Attributes:
        items: The iterator.
        over: Says whether to take no more than one at a time, since the deadline has come.
        enough: How large a group of items may get, by the sizes of what is in it.
        size: Gives the size of an item.
        held: What was taken and is in no batch yet.
        counts: The counts "submitted", "duplicates" and "datasets" of what is in batches.
    """

    items: Iterator[T]
    over: Callable[[], bool]
    enough: int = 1
    size: Callable[[T], int] = lambda item: 1
    held: list[T] = attrs.field(factory=list, init=False)
    counts: Counter[str] = attrs.field(factory=Counter, init=False)

    @property
    def taken(self) -> int:
        """Count what was submitted; what nobody has looked into yet counts as one each."""
        return self.counts["submitted"] + len(self.held)

    def fill(self) -> bool:
        """Take items until there are enough, at least one, and say whether there may be more."""
        room = self.enough - sum(map(self.size, self.held))
        while not self.held or (room > 0 and not self.over()):
            before = len(self.held)
            self.held.extend(itertools.islice(self.items, 1))  # at once: nothing can come between taking and keeping
            if len(self.held) == before:
                return False
            room -= self.size(self.held[-1])
        return True

    def left(self) -> Iterator[T]:
        """Give what is in no batch."""
        return itertools.chain(self.held, self.items)
