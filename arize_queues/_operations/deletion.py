"""Deleting any number of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import cast

from arize_queues_raw.api.annotation_queues import delete_annotation_queue_record
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE
from arize_queues_raw.models import DeleteAnnotationQueueRecordsRequest

from arize_queues._bulk.batches import Listed, Read, Supply
from arize_queues._bulk.ledger import LedgerPath
from arize_queues._bulk.many import Many, Options
from arize_queues._bulk.outcomes import Batch
from arize_queues._bulk.progress import ProgressOption
from arize_queues._inputs.checks import Checks
from arize_queues._inputs.messages import is_iterator
from arize_queues._names.resolver import QueueRef, addressed, queue_ref
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext
from arize_queues._sources.packing import dedupe
from arize_queues.errors import InvalidRequestError

from .queues import check_call


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
    options = Options(progress, ledger, checks.deadline(context, deadline))
    lazily = is_iterator(record_ids) and ledger is None
    given = [] if lazily else checks.texts("record_ids", record_ids, least=1)
    check_call(checks, annotation_queue, space)
    ids, duplicates = dedupe(given)
    many = Many[None](context, "delete_records", cast("Iterator[str]", record_ids) if lazily else ids, options)
    many.taken.update(submitted=len(ids) + duplicates, duplicates=duplicates)
    many.intake.enough = MAX_RECORD_IDS_PER_DELETE

    def prepared() -> Plan[Supply[None]]:
        queue = yield from queue_ref(context, annotation_queue, space)
        if lazily:
            many.begin(None)
            return Read(many.intake, lambda group, names: _delete_batches(context, queue, group, names))
        many.open_ledger(queue, ids)
        undone = many.undone(ids)
        many.begin(len(undone))
        starts = range(0, len(undone), MAX_RECORD_IDS_PER_DELETE)
        chunks = [undone[start : start + MAX_RECORD_IDS_PER_DELETE] for start in starts]
        return Listed(chunks, lambda index, chunk: _delete_batch(context, queue, (index,), chunk))

    yield from many.carry_out(prepared(), _nothing, _ids_of, list)


def _delete_batches(
    context: ClientContext, queue: QueueRef, group: int, names: list[str]
) -> tuple[list[Batch[None]], Counter[str]]:
    """Make batches of ids that an iterator gave; a bad one fails alone."""
    good: list[str] = []
    batches: list[Batch[None]] = []
    for index, name in enumerate(names):
        checks = Checks()
        if checks.text("record_ids", name):
            good.append(name)
        else:
            error = InvalidRequestError(checks.problems)
            batches.append(Batch((group, index), [repr(name)], [], payload=[name], refused=error))
    if good:
        batches.append(_delete_batch(context, queue, (group,), good))
    return batches, Counter(submitted=len(names))


def _delete_batch(context: ClientContext, queue: QueueRef, position: tuple[int, ...], ids: list[str]) -> Batch[None]:
    body = DeleteAnnotationQueueRecordsRequest(ids)
    middle = len(ids) // 2
    halves = [ids[:middle], ids[middle:]] if middle else []

    def send() -> Plan[None]:
        return addressed(context, queue, lambda id_: call(context, delete_annotation_queue_record, id_, body=body))

    def split() -> list[Batch[None]]:
        return [_delete_batch(context, queue, (*position, -1, index), half) for index, half in enumerate(halves)]

    return Batch(position, ids, ids, send, split, payload=ids)


def _ids_of(batches: Iterable[Batch[None]]) -> Iterator[str]:
    return (name for batch in batches for name in batch.payload)


def _nothing(*_: object) -> None:
    return None
