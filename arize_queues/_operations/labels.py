"""The calls that label records: annotate and assign, one record or many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from arize_queues_raw.models import AnnotateAnnotationQueueRecordResponse, AssignAnnotationQueueRecordResponse

from arize_queues._bulk.options import BulkOptions, LedgerPath, OnConflict, ProgressOption
from arize_queues._bulk.per_record import AnnotateJob, AssignJob, Rows, annotate, assign
from arize_queues._bulk.preconditions import CONFLICT_OPTIONS
from arize_queues._bulk.rows import RowReader
from arize_queues._inputs.checks import Checks
from arize_queues._inputs.messages import is_iterator
from arize_queues._names.resolver import QueueRef, Resolver
from arize_queues._plans.steps import Plan
from arize_queues._request.context import ClientContext
from arize_queues._results import BulkResult


def annotate_record(
    context: ClientContext, *, annotation_queue: str, space: str | None, record_id: str, annotations: object
) -> Plan[AnnotateAnnotationQueueRecordResponse]:
    checks = Checks()
    checks.record_id("record_id", record_id)
    checked = checks.annotations("annotations", annotations)
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    return (yield from annotate(context, resolver, record_id, checked))


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
    options = BulkOptions.checked(context, checks, progress, ledger, deadline)
    rows = _rows(AnnotateJob.reader, checks, annotations, ledger)
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    job = AnnotateJob(context, resolver, rows, options, validate=validate, on_conflict=on_conflict)
    result: BulkResult[AnnotateAnnotationQueueRecordResponse] = yield from job.run()
    return result


def assign_record(
    context: ClientContext, *, annotation_queue: str, space: str | None, record_id: str, assigned_user_emails: object
) -> Plan[AssignAnnotationQueueRecordResponse]:
    checks = Checks()
    checks.record_id("record_id", record_id)
    emails = checks.assigned_users("assigned_user_emails", assigned_user_emails)
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    return (yield from assign(context, resolver, record_id, emails))


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
    options = BulkOptions.checked(context, checks, progress, ledger, deadline)
    rows = _rows(AssignJob.reader, checks, assignments, ledger)
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    job = AssignJob(context, resolver, rows, options, keep_completed=keep_completed)
    result: BulkResult[AssignAnnotationQueueRecordResponse] = yield from job.run()
    return result


def _rows(reader: RowReader, checks: Checks, given: object, ledger: LedgerPath) -> Rows:
    """Check all rows; leave an iterator to be read while sending, unless a ledger needs to know the whole input."""
    if is_iterator(given) and ledger is None:
        return given
    return reader.read_all(checks, given)
