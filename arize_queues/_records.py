"""Deleting, annotating and assigning any number of records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from arize_queues_raw.api.annotation_queues import delete_annotation_queue_record
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE
from arize_queues_raw.models import (
    AnnotateAnnotationQueueRecordResponse,
    AnnotationInput,
    AssignAnnotationQueueRecordResponse,
    DeleteAnnotationQueueRecordsRequest,
)

from ._account import Batch
from ._batching import chunks, dedupe
from ._call import call
from ._checks import Checks
from ._guards import CONFLICT_OPTIONS, AnnotationRules, Assigned, Carried, OnConflict, read_queue, read_records
from ._many import LedgerPath, Many
from ._operations import annotate, assign, find_queue
from ._plan import Plan
from ._problems import is_list
from ._progress import ProgressOption
from ._resolve import QueueRef, addressed
from ._results import BulkResult
from ._session import Session


def delete_records(
    session: Session,
    *,
    annotation_queue: str,
    space: str | None,
    record_ids: Iterable[str],
    progress: ProgressOption,
    ledger: LedgerPath,
    deadline: float | None,
) -> Plan[None]:
    checks = Checks()
    until = checks.deadline(session, deadline)
    lazily = isinstance(record_ids, Iterator) and ledger is None
    given = [] if lazily else checks.texts("record_ids", record_ids, least=1)
    queue = yield from find_queue(session, checks, annotation_queue, space)
    many = Many[None](session, "delete_records", queue, progress, until)
    if lazily:
        batches = _delete_batches(session, queue, many.counted(_checked_ids(record_ids)))
        yield from many.carry_out(batches, None, _nothing, _iter_ids, keep=False)
        return
    ids, duplicates = dedupe(given)
    many.taken.update(submitted=len(given), duplicates=duplicates)
    with many.open_ledger(ledger, ids):
        undone = list(many.undone(dict.fromkeys(ids)))
        batches = _delete_batches(session, queue, undone)
        yield from many.carry_out(batches, len(undone), _nothing, lambda batches: list(_iter_ids(batches)), keep=False)


def _delete_batches(session: Session, queue: QueueRef, ids: Iterable[str]) -> Iterator[Batch[None]]:
    for index, chunk in enumerate(chunks(ids, MAX_RECORD_IDS_PER_DELETE)):
        yield _delete_batch(session, queue, (index,), chunk)


def _delete_batch(session: Session, queue: QueueRef, position: tuple[int, ...], ids: list[str]) -> Batch[None]:
    body = DeleteAnnotationQueueRecordsRequest(ids)
    middle = len(ids) // 2
    halves = [ids[:middle], ids[middle:]] if middle else []

    def send() -> Plan[None]:
        return addressed(session, queue, lambda id_: call(session, delete_annotation_queue_record, id_, body=body))

    def split() -> list[Batch[None]]:
        return [_delete_batch(session, queue, (*position, index), half) for index, half in enumerate(halves)]

    return Batch(position, ids, ids, send, split, payload=ids)


def annotate_records(
    session: Session,
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
    until = checks.deadline(session, deadline)
    if on_conflict not in CONFLICT_OPTIONS:
        checks.report("on_conflict", on_conflict, f"is none of {', '.join(CONFLICT_OPTIONS)}")
    lazily = isinstance(annotations, Iterator) and ledger is None
    rows = {} if lazily else _rows(checks, "annotations", annotations, Checks.annotations)
    queue = yield from find_queue(session, checks, annotation_queue, space)
    many = Many[AnnotateAnnotationQueueRecordResponse](session, "annotate_records", queue, progress, until)
    guard = yield from _annotation_guard(session, queue, many.left_out, validate, on_conflict)

    def send(record_id: str, read: list[AnnotationInput]) -> Plan[AnnotateAnnotationQueueRecordResponse]:
        return annotate(session, queue, record_id, read)

    if lazily:
        pairs = _guarded(many.counted(cast("Iterator[Any]", annotations)), "annotations", Checks.annotations, guard)
        return (yield from many.one_each(pairs, None, send))
    many.taken.update(submitted=len(rows))
    # Judged before the ledger is opened: a call that is refused must not leave it bound to what was wrong.
    guarded = _guarded_all(rows, "annotations", guard)
    with many.open_ledger(ledger, (_told(name, [item.to_dict() for item in read]) for name, read in rows.items())):
        left = many.undone(guarded)
        return (yield from many.one_each(left.items(), len(left), send))


def assign_records(
    session: Session,
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
    until = checks.deadline(session, deadline)
    lazily = isinstance(assignments, Iterator) and ledger is None
    rows = {} if lazily else _rows(checks, "assignments", assignments, Checks.assigned_users)
    queue = yield from find_queue(session, checks, annotation_queue, space)
    many = Many[AssignAnnotationQueueRecordResponse](session, "assign_records", queue, progress, until)
    guard = yield from _assignment_guard(session, queue, many.left_out, keep_completed)

    def send(record_id: str, emails: list[str]) -> Plan[AssignAnnotationQueueRecordResponse]:
        return assign(session, queue, record_id, emails)

    if lazily:
        pairs = _guarded(many.counted(cast("Iterator[Any]", assignments)), "assignments", Checks.assigned_users, guard)
        return (yield from many.one_each(pairs, None, send))
    many.taken.update(submitted=len(rows))
    guarded = _guarded_all(rows, "assignments", guard)
    with many.open_ledger(ledger, (_told(name, emails) for name, emails in rows.items())):
        left = many.undone(guarded)
        return (yield from many.one_each(left.items(), len(left), send))


Read = Callable[[Checks, str, object], list[Any]]
Guard = Callable[[Checks, str, str, list[Any]], "list[Any] | None"]


def _annotation_guard(
    session: Session, queue: QueueRef, left_out: dict[str, str], validate: bool, on_conflict: OnConflict
) -> Plan[Guard]:
    """Make what judges one record's annotations: all of them may go, some of them, or none (None)."""
    rules = AnnotationRules.of((yield from read_queue(session, queue))) if validate else AnnotationRules({})
    carried = Carried()
    if on_conflict != "overwrite":
        yield from read_records(session, queue, carried.take)

    def guard(checks: Checks, field: str, record_id: str, read: list[AnnotationInput]) -> list[AnnotationInput] | None:
        rules.check(checks, field, read)
        taken = carried.conflicts(record_id, read)
        if taken and on_conflict == "fail":
            checks.report(field, ", ".join(taken), "would overwrite what the record carries already")
        if not taken or on_conflict != "skip":
            return read
        rest = [item for item in read if item.name not in taken]
        if not rest:
            left_out[record_id] = f"it carries {', '.join(taken)} already"
        return rest or None

    return guard


def _assignment_guard(session: Session, queue: QueueRef, left_out: dict[str, str], keep_completed: bool) -> Plan[Guard]:
    """Make what judges one record's assignment: it may go, or not (None)."""
    assigned = Assigned()
    if keep_completed:
        yield from read_records(session, queue, assigned.take)

    def guard(_checks: Checks, _field: str, record_id: str, emails: list[str]) -> list[str] | None:
        reason = assigned.reason_to_leave_out(record_id, emails)
        if reason is not None:
            left_out[record_id] = reason
            return None
        return emails

    return guard


def _rows(checks: Checks, field: str, rows: object, read: Read) -> dict[str, list[Any]]:
    """Read a mapping, or pairs, of record ids to what they get."""
    pairs = _pairs(rows)
    if not is_list(pairs):
        checks.report(field, rows, "is not a mapping of record ids")
        return {}
    found: dict[str, list[Any]] = {}
    for pair in pairs:
        record_id, value = _pair(checks, field, pair)
        if record_id in found:
            checks.report(field, record_id, "is given twice; which one counts?")
        found[record_id] = read(checks, f"{field}[{record_id!r}]", value)
    if not found and not checks.problems:
        checks.report(field, {}, "needs at least 1 entry")
    return found


def _pairs(rows: object) -> object:
    return list(cast("Mapping[object, object]", rows).items()) if isinstance(rows, Mapping) else rows


def _pair(checks: Checks, field: str, pair: object) -> tuple[str, Any]:
    both = list(pair) if is_list(pair) else []
    if len(both) != 2:
        checks.report(field, pair, "is not a pair of a record id and what it gets")
        return "", []
    record_id, value = both
    checks.text(f"{field}: record id", record_id)
    return str(record_id), value


def _guarded_all(rows: dict[str, list[Any]], field: str, guard: Guard) -> dict[str, list[Any]]:
    """Judge all rows before the first write."""
    checks = Checks()
    judged = {name: guard(checks, f"{field}[{name!r}]", name, row) for name, row in rows.items()}
    checks.refuse()
    return {name: value for name, value in judged.items() if value is not None}


def _guarded(pairs: Iterable[object], field: str, read: Read, guard: Guard) -> Iterator[tuple[str, list[Any]]]:
    """Judge rows as they come; the first bad one ends them."""
    for pair in pairs:
        checks = Checks()
        record_id, value = _pair(checks, field, pair)
        where = f"{field}[{record_id!r}]"
        values = read(checks, where, value)
        checks.refuse()
        judged = guard(checks, where, record_id, values)
        checks.refuse()
        if judged is not None:
            yield record_id, judged


def _checked_ids(ids: Iterable[object]) -> Iterator[str]:
    """Check record ids as they come; the first bad one ends them."""
    for index, name in enumerate(ids):
        checks = Checks()
        checks.text(f"record_ids[{index}]", name)
        checks.refuse()
        yield cast("str", name)


def _iter_ids(batches: Iterable[Batch[None]]) -> Iterator[str]:
    return (name for batch in batches for name in batch.payload)


def _nothing(*_: object) -> None:
    return None


def _told(record_id: str, value: object) -> str:
    return json.dumps([record_id, value])
