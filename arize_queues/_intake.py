"""The caller's iterator: what it gives is taken in groups, and none of it is lost."""

from __future__ import annotations

import itertools
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
        held: What was taken and is in no group yet.
    """

    items: Iterator[T]
    over: Callable[[], bool]
    held: list[T] = attrs.field(factory=list, init=False)
    _grouped: int = attrs.field(default=0, init=False)

    @property
    def taken(self) -> int:
        """Count what the iterator has given."""
        return self._grouped + len(self.held)

    def groups(self, enough: int, size: Callable[[T], int] = lambda item: 1) -> Iterator[list[T]]:
        """Give groups of a size; where the iterator raises, what it gave comes first."""
        broken: Exception | None = None
        more = True
        while more and broken is None:
            try:
                more = self._fill(enough, size)
            except Exception as error:
                broken = error
            group, self.held = self.held, []
            self._grouped += len(group)
            if group:
                yield group
        if broken is not None:
            raise broken

    def left(self) -> Iterator[T]:
        """Give what is in no group."""
        return itertools.chain(self.held, self.items)

    def _fill(self, enough: int, size: Callable[[T], int]) -> bool:
        """Take items until there are enough, at least one, and say whether there may be more."""
        room = enough
        while room > 0 and not (self.held and self.over()):
            before = len(self.held)
            self.held.extend(itertools.islice(self.items, 1))  # at once: nothing can come between taking and keeping
            if len(self.held) == before:
                return False
            room -= size(self.held[-1])
        return True
