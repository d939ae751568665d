"""Adding records: any amount of sources, in as few requests as they fit in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import cast

from ._account import Batch
from ._adding import Added, Adding
from ._batching import RecordPlan, plan
from ._checks import Checks
from ._operations import check_call, find_queue
from ._owned_sources import plan_sources, read_sources
from ._plan import Plan
from ._progress import ProgressOption
from ._resolve import home_space_id, queue_ref
from ._results import AddRecordsResult
from ._session import Session


def plan_records(
    session: Session, *, annotation_queue: str, space: str | None, record_sources: Iterable[object]
) -> Plan[RecordPlan]:
    checks, session = Checks(), session.for_call()
    sources = read_sources(session, checks, record_sources)
    queue = yield from find_queue(session, checks, annotation_queue, space)
    return (yield from plan_sources(session, sources, lambda: home_space_id(session, queue)))


def add_records(
    session: Session,
    *,
    annotation_queue: str,
    space: str | None,
    record_sources: Iterable[object],
    progress: ProgressOption,
    ledger: str | os.PathLike[str] | None,
    deadline: float | None,
) -> Plan[AddRecordsResult]:
    checks, session = Checks(), session.for_call()
    adding = Adding(session, checks.deadline(session, deadline), progress)
    lazily = isinstance(record_sources, Iterator) and ledger is None
    sources = [] if lazily else read_sources(session, checks, record_sources)
    check_call(checks, annotation_queue, space)
    adding.take_on(plan(sources))  # for the account, should it end before the ids of the projects are known

    def prepared() -> Plan[Iterator[Batch[Added]]]:
        queue = adding.queue = yield from queue_ref(session, annotation_queue, space)
        if lazily:
            return adding.as_read()
        planned = yield from plan_sources(session, sources, lambda: home_space_id(session, queue))
        return adding.as_planned(planned, ledger)

    given = cast("Iterator[object]", record_sources) if lazily else sources
    return (yield from adding.carry_out(given, prepared()))
