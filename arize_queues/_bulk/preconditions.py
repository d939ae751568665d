"""Compare rows with the queue before they are sent: annotations cannot be removed, assigning resets finished work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self

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
from arize_queues_raw.unset import UNSET

from arize_queues._inputs.checks import Checks
from arize_queues._names.resolver import Resolver
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext
from arize_queues._request.pagination import walk

from .options import OnConflict

CONFLICT_OPTIONS = ("overwrite", "skip", "fail")


class Verdict(NamedTuple):
    """What to send for a record.

    Attributes:
        values: The values to send; None to leave the record out.
        reason: Why the record is left out, or why some of its values are; None if all are sent.
    """

    values: list[Any] | None
    reason: str | None = None


class Precondition(ABC):
    """Decides for each row what to send."""

    @abstractmethod
    def judge(self, checks: Checks, field: str, record_id: str, values: list[Any]) -> Verdict:
        """Return what to send for a record, and collect problems in `checks`."""


@attrs.frozen
class AnnotationRules:
    """The values that the annotation configs of a queue allow.

    Attributes:
        configs: The configs by name. None at all, because the server left them out, allow everything; so does a
            config of an unknown type.
    """

    configs: dict[str, Any]

    @classmethod
    def of(cls, queue: AnnotationQueue) -> Self:
        """Return the rules of a queue."""
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
            self._check_value(checks, where, annotation, self.configs.get(annotation.name))

    @staticmethod
    def _check_value(checks: Checks, where: str, annotation: AnnotationInput, config: object) -> None:
        if isinstance(config, ContinuousAnnotationConfig) and annotation.score is not None:
            low, high = config.minimum_score, config.maximum_score
            if not low <= annotation.score <= high:
                checks.report(f"{where}.score", annotation.score, f"is not from {low:g} to {high:g}")
        if isinstance(config, CategoricalAnnotationConfig) and annotation.label is not None:
            labels = [value.label for value in config.values]
            if annotation.label not in labels:
                checks.report(f"{where}.label", annotation.label, f"is none of {', '.join(map(repr, labels))}")


@attrs.frozen
class AnnotationPrecondition(Precondition):
    """Checks annotations against the queue's configs, and finds values that they would overwrite.

    Attributes:
        rules: The rules of the queue.
        existing: Record ID to config name to annotation; empty for `on_conflict="overwrite"`.
        on_conflict: What to do with a value that differs from an existing one.
    """

    rules: AnnotationRules
    existing: dict[str, dict[str, Any]]
    on_conflict: OnConflict

    @classmethod
    def read(
        cls, context: ClientContext, resolver: Resolver, *, validate: bool, on_conflict: OnConflict
    ) -> Plan[AnnotationPrecondition]:
        """Read what the options need: the queue, its records, both or nothing."""
        rules = AnnotationRules({})
        if validate:
            rules = AnnotationRules.of((yield from _read_queue(context, resolver)))
        existing: dict[str, dict[str, Any]] = {}

        def keep(record: AnnotationQueueRecord) -> None:
            if own := _own_annotations(record):
                existing[record.id] = {annotation.name: annotation for annotation in own}

        if on_conflict != "overwrite":
            yield from _read_records(context, resolver, keep)
        return cls(rules, existing, on_conflict)

    def judge(self, checks: Checks, field: str, record_id: str, values: list[Any]) -> Verdict:
        """Return all annotations, those without a conflict, or None if each has one."""
        self.rules.check(checks, field, values)
        conflicts = self._conflicts(record_id, values)
        if conflicts and self.on_conflict == "fail":
            checks.report(field, ", ".join(conflicts), "would overwrite what the record carries already")
        if not conflicts or self.on_conflict != "skip":
            return Verdict(values)
        rest = [annotation for annotation in values if annotation.name not in conflicts]
        return Verdict(rest or None, f"it carries {', '.join(conflicts)} already")

    def _conflicts(self, record_id: str, annotations: list[AnnotationInput]) -> list[str]:
        """Return the configs whose existing value differs from the new one."""
        existing = self.existing.get(record_id, {})
        return [item.name for item in annotations if item.name in existing and _differs(item, existing[item.name])]


@attrs.frozen
class AssignmentPrecondition(Precondition):
    """Leaves out records whose users are unchanged, or whose finished work assigning would reset.

    Attributes:
        assigned: Record ID to email address, case-folded, to True if that user has completed the record.
    """

    assigned: dict[str, dict[str, bool]]

    @classmethod
    def read(cls, context: ClientContext, resolver: Resolver, *, keep_completed: bool) -> Plan[AssignmentPrecondition]:
        """Read the records, if finished work is to be kept."""
        completed = AnnotationQueueCompletionStatus.COMPLETED
        assigned: dict[str, dict[str, bool]] = {}

        def keep(record: AnnotationQueueRecord) -> None:
            users = record.assigned_users
            assigned[record.id] = {user.user.email.casefold(): user.completion_status == completed for user in users}

        if keep_completed:
            yield from _read_records(context, resolver, keep)
        return cls(assigned)

    def judge(self, checks: Checks, field: str, record_id: str, values: list[Any]) -> Verdict:
        """Return the users, or None with the reason to leave the record out."""
        del checks, field
        reason = self._skip_reason(record_id, values)
        return Verdict(values if reason is None else None, reason)

    def _skip_reason(self, record_id: str, emails: list[str]) -> str | None:
        users = self.assigned.get(record_id)
        if users is None:
            return None
        if set(users) == {email.casefold() for email in emails}:
            return "its assignees are unchanged"
        completed = sorted(email for email, done in users.items() if done)
        if completed:
            return f"{', '.join(completed)} completed it, which assigning would drop or reset"
        return None


def _own_annotations(record: AnnotationQueueRecord) -> list[Any]:
    """Return the annotations of a record at its own granularity."""
    level = {"trace": record.trace_annotations, "session": record.session_annotations}
    return [*record.annotations, *level.get(str(record.granularity), [])]


def _differs(wanted: AnnotationInput, existing: Any) -> bool:
    return any(
        getattr(wanted, field) is not None
        and getattr(existing, field) is not None
        and getattr(wanted, field) != getattr(existing, field)
        for field in ("score", "label", "text")
    )


def _read_queue(context: ClientContext, resolver: Resolver) -> Plan[AnnotationQueue]:
    return (yield from resolver.with_queue_id(lambda queue_id: call(context, get_annotation_queue, queue_id)))


def _read_records(
    context: ClientContext, resolver: Resolver, keep: Callable[[AnnotationQueueRecord], None]
) -> Plan[None]:
    """Read all records of the queue, and call `keep` with each."""

    def page(cursor: str | None) -> Plan[Iterable[AnnotationQueueRecord]]:
        def records(queue_id: str) -> Plan[Iterable[AnnotationQueueRecord]]:
            return call(
                context,
                list_annotation_queue_records,
                queue_id,
                limit=MAX_RECORDS_PAGE_SIZE,
                cursor=UNSET if cursor is None else cursor,
            )

        return resolver.with_queue_id(records)

    def keep_all(records: Iterable[AnnotationQueueRecord]) -> None:
        for record in records:
            keep(record)

    yield from walk(page, keep_all)
