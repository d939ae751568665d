"""Annotate or assign any number of records, with one request for each."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias, TypeVar

from arize_queues_raw.api.annotation_queues import (
    annotate_annotation_queue_record,
    assign_annotation_queue_record,
)
from arize_queues_raw.models import (
    AnnotateAnnotationQueueRecordRequest,
    AnnotateAnnotationQueueRecordResponse,
    AnnotationInput,
    AssignAnnotationQueueRecordRequest,
    AssignAnnotationQueueRecordResponse,
)

from arize_queues._inputs.checks import Checks
from arize_queues._names.resolver import Resolver
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext
from arize_queues._results import BulkResult
from arize_queues.errors import InvalidRequestError

from .batches import Batch, BatchPath, BatchSource, ListBatches, StreamBatches
from .options import BulkOptions, OnConflict
from .preconditions import AnnotationPrecondition, AssignmentPrecondition, Precondition
from .queue_records import QueueRecordsJob
from .rows import AnnotationRows, AssignmentRows, RowReader, label_of

Answer = TypeVar("Answer")
Row: TypeAlias = tuple[str, list[Any]]
Rows: TypeAlias = dict[str, list[Any]] | Iterator[object]


class PerRecordJob(QueueRecordsJob[Row, Answer]):
    """A bulk call with one request for each row.

    Attributes:
        reader: Checks the rows.
        trimmed: Record ID to the reason why some of its values are not sent.
    """

    reader: ClassVar[RowReader]

    def __init__(self, context: ClientContext, resolver: Resolver, given: Rows, options: BulkOptions) -> None:
        super().__init__(context, resolver, given, options)
        self.trimmed: dict[str, str] = {}
        self._precondition: Precondition | None = None
        self._seen: dict[str, int] = {}  # record IDs of a stream, and the indexes of their rows

    @abstractmethod
    def read_precondition(self) -> Plan[Precondition]:
        """Read what the server has, to compare the rows with."""

    @abstractmethod
    def send_row(self, record_id: str, values: list[Any]) -> Plan[Answer]:
        """Send the values of one record."""

    def prepare(self) -> Plan[BatchSource]:
        """Resolve the queue, open the ledger, and judge the rows of a dict by what the server has."""
        queue_id = yield from self.resolver.queue_id()
        if self.is_stream:
            self._precondition = yield from self.read_precondition()
            self.begin(None)
            return StreamBatches(self, self.buffer)
        rows: dict[str, list[Any]] = self.given
        self.open_ledger(queue_id, (self.reader.fingerprint(*row) for row in rows.items()))
        self._precondition = yield from self.read_precondition()
        judged = self._judge({name: rows[name] for name in self.unfinished(rows)})
        self.begin(len(judged))
        return ListBatches(self, list(judged.items()))

    def batch(self, path: BatchPath, item: Row) -> Batch:
        """Return the batch of a row."""
        record_id, _ = item
        return Batch(path, [record_id], [record_id], payload=item)

    def batches_of(self, group: int, items: list[Any]) -> tuple[Sequence[Batch], Counter[str]]:
        """Return the batch of one row of the iterator.

        A second row for a record fails, and does not remain: which of the two counts is for the caller to say.
        """
        (row,), path, counts = items, BatchPath(group), Counter(submitted=1)
        payload = row
        try:
            record_id, values = self.reader.read_one(row)
            if self._seen.setdefault(record_id, group) != group:
                payload = None
                raise self.reader.repeated(record_id)
            judged = self._judge({record_id: values})
        except InvalidRequestError as error:
            return [Batch(path, [label_of(row)], payload=payload, refused=error)], counts
        return [self.batch(path, pair) for pair in judged.items()], counts

    def send(self, batch: Batch) -> Plan[Answer]:
        """Send a row."""
        return self.send_row(*batch.payload)

    def result(self, summary: Any) -> BulkResult[Answer]:
        """Return the answers by record ID."""
        answers = {batch.ids[0]: answer for batch, answer in self.outcomes.completed}
        return BulkResult(answers, summary, self.left_out, self.trimmed)

    def items_of(self, batch: Batch) -> Iterable[Row]:
        """Return the row of a batch, unless it does not remain."""
        return [] if batch.payload is None else [batch.payload]

    def remaining(self, batches: Iterable[Batch]) -> dict[str, list[Any]]:
        """Return the rows of batches by record ID."""
        return dict(row for batch in batches for row in self.items_of(batch))

    def _judge(self, rows: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """Return what to send for each row.

        Raises:
            InvalidRequestError: A value breaks a rule of the queue.
        """
        checks = Checks()
        judged: dict[str, list[Any]] = {}
        for record_id, values in rows.items():
            field = f"{self.reader.field}[{record_id!r}]"
            verdict = self._precondition.judge(checks, field, record_id, values) if self._precondition else None
            if verdict is None:
                judged[record_id] = values
                continue
            if verdict.reason is not None:
                (self.trimmed if verdict.values else self.left_out)[record_id] = verdict.reason
            if verdict.values is not None:
                judged[record_id] = verdict.values
        checks.refuse()
        return judged


class AnnotateJob(PerRecordJob[AnnotateAnnotationQueueRecordResponse]):
    """Annotate records.

    Args:
        context: The state of the client.
        resolver: The names of the call.
        given: Record ID to annotations, or an iterator of such pairs.
        options: Progress, ledger and deadline of the call.
        validate: Check the annotations against the queue's configs.
        on_conflict: What to do with a value that differs from an existing one.
    """

    operation = "annotate_records"
    reader = AnnotationRows()

    def __init__(
        self,
        context: ClientContext,
        resolver: Resolver,
        given: Rows,
        options: BulkOptions,
        *,
        validate: bool,
        on_conflict: OnConflict,
    ) -> None:
        super().__init__(context, resolver, given, options)
        self._validate = validate
        self._on_conflict: OnConflict = on_conflict

    def read_precondition(self) -> Plan[Precondition]:
        """Read the configs of the queue and the annotations of its records, as far as the options need them."""
        return (
            yield from AnnotationPrecondition.read(
                self.context, self.resolver, validate=self._validate, on_conflict=self._on_conflict
            )
        )

    def send_row(self, record_id: str, values: list[Any]) -> Plan[AnnotateAnnotationQueueRecordResponse]:
        """Annotate one record."""
        return annotate(self.context, self.resolver, record_id, values)


class AssignJob(PerRecordJob[AssignAnnotationQueueRecordResponse]):
    """Assign records to users.

    Args:
        context: The state of the client.
        resolver: The names of the call.
        given: Record ID to email addresses, or an iterator of such pairs.
        options: Progress, ledger and deadline of the call.
        keep_completed: Leave out records whose finished work assigning would reset.
    """

    operation = "assign_records"
    reader = AssignmentRows()

    def __init__(
        self, context: ClientContext, resolver: Resolver, given: Rows, options: BulkOptions, *, keep_completed: bool
    ) -> None:
        super().__init__(context, resolver, given, options)
        self._keep_completed = keep_completed

    def read_precondition(self) -> Plan[Precondition]:
        """Read the users of the records, if finished work is to be kept."""
        return (
            yield from AssignmentPrecondition.read(self.context, self.resolver, keep_completed=self._keep_completed)
        )

    def send_row(self, record_id: str, values: list[Any]) -> Plan[AssignAnnotationQueueRecordResponse]:
        """Assign one record."""
        return assign(self.context, self.resolver, record_id, values)


def annotate(
    context: ClientContext, resolver: Resolver, record_id: str, annotations: list[AnnotationInput]
) -> Plan[AnnotateAnnotationQueueRecordResponse]:
    """Annotate one record of the call's queue; the arguments are checked."""
    body = AnnotateAnnotationQueueRecordRequest(annotations)
    return resolver.with_queue_id(
        lambda queue_id: call(context, annotate_annotation_queue_record, queue_id, record_id, body=body)
    )


def assign(
    context: ClientContext, resolver: Resolver, record_id: str, emails: list[str]
) -> Plan[AssignAnnotationQueueRecordResponse]:
    """Assign one record of the call's queue to users; the arguments are checked."""
    body = AssignAnnotationQueueRecordRequest(emails)
    return resolver.with_queue_id(
        lambda queue_id: call(context, assign_annotation_queue_record, queue_id, record_id, body=body)
    )
