"""The calls on the records of a queue: list, plan, add, delete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from arize_queues_raw.api.annotation_queues import list_annotation_queue_records
from arize_queues_raw.limits import MAX_RECORDS_PAGE_SIZE
from arize_queues_raw.models import ListAnnotationQueueRecordsResponse
from arize_queues_raw.unset import UNSET

from arize_queues._bulk.add import AddJob, AddStreamJob
from arize_queues._bulk.delete import DeleteJob
from arize_queues._bulk.options import BulkOptions, LedgerPath, ProgressOption
from arize_queues._inputs.checks import Checks
from arize_queues._inputs.messages import is_iterator
from arize_queues._names.resolver import QueueRef, Resolver
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext
from arize_queues._request.pagination import stream
from arize_queues._results import AddRecordsResult
from arize_queues._sources.packing import RecordPlan, dedupe
from arize_queues._sources.resolution import pack_resolved, read_sources


def list_records(
    context: ClientContext, *, annotation_queue: str, space: str | None, limit: int, cursor: str | None
) -> Plan[ListAnnotationQueueRecordsResponse]:
    checks = Checks()
    checks.page_size("limit", limit, MAX_RECORDS_PAGE_SIZE)
    checks.cursor(cursor)
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    return (yield from _page(context, resolver, limit, cursor))


def iter_records(context: ClientContext, *, annotation_queue: str, space: str | None, page_size: int) -> Plan[None]:
    checks = Checks()
    checks.page_size("page_size", page_size, MAX_RECORDS_PAGE_SIZE)
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    yield from resolver.queue_id()
    yield from stream(lambda cursor: _page(context, resolver, page_size, cursor))


def _page(
    context: ClientContext, resolver: Resolver, limit: int, cursor: str | None
) -> Plan[ListAnnotationQueueRecordsResponse]:
    after = UNSET if cursor is None else cursor
    return resolver.with_queue_id(
        lambda queue_id: call(context, list_annotation_queue_records, queue_id, limit=limit, cursor=after)
    )


def plan_records(
    context: ClientContext, *, annotation_queue: str, space: str | None, record_sources: Iterable[object]
) -> Plan[RecordPlan]:
    checks = Checks()
    sources = read_sources(context, checks, record_sources)
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    yield from resolver.queue_id()
    return (yield from pack_resolved(resolver, sources))


def add_records(
    context: ClientContext,
    *,
    annotation_queue: str,
    space: str | None,
    record_sources: Iterable[object],
    progress: ProgressOption,
    ledger: LedgerPath,
    deadline: float | None,
) -> Plan[AddRecordsResult]:
    checks = Checks()
    options = BulkOptions.checked(context, checks, progress, ledger, deadline)
    is_stream = _is_stream(record_sources, ledger)
    sources = [] if is_stream else read_sources(context, checks, record_sources)
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    if is_stream:
        job: AddJob = AddStreamJob(context, resolver, cast("Iterator[object]", record_sources), options)
    else:
        job = AddJob(context, resolver, sources, options)
    result: AddRecordsResult = yield from job.run()
    return result


def delete_records(
    context: ClientContext,
    *,
    annotation_queue: str,
    space: str | None,
    record_ids: Iterable[str],
    progress: ProgressOption,
    ledger: LedgerPath,
    deadline: float | None,
) -> Plan[None]:
    checks = Checks()
    options = BulkOptions.checked(context, checks, progress, ledger, deadline)
    is_stream = _is_stream(record_ids, ledger)
    given = [] if is_stream else checks.texts("record_ids", record_ids, least=1)
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    if is_stream:
        job = DeleteJob(context, resolver, record_ids, options)
    else:
        distinct, duplicates = dedupe(given)
        job = DeleteJob(context, resolver, distinct, options, duplicates=duplicates)
    yield from job.run()


def _is_stream(given: object, ledger: LedgerPath) -> bool:
    """Return True to read an iterator while sending; a ledger needs to know the whole input first."""
    return is_iterator(given) and ledger is None
