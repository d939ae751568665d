"""Add any number of records, in the fewest requests that hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any, TypeAlias, cast

import attrs
from arize_queues_raw.api.annotation_queues import create_annotation_queue_record
from arize_queues_raw.limits import MAX_RECORDS_PER_REQUEST
from arize_queues_raw.models import AddAnnotationQueueRecordsRequest, CreateAnnotationQueueRecordResponse

from arize_queues._names.resolver import Resolver
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext
from arize_queues._results import AddRecordsResult, AddSummary
from arize_queues._sources.packing import PlannedRequest, PlannedSource, RecordPlan, pack
from arize_queues._sources.resolution import owner_resource, pack_resolved, read_source, resolve_owners
from arize_queues._sources.sources import IDS_FIELDS, RecordSource, to_wire
from arize_queues.errors import InvalidRequestError, NameNotFoundError

from .batches import Batch, BatchPath, BatchSource, InputBuffer, ListBatches, StreamBatches
from .job import BulkJob
from .ledger import Ledger, fingerprint
from .options import BulkOptions

Added = CreateAnnotationQueueRecordResponse
Parts: TypeAlias = tuple[PlannedSource, ...]

_REQUESTS_PACKED_TOGETHER = 16  # of a stream


class AddJob(BulkJob[Any, Added]):
    """Add the records of a list of sources.

    Args:
        context: The state of the client.
        resolver: The names of the call.
        given: Normalised sources; or the caller's iterator, for `AddStreamJob`.
        options: Progress, ledger and deadline of the call.
    """

    operation = "add_records"

    def __init__(
        self,
        context: ClientContext,
        resolver: Resolver,
        given: list[RecordSource] | Iterator[object],
        options: BulkOptions,
    ) -> None:
        super().__init__(context, resolver, given, options)
        # The packed input: "submitted", "duplicates", "datasets" (whole ones). Known before names are resolved, because
        # a call that ends earlier accounts for its input, too.
        self._packed = Counter[str]() if isinstance(given, Iterator) else counts_of(pack(given))
        # Projects and datasets that do not exist; a stream may name them again and again.
        self._missing: dict[tuple[str, str], NameNotFoundError] = {}

    def prepare(self) -> Plan[BatchSource]:
        """Resolve the queue, projects and datasets, pack the sources, and drop what the ledger has."""
        queue_id = yield from self.resolver.queue_id()
        plan = yield from pack_resolved(self.resolver, self.given)
        self._packed = counts_of(plan)
        if self.ledger is not None:
            self.ledger.open(_identity(queue_id, plan))
            self.ledger.begin()
            plan = _without_finished(plan, self.ledger)
        return self.batches_of_plan(plan)

    def batches_of_plan(self, plan: RecordPlan) -> BatchSource:
        """Return the batches of packed requests, and open the progress display."""
        self.progress.start(plan.records + plan.whole_datasets)
        return ListBatches(self, plan.requests)

    def batch(self, path: BatchPath, item: PlannedRequest) -> Batch:
        """Return the batch of a packed request."""
        return _batch(path, item.sources)

    def batches_of(self, group: int, items: list[Any]) -> tuple[Sequence[Batch], Counter[str]]:
        """Return the batches of some sources of the iterator, packed together; a malformed one fails alone."""
        sources: list[RecordSource] = []
        batches: list[Batch] = []
        for index, item in enumerate(items, self.buffer.counts["sources"]):
            try:
                sources.append(read_source(self.context, item, index))
            except InvalidRequestError as error:
                path, label = BatchPath(group, len(batches)), f"record_sources[{index}]"
                batches.append(Batch(path, [label], payload=item, refused=error))
        plan = pack(sources)
        counts = counts_of(plan) + Counter(submitted=len(batches), sources=len(items))
        requests = enumerate(plan.requests, len(batches))
        return batches + [_batch(BatchPath(group, index), request.sources) for index, request in requests], counts

    def needs_warm_up(self) -> bool:
        """Return True if the first batch finds out the server's revision, which the others are spelled for."""
        return self.context.revision.known is None

    def send(self, batch: Batch) -> Plan[Added]:
        """Add the records of a batch, after resolving the names in it that a stream did not resolve before."""
        sources = [part.as_source() for part in cast("Parts", batch.payload)]
        self._raise_missing(sources)
        try:
            return (yield from self.resolver.retry_if_stale(lambda: self._send(sources)))
        except NameNotFoundError as error:
            self._missing[error.resource, error.name] = error
            raise

    def split(self, batch: Batch) -> list[Batch]:
        """Return the halves of a batch; none for a single ID or a whole dataset."""
        return [_batch(batch.path.part(index), half) for index, half in enumerate(_halves(batch.payload))]

    def split_by_source(self, batch: Batch) -> list[Batch]:
        """Return a batch for each source of a batch; none if it has only one."""
        parts: Parts = batch.payload
        return [_batch(batch.path.part(index), (part,)) for index, part in enumerate(parts) if parts[1:]]

    def count(self, batch: Batch, answer: Added) -> Counter[str]:
        """Count created records and those that were in the queue before."""
        created = len(answer.record_sources)
        if any(part.ids is None for part in cast("Parts", batch.payload)):
            # Only the server knows the size of a whole dataset, and it returns the new records alone.
            return Counter(created=created, whole=created, datasets=1)
        # A server that returns more records than were asked for must not make the sums wrong.
        surplus = max(0, created - len(batch.ids))
        return Counter(created=created, already_present=len(batch.ids) + surplus - created, whole=surplus)

    def created_before(self) -> int:
        """Return the number of records that an earlier request of the call created."""
        return 0

    def summary(self, failed: int) -> AddSummary:
        """Return the counts of the job so far."""
        counts, packed = self.counts, self._packed + self.buffer.counts
        unknown = packed["datasets"] - counts["datasets"]
        submitted = packed["submitted"] + len(self.buffer.items) + counts["whole"] + unknown
        created, already_present = counts["created"] + self.created_before(), counts["already_present"]
        return AddSummary(
            submitted=submitted,
            duplicates=packed["duplicates"],
            created=created,
            already_present=already_present,
            failed=failed,
            not_sent=submitted - packed["duplicates"] - created - already_present - failed,
            requests_sent=counts["requests_sent"],
        )

    def result(self, summary: Any) -> Any:
        """Return the created records, in input order."""
        records = [record for _, answer in self.outcomes.completed for record in answer.record_sources]
        return AddRecordsResult(records, summary)

    def items_of(self, batch: Batch) -> Iterable[Any]:
        """Return the sources of a batch; a malformed one as the caller gave it."""
        if batch.refused is not None:
            return [batch.payload]
        return [part.as_source() for part in cast("Parts", batch.payload)]

    def remaining(self, batches: Iterable[Batch]) -> list[RecordSource]:
        """Return the sources as they were given, less the finished IDs."""
        ids: dict[int, list[str]] = {}
        sources: dict[int, RecordSource] = {}
        parts = [part for batch in batches for part in cast("Parts", batch.payload)]
        for part in sorted(parts, key=lambda part: (part.source_index, part.offset)):
            sources[part.source_index] = part.source
            ids.setdefault(part.source_index, []).extend(part.ids or ())
        return [source.with_ids(ids[index]) if ids[index] else source for index, source in sources.items()]

    def _send(self, sources: list[RecordSource]) -> Plan[Added]:
        owned = yield from resolve_owners(self.resolver, sources)
        body = AddAnnotationQueueRecordsRequest([to_wire(source, source.ids) for source in owned])
        queue_id = yield from self.resolver.queue_id()
        return (yield from call(self.context, create_annotation_queue_record, queue_id, body=body))

    def _raise_missing(self, sources: list[RecordSource]) -> None:
        for source in sources:
            resource = owner_resource(source)
            missing = self._missing.get((resource.label, source.owner))
            if missing is not None and not resource.has_id(source.owner):
                raise missing


class AddStreamJob(AddJob):
    """Add the records of the caller's iterator of sources, which is read while the job sends."""

    def prepare(self) -> Plan[BatchSource]:
        """Resolve the queue; names in the sources are resolved as they are sent."""
        yield from self.resolver.queue_id()
        self.progress.start(None)
        return StreamBatches(self, self.buffer)

    def needs_warm_up(self) -> bool:
        """Return True: the first batch resolves names that the others share."""
        return True

    def _make_buffer(self, source: Iterator[Any]) -> InputBuffer[Any]:
        target = _REQUESTS_PACKED_TOGETHER * MAX_RECORDS_PER_REQUEST
        return _SourceBuffer(source, self.context, self.options.deadline, target)


class _SourceBuffer(InputBuffer[object]):
    def size(self, item: object) -> int:
        """Return the number of IDs; a full request's if they cannot be counted without reading an iterator."""
        item = getattr(item, "actual_instance", item)
        if isinstance(item, Mapping):
            found = [cast("Mapping[str, object]", item).get(name) for name in IDS_FIELDS]
        else:
            found = [getattr(item, name, None) for name in IDS_FIELDS]
        return next((len(ids) for ids in found if isinstance(ids, Sized)), MAX_RECORDS_PER_REQUEST)


def counts_of(plan: RecordPlan) -> Counter[str]:
    """Return the counts of packed sources."""
    return Counter(submitted=plan.submitted, duplicates=plan.duplicates, datasets=plan.whole_datasets)


def _batch(path: BatchPath, parts: Parts) -> Batch:
    return Batch(
        path,
        ids=[name for part in parts for name in part.ids or (f"all of {part.label}",)],
        keys=[key for part in parts for key in _keys(part)],
        payload=parts,
    )


def _halves(parts: Parts) -> list[Parts]:
    """Return two parts of equal size; none for a single ID or a whole dataset."""
    size = sum(part.count or 0 for part in parts)
    if size < 2:
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


def _without_finished(plan: RecordPlan, ledger: Ledger) -> RecordPlan:
    """Pack again the IDs that the ledger does not have."""
    left: dict[int, tuple[RecordSource, list[str]]] = {}
    labels: dict[int, str] = {}
    for part in (part for request in plan.requests for part in request.sources):
        pairs = zip(part.ids or ("",), _keys(part), strict=True)
        unfinished = [name for name, key in pairs if not ledger.has(key)]
        if unfinished:
            left.setdefault(part.source_index, (part.source, []))[1].extend(unfinished if part.ids else ())
            labels[part.source_index] = part.label
    sources = [source.with_ids(ids) if ids else source for source, ids in left.values()]
    return pack(sources, labels=list(labels.values()))


def _keys(part: PlannedSource) -> list[str]:
    """Return ledger keys, which tell the IDs of a part from equal IDs of other sources."""
    source = part.source
    window = " ".join(time.isoformat() for time in source.window or ())
    slot = fingerprint([source.kind, source.owner, window, source.version or ""])[:16]
    return [f"{slot} {name}" for name in part.ids or ("*",)]


def _identity(queue_id: str, plan: RecordPlan) -> dict[str, str]:
    keys = sorted(key for request in plan.requests for part in request.sources for key in _keys(part))
    return {"operation": "add_records", "queue": queue_id, "input": fingerprint([str(plan.submitted), *keys])}
