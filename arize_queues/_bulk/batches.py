"""The batches of a bulk call: data, made as the scheduler asks for them.

Ctrl-C may come between any two instructions. It would end a generator for good, and lose what the generator holds; so
batch sources and the input buffer are iterators that keep their state in attributes, and change it by one assignment.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import attrs

from arize_queues.errors import ArizeQueuesError

if TYPE_CHECKING:
    from arize_queues._request.context import ClientContext

    from .job import BulkJob

T = TypeVar("T")


class BatchPath(NamedTuple):
    """Position of a batch in the input; paths sort in input order.

    Attributes:
        group: Index of the group of items that the batch was made of; a list is one group.
        position: Index of the batch in its group.
        parts: Of a part of a split batch: its index at each split.
    """

    group: int
    position: int = 0
    parts: tuple[int, ...] = ()

    def part(self, index: int) -> BatchPath:
        """Return the path of a part."""
        return self._replace(parts=(*self.parts, index))


@attrs.frozen(eq=False)
class Batch:
    """The content of one request.

    Attributes:
        path: Its position in the input.
        ids: Its records, as failures name them.
        keys: The same records, as the ledger names them.
        payload: Its items in the form that the job sends; None if they do not count as remaining.
        refused: Why it must not be sent, if an item of the caller's iterator is malformed.
    """

    path: BatchPath
    ids: Sequence[str]
    keys: Sequence[str] = ()
    payload: Any = None
    refused: ArizeQueuesError | None = None


class BatchSource(ABC, Iterator[Batch]):
    """The batches of a job, in input order.

    Attributes:
        last: The batch that was returned last.
    """

    def __init__(self) -> None:
        self.last: Batch | None = None
        self._made: Sequence[Batch] = ()
        self._at = 0

    def __next__(self) -> Batch:
        """Return the next batch."""
        if not self.has_next():
            raise StopIteration
        batch = self._made[self._at]
        self.last, self._at = batch, self._at + 1
        return batch

    def has_next(self) -> bool:
        """Return True if there is another batch; this may read the caller's iterator, which may raise."""
        while self._at >= len(self._made):
            if not self._make_more():
                return False
        return True

    @abstractmethod
    def _make_more(self) -> bool:
        """Make more batches; return False at the end."""


class ListBatches(BatchSource):
    """One batch for each item of a list.

    Args:
        job: The job; it makes the batches.
        items: The items.
    """

    def __init__(self, job: BulkJob[Any, Any], items: Sequence[Any]) -> None:
        super().__init__()
        self._job = job
        self._items = items
        self._next = 0

    def _make_more(self) -> bool:
        if self._next >= len(self._items):
            return False
        made = [self._job.batch(BatchPath(0, self._next), self._items[self._next])]
        self._made, self._at, self._next = made, 0, self._next + 1
        return True


class StreamBatches(BatchSource):
    """The batches of the caller's iterator, group by group.

    Args:
        job: The job; it makes the batches of a group.
        buffer: The buffer of the iterator.
    """

    def __init__(self, job: BulkJob[Any, Any], buffer: InputBuffer[Any]) -> None:
        super().__init__()
        self._job = job
        self._buffer = buffer
        self._group = 0
        self._has_more = True
        self._input_error: Exception | None = None

    def _make_more(self) -> bool:
        buffer = self._buffer
        if self._has_more and self._input_error is None:
            try:
                self._has_more = buffer.fill()
            except Exception as error:  # raised after the batches of earlier items
                self._input_error = error
        if not buffer.items:
            return self._end()
        made, counts = self._job.batches_of(self._group, buffer.items)
        group, counts = self._group + 1, buffer.counts + counts
        # One statement without a call: Ctrl-C cannot come in between, so each item is in a batch or in the buffer.
        self._made, self._at, self._group, buffer.items, buffer.counts = made, 0, group, [], counts
        return True

    def _end(self) -> bool:
        if self._input_error is not None:
            error, self._input_error, self._has_more = self._input_error, None, False
            raise error
        return False


class InputBuffer(Generic[T]):
    """Buffer a caller's iterator; keep items that are not in a batch yet.

    Ctrl-C mostly comes while the iterator is waited for. The items read until then are in `items`.

    Args:
        source: The iterator.
        context: The state of the client; its clock tells when the deadline has come.
        deadline: Time after which `fill` reads no more than one item, or None.
        target: Size that a group of items may reach.

    Attributes:
        items: Items that were read and are in no batch yet.
        counts: The counts "submitted", "duplicates", "datasets" and "sources" of the items in batches.
    """

    def __init__(self, source: Iterator[T], context: ClientContext, deadline: float | None, target: int = 1) -> None:
        self._source = source
        self._context = context
        self._deadline = deadline
        self._target = target
        self.items: list[T] = []
        self.counts: Counter[str] = Counter()

    @property
    def submitted(self) -> int:
        """Number of records read so far; an item in no batch counts as one."""
        return self.counts["submitted"] + len(self.items)

    def size(self, item: T) -> int:
        """Return the number of records that an item stands for."""
        del item
        return 1

    def fill(self) -> bool:
        """Read items up to the target, at least one; return False at the end of the iterator."""
        room = self._target - sum(map(self.size, self.items))
        while not self.items or (room > 0 and not self._context.is_past(self._deadline)):
            before = len(self.items)
            self.items.extend(itertools.islice(self._source, 1))  # one call: an item that was read is always kept
            if len(self.items) == before:
                return False
            room -= self.size(self.items[-1])
        return True

    def remaining(self) -> Iterator[T]:
        """Return the items in no batch, then the rest of the iterator."""
        return itertools.chain(self.items, self._source)
