"""Adding records: any amount of sources, in as few requests as they fit in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from arize_queues._bulk.add import Added, Adding, counts_of
from arize_queues._bulk.batches import Supply
from arize_queues._bulk.ledger import LedgerPath
from arize_queues._bulk.progress import ProgressOption
from arize_queues._inputs.checks import Checks
from arize_queues._inputs.messages import is_iterator
from arize_queues._names.resolver import home_space_id, queue_ref
from arize_queues._plans.steps import Plan
from arize_queues._request.context import ClientContext
from arize_queues._results import AddRecordsResult
from arize_queues._sources.packing import RecordPlan, plan
from arize_queues._sources.resolution import plan_sources, read_sources

from .queues import check_call, find_queue


def plan_records(
    context: ClientContext, *, annotation_queue: str, space: str | None, record_sources: Iterable[object]
) -> Plan[RecordPlan]:
    checks, context = Checks(), context.for_call()
    sources = read_sources(context, checks, record_sources)
    queue = yield from find_queue(context, checks, annotation_queue, space)
    return (yield from plan_sources(context, sources, lambda: home_space_id(context, queue)))


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
    checks, context = Checks(), context.for_call()
    adding = Adding(context, checks.deadline(context, deadline), progress)
    lazily = is_iterator(record_sources) and ledger is None
    sources = [] if lazily else read_sources(context, checks, record_sources)
    check_call(checks, annotation_queue, space)
    adding.planned = counts_of(plan(sources))  # for the account, should it end before the ids of the projects are known

    def prepared() -> Plan[Supply[Added]]:
        queue = adding.queue = yield from queue_ref(context, annotation_queue, space)
        if lazily:
            return adding.as_read()
        planned = yield from plan_sources(context, sources, lambda: home_space_id(context, queue))
        return adding.as_planned(planned, ledger)

    given = cast("Iterator[object]", record_sources) if lazily else sources
    return (yield from adding.carry_out(given, prepared()))
