"""Base class of the bulk calls on records that are in the queue: delete, annotate, assign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar

from arize_queues._names.resolver import Resolver
from arize_queues._request.context import ClientContext
from arize_queues._results import BulkSummary

from .batches import Batch
from .job import BulkJob
from .ledger import fingerprint
from .options import BulkOptions

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class QueueRecordsJob(BulkJob[Item, Answer]):
    """A bulk call on records that are in the queue.

    Args:
        context: The state of the client.
        resolver: The names of the call.
        given: The input.
        options: Progress, ledger and deadline of the call.
        duplicates: Number of records of a list that repeat an earlier one, and were dropped.

    Attributes:
        left_out: Record ID to the reason why nothing is sent for it.
    """

    def __init__(
        self, context: ClientContext, resolver: Resolver, given: Any, options: BulkOptions, *, duplicates: int = 0
    ) -> None:
        super().__init__(context, resolver, given, options)
        self.left_out: dict[str, str] = {}
        self._duplicates = duplicates

    def open_ledger(self, queue_id: str, rows: Iterable[str]) -> None:
        """Open the ledger of this operation, queue and input; the order of the input does not matter."""
        if self.ledger is not None:
            self.ledger.open({"operation": self.operation, "queue": queue_id, "input": fingerprint(sorted(rows))})

    def begin(self, total: int | None) -> None:
        """Create the ledger and the display, once nothing can refuse the call any more."""
        if self.ledger is not None:
            self.ledger.begin()
        self.progress.start(total)

    def unfinished(self, record_ids: Iterable[str]) -> list[str]:
        """Return the records that the ledger does not have."""
        return [name for name in record_ids if self.ledger is None or not self.ledger.has(name)]

    def count(self, batch: Batch, answer: Answer) -> Counter[str]:
        """Count the records of a batch as done."""
        del answer
        return Counter(done=len(batch.ids))

    def summary(self, failed: int) -> BulkSummary:
        """Return the counts of the job so far."""
        counts = self.counts
        listed = 0 if self.is_stream else len(self.given) + self._duplicates
        submitted, done, left_out = listed + self.buffer.submitted, counts["done"], len(self.left_out)
        return BulkSummary(
            submitted=submitted,
            duplicates=self._duplicates,
            done=done,
            left_out=left_out,
            failed=failed,
            not_sent=submitted - self._duplicates - done - left_out - failed,
            requests_sent=counts["requests_sent"],
        )
