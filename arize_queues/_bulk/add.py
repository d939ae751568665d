"""An add under way: its batches, its counts, what is left of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any, cast

import attrs
from arize_queues_raw.api.annotation_queues import create_annotation_queue_record
from arize_queues_raw.limits import MAX_RECORDS_PER_REQUEST
from arize_queues_raw.models import (
    AddAnnotationQueueRecordsRequest,
    AnnotationQueue,
    CreateAnnotationQueueRecordResponse,
)

from arize_queues._inputs.identifiers import is_id
from arize_queues._names.resolver import QueueRef, home_space_id, renewing
from arize_queues._operations.queues import only_new_sources
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext
from arize_queues._results import AddRecordsResult, AddSummary, BulkSummary
from arize_queues._sources.packing import PlannedSource, RecordPlan, plan
from arize_queues._sources.reader import normalise
from arize_queues._sources.resolution import owner_of, with_ids
from arize_queues._sources.sources import IDS_FIELDS, RecordSource, to_wire
from arize_queues.errors import InvalidRequestError, NameNotFoundError

from .batches import Listed, Read, Supply
from .input_buffer import Intake
from .job import BulkCall
from .ledger import Ledger, LedgerPath, fingerprint
from .outcomes import Account, Batch
from .progress import ProgressOption, show

Added = CreateAnnotationQueueRecordResponse

_REQUESTS_PLANNED_TOGETHER = 16


@attrs.define(eq=False)
class Adding:
    """An add under way.

    Attributes:
        session: The client's state.
        deadline: The time after which nothing more is sent, or None.
        progress: How it is shown how far it is.
        created: The queue, where it was created by the same call, which then returns it.
        queue: Where the records go, once that is known.
        planned: What a list came to: the counts "submitted", "duplicates", "datasets" (whole ones) and "created".
        account: What became of it.
    """

    context: ClientContext
    deadline: float | None
    progress: ProgressOption
    created: AnnotationQueue | None = None
    queue: QueueRef = attrs.field(init=False)
    planned: Counter[str] = attrs.field(factory=Counter, init=False)
    account: Account[Added] = attrs.field(init=False)
    _intake: Intake[object] = attrs.field(init=False)
    # Projects and datasets that there are not; an iterator may name them again and again.
    _missing: dict[tuple[str, str], NameNotFoundError] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        """Get ready to count."""
        self.account = Account(_count)
        self._intake = Intake(iter(()), lambda: False)

    def carry_out(
        self, given: list[RecordSource] | Iterator[object], prepared: Plan[Supply[Added]]
    ) -> Plan[AddRecordsResult]:
        """Send the requests; `given` is what is left where it ends before there are any."""
        lazily = isinstance(given, Iterator)
        if isinstance(given, Iterator):
            enough = _REQUESTS_PLANNED_TOGETHER * MAX_RECORDS_PER_REQUEST
            self._intake = Intake(given, lambda: self.context.is_past(self.deadline), enough, _size_of)

        def remaining(batches: Iterable[Batch[Added]] | None) -> Any:
            if isinstance(given, Iterator):
                return _lazily_left(batches or (), self._intake)
            return given if batches is None else _left_of(batches)

        failed = "" if self.created is None else f"the queue {self.created.id} was created, but not all was added: "
        bulk = BulkCall(self.context, self.account, self.deadline, self._completed, remaining, self._summary, failed)
        scout = lazily or self.context.revision.known is None
        result: AddRecordsResult = yield from bulk.carry_out(prepared, scout=scout)
        return result

    def as_planned(self, planned: RecordPlan, ledger: LedgerPath = None) -> Supply[Added]:
        """Make the batches of a plan, less what a ledger has."""
        self.planned = counts_of(planned)
        if ledger is not None:
            self.account.ledger = Ledger(ledger, _job(self.queue, planned))
            self.account.ledger.begin()
            planned = _undone(planned, self.account.ledger)
        self._show(planned.records + planned.whole_datasets)
        return Listed(planned.requests, lambda index, request: self._batch((0, index), request.sources))

    def as_read(self) -> Supply[Added]:
        """Make batches of sources as they come; only as many are held as go out together."""
        self._show(None)
        return Read(self._intake, self._batches)

    def _batches(self, group: int, items: list[object]) -> tuple[list[Batch[Added]], Counter[str]]:
        """Make batches of sources that an iterator gave; a bad one fails alone."""
        good: list[RecordSource] = []
        batches: list[Batch[Added]] = []
        for index, item in enumerate(items, self._intake.counts["sources"]):
            try:
                good.append(self._read(item, index))
            except InvalidRequestError as error:
                name = f"record_sources[{index}]"
                batches.append(Batch((group, -1, index), [name], [], payload=item, refused=error))
        planned = plan(good)
        counts = counts_of(planned) + Counter(submitted=len(batches), sources=len(items))
        requests = enumerate(planned.requests)
        return batches + [self._batch((group, index), request.sources) for index, request in requests], counts

    def _read(self, item: object, index: int) -> RecordSource:
        (source,) = normalise([item], first=index)
        if problems := only_new_sources(self.context, [source.kind], first=index):
            raise InvalidRequestError(problems)
        return source

    def _show(self, total: int | None) -> None:
        self.account.progress = show(self.progress, total, "add_records", self.context.clock)

    def _batch(self, position: tuple[int, ...], parts: tuple[PlannedSource, ...]) -> Batch[Added]:
        """Make a batch of some parts of sources."""
        return Batch(
            position,
            ids=[name for part in parts for name in part.ids or (f"all of {part.label}",)],
            keys=[key for part in parts for key in _keys(part)],
            send=lambda: self._add(parts),
            halves=lambda: [self._batch((*position, index), half) for index, half in enumerate(_halves(parts))],
            apart=lambda: [self._batch((*position, index), (part,)) for index, part in enumerate(parts) if parts[1:]],
            payload=parts,
        )

    def _add(self, parts: tuple[PlannedSource, ...]) -> Plan[Added]:
        sources = [part.as_source() for part in parts]
        for source in sources:
            resource = owner_of(source)
            missing = self._missing.get((resource.label, source.owner))
            if missing is not None and not is_id(source.owner, resource.prefixes):
                raise missing

        def send() -> Plan[Added]:
            owned = yield from with_ids(self.context, sources, lambda: home_space_id(self.context, self.queue))
            body = AddAnnotationQueueRecordsRequest([to_wire(source, source.ids) for source in owned])
            return (yield from call(self.context, create_annotation_queue_record, self.queue.now(), body=body))

        try:
            return (yield from renewing(self.context, send))
        except NameNotFoundError as error:
            self._missing[error.resource, error.name] = error
            raise

    def _completed(self, done: list[tuple[Batch[Added], Added]], summary: AddSummary | BulkSummary) -> Any:
        assert isinstance(summary, AddSummary)  # noqa: S101  # an add counts as one
        if self.created is not None:
            return self.created
        return AddRecordsResult([record for _, result in done for record in result.record_sources], summary)

    def _summary(self, failed: int) -> AddSummary:
        counts, planned = self.account.counts, self.planned + self._intake.counts
        unknown = planned["datasets"] - counts["datasets"]
        submitted = planned["submitted"] + len(self._intake.held) + counts["whole"] + unknown
        created, already_present = counts["created"] + planned["created"], counts["already_present"]
        return AddSummary(
            submitted=submitted,
            duplicates=planned["duplicates"],
            created=created,
            already_present=already_present,
            failed=failed,
            not_sent=submitted - planned["duplicates"] - created - already_present - failed,
            requests_sent=counts["requests_sent"],
        )


def counts_of(planned: RecordPlan) -> Counter[str]:
    """Count what is planned."""
    return Counter(submitted=planned.submitted, duplicates=planned.duplicates, datasets=planned.whole_datasets)


def _count(batch: Batch[Added], result: Added) -> dict[str, int]:
    created = len(result.record_sources)
    whole = [part for part in batch.payload if part.ids is None]
    if whole:  # only the server knows how many records that is, and it tells of the new ones
        return {"created": created, "whole": created, "datasets": 1}
    # A server that tells of more records than it was asked for must not make the sums wrong.
    more = max(0, created - len(batch.ids))
    return {"created": created, "already_present": len(batch.ids) + more - created, "whole": more}


def _left_of(batches: Iterable[Batch[Added]]) -> list[RecordSource]:
    """Put what is left into sources again, each as it was given but for what is done."""
    ids: dict[int, list[str]] = {}
    sources: dict[int, RecordSource] = {}
    parts = [part for batch in batches for part in batch.payload]
    for part in sorted(parts, key=lambda part: (part.source_index, part.offset)):
        sources[part.source_index] = part.source
        ids.setdefault(part.source_index, []).extend(part.ids or ())
    return [source.with_ids(ids[index]) if ids[index] else source for index, source in sources.items()]


def _lazily_left(batches: Iterable[Batch[Added]], intake: Intake[object]) -> Iterator[object]:
    """Give what is in batches, and then what the iterator has yet to give; it may be without an end."""
    for batch in batches:
        if batch.refused is not None:
            yield batch.payload
        else:
            yield from (part.as_source() for part in batch.payload)
    yield from intake.left()


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


def _size_of(item: object) -> int:
    """Say how many records a source stands for; as many as a request holds, where it cannot be told without reading it.

    An iterator among its ids would be at its end afterwards.
    """
    item = getattr(item, "actual_instance", item)
    if isinstance(item, Mapping):
        found = [cast("Mapping[str, object]", item).get(name) for name in IDS_FIELDS]
    else:
        found = [getattr(item, name, None) for name in IDS_FIELDS]
    return next((len(ids) for ids in found if isinstance(ids, Sized)), MAX_RECORDS_PER_REQUEST)


def _undone(planned: RecordPlan, ledger: Ledger) -> RecordPlan:
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
