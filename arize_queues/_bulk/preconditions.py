"""What spares users from harm in bulk: annotations cannot be removed, and re-assigning resets finished work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias

import attrs
from arize_queues_raw.api.annotation_queues import get_annotation_queue, list_annotation_queue_records
from arize_queues_raw.limits import MAX_RECORDS_PAGE_SIZE
from arize_queues_raw.models import (
    AnnotationInput,
    AnnotationQueue,
    AnnotationQueueCompletionStatus,
    AnnotationQueueRecord,
    CategoricalAnnotationConfig,
    ContinuousAnnotationConfig,
)
from arize_queues_raw.types import UNSET

from arize_queues._inputs.checks import Checks
from arize_queues._names.resolver import QueueRef, addressed
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext
from arize_queues._request.pagination import walk

from .rows import Guard

OnConflict: TypeAlias = Literal["overwrite", "skip", "fail"]
CONFLICT_OPTIONS = ("overwrite", "skip", "fail")


def read_queue(context: ClientContext, queue: QueueRef) -> Plan[AnnotationQueue]:
    """Get the queue with its configs."""
    return (yield from addressed(context, queue, lambda id_: call(context, get_annotation_queue, id_)))


def read_records(
    context: ClientContext, queue: QueueRef, take: Callable[[AnnotationQueueRecord], object]
) -> Plan[None]:
    """Read all records of a queue, and hand each over."""

    def page(cursor: str | None) -> Plan[Iterable[AnnotationQueueRecord]]:
        def records(queue_id: str) -> Plan[Iterable[AnnotationQueueRecord]]:
            return call(
                context,
                list_annotation_queue_records,
                queue_id,
                limit=MAX_RECORDS_PAGE_SIZE,
                cursor=UNSET if cursor is None else cursor,
            )

        return addressed(context, queue, records)

    yield from walk(page, lambda records: [take(record) for record in records])


@attrs.frozen
class AnnotationRules:
    """What the configs of a queue allow.

    A queue whose configs the server left out allows everything: the server judges.

    Attributes:
        configs: The configs by name; those of a kind that we do not know judge nothing.
    """

    configs: dict[str, Any]

    @classmethod
    def of(cls, queue: AnnotationQueue) -> AnnotationRules:
        """Take the rules from a queue."""
        return cls(
            {config["name"] if isinstance(config, dict) else config.name: config for config in queue.annotation_configs}
        )

    def check(self, checks: Checks, field: str, annotations: list[AnnotationInput]) -> None:
        """Check names, labels and score ranges."""
        for index, annotation in enumerate(annotations):
            where = f"{field}[{index}]"
            if self.configs and annotation.name not in self.configs:
                known = ", ".join(map(repr, self.configs))
                checks.report(f"{where}.name", annotation.name, f"is no annotation config of the queue: {known}")
            self._value(checks, where, annotation, self.configs.get(annotation.name))

    @staticmethod
    def _value(checks: Checks, where: str, annotation: AnnotationInput, config: object) -> None:
        if isinstance(config, ContinuousAnnotationConfig) and annotation.score is not None:
            low, high = config.minimum_score, config.maximum_score
            if not low <= annotation.score <= high:
                checks.report(f"{where}.score", annotation.score, f"is not from {low:g} to {high:g}")
        if isinstance(config, CategoricalAnnotationConfig) and annotation.label is not None:
            labels = [value.label for value in config.values]
            if annotation.label not in labels:
                checks.report(f"{where}.label", annotation.label, f"is none of {', '.join(map(repr, labels))}")


@attrs.define
class Carried:
    """The annotations that records carry already: record id to config name to annotation."""

    annotations: dict[str, dict[str, Any]] = attrs.field(factory=dict)

    def take(self, record: AnnotationQueueRecord) -> None:
        """Keep what a record carries at its own granularity."""
        level = {"trace": record.trace_annotations, "session": record.session_annotations}
        own = [*record.annotations, *level.get(str(record.granularity), [])]
        if own:
            self.annotations[record.id] = {annotation.name: annotation for annotation in own}

    def conflicts(self, record_id: str, annotations: list[AnnotationInput]) -> list[str]:
        """Name the configs of which a value would be overwritten with another."""
        carried = self.annotations.get(record_id, {})
        return [item.name for item in annotations if item.name in carried and _overwrites(item, carried[item.name])]


def _overwrites(wanted: AnnotationInput, carried: Any) -> bool:
    return any(
        getattr(wanted, field) is not None
        and getattr(carried, field) is not None
        and getattr(wanted, field) != getattr(carried, field)
        for field in ("score", "label", "text")
    )


def annotation_guard(
    context: ClientContext,
    queue: QueueRef,
    left_out: dict[str, str],
    trimmed: dict[str, str],
    *,
    validate: bool,
    on_conflict: OnConflict,
) -> Plan[Guard]:
    """Make what judges one record's annotations: all of them may go, some of them, or none (None)."""
    rules = AnnotationRules.of((yield from read_queue(context, queue))) if validate else AnnotationRules({})
    carried = Carried()
    if on_conflict != "overwrite":
        yield from read_records(context, queue, carried.take)

    def guard(checks: Checks, field: str, record_id: str, read: list[AnnotationInput]) -> list[AnnotationInput] | None:
        rules.check(checks, field, read)
        taken = carried.conflicts(record_id, read)
        if taken and on_conflict == "fail":
            checks.report(field, ", ".join(taken), "would overwrite what the record carries already")
        if not taken or on_conflict != "skip":
            return read
        rest = [item for item in read if item.name not in taken]
        (trimmed if rest else left_out)[record_id] = f"it carries {', '.join(taken)} already"
        return rest or None

    return guard


@attrs.define
class Assigned:
    """Whom records are assigned to already: record id to email, in any case, to whether they have completed it."""

    users: dict[str, dict[str, bool]] = attrs.field(factory=dict)

    def take(self, record: AnnotationQueueRecord) -> None:
        """Keep whom a record is assigned to."""
        done = AnnotationQueueCompletionStatus.COMPLETED
        self.users[record.id] = {
            item.user.email.casefold(): item.completion_status == done for item in record.assigned_users
        }

    def reason_to_leave_out(self, record_id: str, emails: list[str]) -> str | None:
        """Say why a record should not be assigned anew; None if it may."""
        users = self.users.get(record_id)
        if users is None:
            return None
        if set(users) == {email.casefold() for email in emails}:
            return "its assignees are unchanged"
        completed = sorted(email for email, done in users.items() if done)
        if completed:
            return f"{', '.join(completed)} completed it, which assigning would drop or reset"
        return None


def assignment_guard(
    context: ClientContext, queue: QueueRef, left_out: dict[str, str], *, keep_completed: bool
) -> Plan[Guard]:
    """Make what judges one record's assignment: it may go, or not (None)."""
    assigned = Assigned()
    if keep_completed:
        yield from read_records(context, queue, assigned.take)

    def guard(checks: Checks, field: str, record_id: str, emails: list[str]) -> list[str] | None:
        reason = assigned.reason_to_leave_out(record_id, emails)
        if reason is not None:
            left_out[record_id] = reason
            return None
        return emails

    return guard
