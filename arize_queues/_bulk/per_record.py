"""Annotating and assigning any number of records, with one request for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import attrs
from arize_queues_raw.models import (
    AnnotateAnnotationQueueRecordResponse,
    AssignAnnotationQueueRecordResponse,
)

from arize_queues._inputs.checks import Checks
from arize_queues._inputs.messages import is_iterator
from arize_queues._names.resolver import QueueRef, queue_ref
from arize_queues._operations.queues import annotate, assign, check_call
from arize_queues._plans.steps import Plan
from arize_queues._request.context import ClientContext
from arize_queues._results import BulkResult
from arize_queues.errors import InvalidRequestError

from .batches import Listed, Read, Supply
from .ledger import LedgerPath
from .many import Many, Options
from .outcomes import Batch
from .preconditions import CONFLICT_OPTIONS, OnConflict, annotation_guard, assignment_guard
from .progress import ProgressOption
from .rows import Guard, Rows, name_of

R = TypeVar("R")

ANNOTATIONS = Rows("annotations", Checks.annotations, lambda values: [item.to_dict() for item in values])
ASSIGNMENTS = Rows("assignments", Checks.assigned_users, list)


def annotate_records(
    context: ClientContext,
    *,
    annotation_queue: str,
    space: str | None,
    annotations: Mapping[str, Any] | Iterable[tuple[str, Any]],
    validate: bool,
    on_conflict: OnConflict,
    progress: ProgressOption,
    ledger: LedgerPath,
    deadline: float | None,
) -> Plan[BulkResult[AnnotateAnnotationQueueRecordResponse]]:
    checks = Checks()
    if on_conflict not in CONFLICT_OPTIONS:
        checks.report("on_conflict", on_conflict, f"is none of {', '.join(CONFLICT_OPTIONS)}")
    each = OneEach[AnnotateAnnotationQueueRecordResponse](
        context,
        "annotate_records",
        ANNOTATIONS,
        lambda queue, many: annotation_guard(
            context, queue, many.left_out, many.trimmed, validate=validate, on_conflict=on_conflict
        ),
        lambda queue, record_id, values: annotate(context, queue, record_id, values),
    )
    options = Options(progress, ledger, checks.deadline(context, deadline))
    return (yield from each.carry_out(checks, annotation_queue, space, annotations, options))


def assign_records(
    context: ClientContext,
    *,
    annotation_queue: str,
    space: str | None,
    assignments: Mapping[str, Iterable[str]] | Iterable[tuple[str, Iterable[str]]],
    keep_completed: bool,
    progress: ProgressOption,
    ledger: LedgerPath,
    deadline: float | None,
) -> Plan[BulkResult[AssignAnnotationQueueRecordResponse]]:
    checks = Checks()
    each = OneEach[AssignAnnotationQueueRecordResponse](
        context,
        "assign_records",
        ASSIGNMENTS,
        lambda queue, many: assignment_guard(context, queue, many.left_out, keep_completed=keep_completed),
        lambda queue, record_id, values: assign(context, queue, record_id, values),
    )
    options = Options(progress, ledger, checks.deadline(context, deadline))
    return (yield from each.carry_out(checks, annotation_queue, space, assignments, options))


@attrs.frozen
class OneEach(Generic[R]):
    """A call that sends a request for each record.

    Attributes:
        session: The client's state.
        operation: The name of the call.
        rows: How its input is read.
        guard: Reads what is there, and makes what judges each row by it.
        send: Sends one row.
    """

    context: ClientContext
    operation: str
    rows: Rows
    guard: Callable[[QueueRef, Many[R]], Plan[Guard]]
    send: Callable[[QueueRef, str, list[Any]], Plan[R]]

    def carry_out(
        self, checks: Checks, annotation_queue: str, space: str | None, given: object, options: Options
    ) -> Plan[BulkResult[R]]:
        """Read the input, and send what is to be sent."""
        many = self._read(checks, given, options)
        check_call(checks, annotation_queue, space)
        return (yield from many.one_each(self._prepared(many, annotation_queue, space)))

    def _read(self, checks: Checks, given: object, options: Options) -> Many[R]:
        """Read the input; an iterator is read as there is room, unless a ledger must know it all."""
        if is_iterator(given) and options.ledger is None:
            return Many[R](self.context, self.operation, given, options)
        rows = self.rows.all_of(checks, given)
        many = Many[R](self.context, self.operation, rows, options)
        many.taken.update(submitted=len(rows))
        return many

    def _prepared(self, many: Many[R], annotation_queue: str, space: str | None) -> Plan[Supply[R]]:
        queue = yield from queue_ref(self.context, annotation_queue, space)
        if not isinstance(many.given, dict):
            guard, seen = (yield from self.guard(queue, many)), dict[str, int]()
            many.begin(None)
            return Read(many.intake, lambda index, pairs: self._batches(queue, guard, seen, index, pairs))
        rows = many.given
        many.open_ledger(queue, (self.rows.fingerprint_of(*row) for row in rows.items()))
        guard = yield from self.guard(queue, many)
        left = self.rows.judged({name: rows[name] for name in many.undone(rows)}, guard)
        many.begin(len(left))
        return Listed(list(left.items()), lambda index, row: self._batch(queue, index, *row))

    def _batches(
        self, queue: QueueRef, guard: Guard, seen: dict[str, int], index: int, pairs: list[Any]
    ) -> tuple[list[Batch[R]], Counter[str]]:
        """Make the batch of a row that an iterator gave; a bad one fails alone.

        A second row for a record is not left either: nobody can say which of the two counts.
        """
        (pair,), counts = pairs, Counter(submitted=1)
        left = pair
        try:
            record_id, values = self.rows.one_of(pair)
            if seen.setdefault(record_id, index) != index:
                left = None
                raise self.rows.twice(record_id)
            judged = self.rows.judged({record_id: values}, guard)
        except InvalidRequestError as error:
            return [Batch((index,), [name_of(pair)], [], payload=left, refused=error)], counts
        return [self._batch(queue, index, *row) for row in judged.items()], counts

    def _batch(self, queue: QueueRef, index: int, record_id: str, values: list[Any]) -> Batch[R]:
        def send() -> Plan[R]:
            return self.send(queue, record_id, values)

        return Batch((index,), [record_id], [record_id], send, payload=(record_id, values))
