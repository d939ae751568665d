"""Delete any number of records, as many in a request as the API allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from arize_queues_raw.api.annotation_queues import delete_annotation_queue_record
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE
from arize_queues_raw.models import DeleteAnnotationQueueRecordsRequest

from arize_queues._inputs.checks import Checks
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues.errors import InvalidRequestError

from .batches import Batch, BatchPath, BatchSource, InputBuffer, ListBatches, StreamBatches
from .queue_records import QueueRecordsJob


class DeleteJob(QueueRecordsJob[str, None]):
    """Delete records; the input is a list of distinct record IDs, or the caller's iterator of them."""

    operation = "delete_records"
    keep_results = False

    def prepare(self) -> Plan[BatchSource]:
        """Resolve the queue, and open the ledger."""
        queue_id = yield from self.resolver.queue_id()
        if self.is_stream:
            self.begin(None)
            return StreamBatches(self, self.buffer)
        self.open_ledger(queue_id, self.given)
        record_ids = self.unfinished(self.given)
        self.begin(len(record_ids))
        starts = range(0, len(record_ids), MAX_RECORD_IDS_PER_DELETE)
        return ListBatches(self, [record_ids[start : start + MAX_RECORD_IDS_PER_DELETE] for start in starts])

    def batch(self, path: BatchPath, item: list[str]) -> Batch:
        """Return the batch of some records."""
        return Batch(path, item, item, payload=item)

    def batches_of(self, group: int, items: list[Any]) -> tuple[Sequence[Batch], Counter[str]]:
        """Return a batch of the valid IDs of the iterator, and one for each malformed ID, which fails alone."""
        valid: list[str] = []
        refused: list[Batch] = []
        for index, item in enumerate(items, 1):
            checks = Checks()
            if checks.text("record_ids", item):
                valid.append(item)
            else:
                error = InvalidRequestError(checks.problems)
                refused.append(Batch(BatchPath(group, index), [repr(item)], payload=[item], refused=error))
        batches = [self.batch(BatchPath(group), valid)] if valid else []
        return [*refused, *batches], Counter(submitted=len(items))

    def send(self, batch: Batch) -> Plan[None]:
        """Delete the records of a batch."""
        context, body = self.context, DeleteAnnotationQueueRecordsRequest(batch.payload)
        return self.resolver.with_queue_id(
            lambda queue_id: call(context, delete_annotation_queue_record, queue_id, body=body)
        )

    def split(self, batch: Batch) -> list[Batch]:
        """Return the halves of a batch."""
        middle = len(batch.payload) // 2
        halves = [batch.payload[:middle], batch.payload[middle:]] if middle else []
        return [self.batch(batch.path.part(index), half) for index, half in enumerate(halves)]

    def result(self, summary: Any) -> None:
        """Return None."""

    def items_of(self, batch: Batch) -> Iterable[str]:
        """Return the record IDs of a batch."""
        record_ids: list[str] = batch.payload
        return record_ids

    def remaining(self, batches: Iterable[Batch]) -> list[str]:
        """Return the record IDs of batches."""
        return [record_id for batch in batches for record_id in self.items_of(batch)]

    def _make_buffer(self, source: Iterator[Any]) -> InputBuffer[Any]:
        return InputBuffer(source, self.context, self.options.deadline, MAX_RECORD_IDS_PER_DELETE)
