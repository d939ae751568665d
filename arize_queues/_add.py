"""Adding records: any amount of sources, in as few requests as they fit in."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator

import attrs
from arize_queues_raw.api.annotation_queues import create_annotation_queue_record
from arize_queues_raw.limits import MAX_RECORDS_PER_REQUEST
from arize_queues_raw.models import AddAnnotationQueueRecordsRequest, CreateAnnotationQueueRecordResponse

from ._account import Account, Batch
from ._batching import PlannedSource, RecordPlan, plan
from ._bulk import BulkCall
from ._call import call
from ._checks import Checks
from ._errors import InvalidRequestError
from ._ledger import Ledger, fingerprint
from ._names import Id
from ._operations import find_queue, only_new_sources
from ._plan import Plan
from ._progress import ProgressOption, show
from ._resolve import DATASET, PROJECT, QueueRef, SpaceId, home_space_id, id_of, renewing
from ._results import AddRecordsResult, AddSummary, BulkSummary
from ._session import Session
from ._source_forms import normalise
from ._sources import RecordSource, to_wire

Added = CreateAnnotationQueueRecordResponse

_REQUESTS_PLANNED_TOGETHER = 16


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
    until = checks.deadline(session, deadline)
    if isinstance(record_sources, Iterator) and ledger is None:
        queue = yield from find_queue(session, checks, annotation_queue, space)
        return (yield from Adding(session, queue).stream(record_sources, progress, until))
    sources = read_sources(session, checks, record_sources)
    queue = yield from find_queue(session, checks, annotation_queue, space)
    planned = yield from plan_sources(session, sources, lambda: home_space_id(session, queue))
    if ledger is None:
        return (yield from Adding(session, queue).carry_out(planned, progress, until))
    with Ledger(ledger, _job(queue, planned)) as book:
        return (yield from Adding(session, queue, book).carry_out(planned, progress, until))


def read_sources(session: Session, checks: Checks, record_sources: object) -> list[RecordSource]:
    """Read record sources in any form; what is wrong goes on the list of the call."""
    try:
        sources = normalise(record_sources)
    except InvalidRequestError as error:
        checks.problems.extend(error.problems)
        return []
    checks.problems.extend(only_new_sources(session, [source.kind for source in sources]))
    return sources


def plan_sources(session: Session, sources: list[RecordSource], space_id: SpaceId) -> Plan[RecordPlan]:
    """Find the ids of projects and datasets, and plan the requests."""
    labels = [str(source.owner) for source in sources]
    owned = yield from renewing(session, lambda: with_ids(session, sources, space_id))
    return plan(owned, labels=labels)


def with_ids(session: Session, sources: list[RecordSource], space_id: SpaceId) -> Plan[list[RecordSource]]:
    """Put the ids of projects and datasets in place of their names."""
    found: list[RecordSource] = []
    for source in sources:
        resource = DATASET if source.kind == "example" else PROJECT
        owner = yield from id_of(session, resource, source.owner, space_id)
        found.append(source.with_owner(Id(session.current(owner))))
    return found


@attrs.define(eq=False)
class Adding:
    """An add under way.

    Attributes:
        session: The client's state.
        queue: Where the records go.
        ledger: Where it is written down, if anywhere.
        planned: What has been planned so far: the counts "submitted", "duplicates" and "datasets" (whole ones).
    """

    session: Session
    queue: QueueRef
    ledger: Ledger | None = None
    planned: Counter[str] = attrs.field(factory=Counter, init=False)

    def carry_out(
        self, planned: RecordPlan, progress: ProgressOption, deadline: float | None
    ) -> Plan[AddRecordsResult]:
        """Send the requests of a plan."""
        self._take_on(planned)
        ledger = self.ledger
        requests = planned if ledger is None else _left(planned, ledger)
        total = requests.records + requests.whole_datasets
        return (yield from self._send(self._batches(requests, 0), total, progress, deadline))

    def stream(
        self, record_sources: Iterator[object], progress: ProgressOption, deadline: float | None
    ) -> Plan[AddRecordsResult]:
        """Send sources as they come; only as many are held as go out together."""
        return (yield from self._send(self._batches_of(record_sources), None, progress, deadline))

    def _send(
        self,
        batches: Iterator[Batch[Added]],
        total: int | None,
        progress: ProgressOption,
        deadline: float | None,
    ) -> Plan[AddRecordsResult]:
        account = Account[Added](show(progress, total, "add_records", self.session.clock), _count, self.ledger)
        bulk = BulkCall(
            self.session,
            batches,
            account,
            deadline,
            completed=_completed,
            remaining=lambda unsent: _remaining(unsent, lazily=total is None),
            summary=lambda failed: self._summary(account.counts, failed),
        )
        result: AddRecordsResult = yield from bulk.carry_out(scout=True)
        return result

    def _take_on(self, planned: RecordPlan) -> None:
        self.planned.update(submitted=planned.submitted, duplicates=planned.duplicates, datasets=planned.whole_datasets)

    def _batches(self, planned: RecordPlan, group: int) -> Iterator[Batch[Added]]:
        for index, request in enumerate(planned.requests):
            yield self.batch((group, index), request.sources)

    def _batches_of(self, record_sources: Iterator[object]) -> Iterator[Batch[Added]]:
        for group, sources in enumerate(_groups(record_sources)):
            planned = plan(sources)
            self._take_on(planned)
            yield from self._batches(planned, group)

    def batch(self, position: tuple[int, ...], parts: tuple[PlannedSource, ...]) -> Batch[Added]:
        """Make a batch of some parts of sources."""
        return Batch(
            position,
            ids=[name for part in parts for name in part.ids or (f"all of {part.label}",)],
            keys=[key for part in parts for key in _keys(part)],
            send=lambda: self._add(parts),
            halves=lambda: [self.batch((*position, index), half) for index, half in enumerate(_halves(parts))],
            payload=parts,
        )

    def _add(self, parts: tuple[PlannedSource, ...]) -> Plan[Added]:
        sources = [part.source.with_ids(part.ids) if part.ids else part.source for part in parts]

        def send() -> Plan[Added]:
            owned = yield from with_ids(self.session, sources, lambda: home_space_id(self.session, self.queue))
            body = AddAnnotationQueueRecordsRequest([to_wire(source, source.ids) for source in owned])
            return (yield from call(self.session, create_annotation_queue_record, self.queue.now(), body=body))

        return (yield from renewing(self.session, send))

    def _summary(self, counts: Counter[str], failed: int) -> AddSummary:
        unknown = self.planned["datasets"] - counts["datasets"]
        submitted, duplicates = self.planned["submitted"] + counts["whole"] + unknown, self.planned["duplicates"]
        created, already_present = counts["created"], counts["already_present"]
        return AddSummary(
            submitted=submitted,
            duplicates=duplicates,
            created=created,
            already_present=already_present,
            failed=failed,
            not_sent=submitted - duplicates - created - already_present - failed,
            requests_sent=counts["requests_sent"],
        )


def _count(batch: Batch[Added], result: Added) -> dict[str, int]:
    created = len(result.record_sources)
    whole = [part for part in batch.payload if part.ids is None]
    if whole:  # only the server knows how many records that is, and it tells of the new ones
        return {"created": created, "whole": created, "datasets": 1}
    return {"created": created, "already_present": max(0, len(batch.ids) - created)}


def _completed(done: list[tuple[Batch[Added], Added]], summary: AddSummary | BulkSummary) -> AddRecordsResult:
    assert isinstance(summary, AddSummary)  # noqa: S101  # an add counts as one
    return AddRecordsResult([record for _, result in done for record in result.record_sources], summary)


def _remaining(batches: Iterable[Batch[Added]], *, lazily: bool) -> Iterator[RecordSource] | list[RecordSource]:
    """Put what is left into sources; those of an iterator, which may be without an end, as an iterator."""
    if lazily:
        return (_part_source(part) for batch in batches for part in batch.payload)
    ids: dict[int, list[str]] = {}
    sources: dict[int, RecordSource] = {}
    parts = [part for batch in batches for part in batch.payload]
    for part in sorted(parts, key=lambda part: (part.source_index, part.offset)):
        sources[part.source_index] = part.source
        ids.setdefault(part.source_index, []).extend(part.ids or ())
    return [source.with_ids(ids[index]) if ids[index] else source for index, source in sources.items()]


def _part_source(part: PlannedSource) -> RecordSource:
    return part.source if part.ids is None else part.source.with_ids(part.ids)


def _halves(parts: tuple[PlannedSource, ...]) -> list[tuple[PlannedSource, ...]]:
    """Cut a request into two of equal size; none where it is a single id or a whole dataset."""
    size = sum(part.count or 0 for part in parts)
    if size < 2:  # one cannot be halved
        return []
    room = size // 2
    halves: tuple[list[PlannedSource], list[PlannedSource]] = ([], [])
    for part in parts:
        ids = part.ids or ()
        for half, piece, offset in ((0, ids[:room], 0), (1, ids[room:], min(room, len(ids)))):
            if piece:
                halves[half].append(attrs.evolve(part, ids=piece, offset=part.offset + offset))
        room = max(0, room - len(ids))
    return [tuple(half) for half in halves]


def _groups(record_sources: Iterator[object]) -> Iterator[list[RecordSource]]:
    """Read sources as they come, in groups large enough to be planned well.

    Where the iterator raises, what it gave goes out first.
    """
    group: list[RecordSource] = []
    room = enough = _REQUESTS_PLANNED_TOGETHER * MAX_RECORDS_PER_REQUEST
    try:
        for index, item in enumerate(record_sources):
            (source,) = normalise([item], first=index)
            group.append(source)
            room -= MAX_RECORDS_PER_REQUEST if source.ids is None else len(source.ids)
            if room <= 0:
                yield group
                group, room = [], enough
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group


def _left(planned: RecordPlan, ledger: Ledger) -> RecordPlan:
    """Plan anew what the ledger does not have."""
    left: dict[int, tuple[RecordSource, list[str]]] = {}
    labels: dict[int, str] = {}
    for part in (part for request in planned.requests for part in request.sources):
        keys = _keys(part)
        undone = [name for name, key in zip(part.ids or ("",), keys, strict=True) if not ledger.has(key)]
        if undone:
            left.setdefault(part.source_index, (part.source, []))[1].extend(undone if part.ids else ())
            labels[part.source_index] = part.label
    sources = [source.with_ids(ids) if ids else source for source, ids in left.values()]
    return plan(sources, labels=list(labels.values()))


def _keys(part: PlannedSource) -> list[str]:
    """Tell the ids of a part from equal ids of other sources."""
    source = part.source
    window = " ".join(time.isoformat() for time in source.window or ())
    slot = fingerprint([source.kind, source.owner, window, source.version or ""])[:16]
    return [f"{slot} {name}" for name in part.ids or ("*",)]


def _job(queue: QueueRef, planned: RecordPlan) -> dict[str, str]:
    keys = sorted(key for request in planned.requests for part in request.sources for key in _keys(part))
    return {
        "operation": "add_records",
        "queue": queue.id,
        "input": fingerprint([str(planned.submitted), *keys]),
    }
