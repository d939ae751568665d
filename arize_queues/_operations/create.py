"""Create a queue exactly once, with any number of records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arize_queues_raw.api.annotation_queues import create_annotation_queue, get_annotation_queue
from arize_queues_raw.models import AnnotationQueue, CreateAnnotationQueueRequest
from arize_queues_raw.unset import Unset

from arize_queues._bulk.add import AddJob, counts_of
from arize_queues._bulk.batches import BatchSource
from arize_queues._bulk.options import BulkOptions
from arize_queues._inputs.checks import Checks
from arize_queues._inputs.identifiers import Id
from arize_queues._inputs.messages import is_list
from arize_queues._names.resolver import QueueRef, Resolver
from arize_queues._names.resources import QUEUE
from arize_queues._names.search import field_of, search
from arize_queues._plans.steps import Plan
from arize_queues._request.availability import check_available
from arize_queues._request.call import call, call_once
from arize_queues._request.context import ClientContext
from arize_queues._request.retry import NEVER_SENT, NOT_PROCESSED
from arize_queues._sources.packing import RecordPlan
from arize_queues._sources.resolution import pack_resolved, read_sources
from arize_queues.errors import (
    APIConnectionError,
    APIStatusError,
    ArizeQueuesError,
    UnexpectedResponseError,
)

from .queues import config_ids


def create_queue(
    context: ClientContext,
    *,
    name: str,
    space: str,
    annotation_config_ids: Iterable[str],
    annotator_emails: Iterable[str],
    instructions: str | None,
    assignment_method: str | None,
    record_sources: Iterable[object] | None,
    column_allowlist: Iterable[str] | None,
) -> Plan[AnnotationQueue]:
    checks = Checks()
    checks.name("name", name)
    checks.name_or_id("space", space)
    configs = checks.names("annotation_config_ids", annotation_config_ids, least=1)
    body = CreateAnnotationQueueRequest(name=name, space_id="", annotation_config_ids=[], annotator_emails=[])
    body.annotator_emails = checks.emails("annotator_emails", annotator_emails, least=1)
    body.assignment_method = checks.assignment_method(assignment_method)
    if instructions is not None:
        checks.instructions(instructions)
        body.instructions = instructions or None
    if column_allowlist is not None:
        check_available(context, checks, "column_allowlist")
        body.column_allowlist = checks.columns(column_allowlist)
    given = list(record_sources) if is_list(record_sources) else record_sources
    sources = [] if given is None or given == [] else read_sources(context, checks, given)
    checks.refuse()

    resolver = Resolver(context, space=space)

    def send() -> Plan[tuple[RecordPlan, AnnotationQueue, bool]]:
        body.space_id = yield from resolver.space_id()
        body.annotation_config_ids = yield from config_ids(resolver, configs)
        plan = yield from pack_resolved(resolver, sources)
        if plan.requests:
            body.record_sources = [*plan.requests[0].to_wire()]
        resolver.forget(QUEUE, name, body.space_id)
        return plan, *(yield from _create_once(context, body))

    plan, queue, is_answered = yield from resolver.retry_if_stale(send)
    # A create whose answer was lost may have added its records or not, so they are all sent again.
    sent = 1 if is_answered else 0
    if len(plan.requests) > sent:
        yield from AddRestJob(context, queue, plan, sent).run()
    return queue


def _create_once(context: ClientContext, body: CreateAnnotationQueueRequest) -> Plan[tuple[AnnotationQueue, bool]]:
    """Create a queue; return it, and True if the answer came.

    If the answer is lost, the server may have acted: a second create could make a second queue, or meet the first one
    as a conflict. So the queue is looked up by its name instead.
    """
    try:
        return (yield from call_once(context, create_annotation_queue, body=body)), True
    except (APIConnectionError, APIStatusError, UnexpectedResponseError) as lost:
        if not _may_have_acted(lost):
            raise
        queue = yield from _look_up(context, body, lost)
        if queue is None:
            raise
        return queue, False


def _may_have_acted(lost: ArizeQueuesError) -> bool:
    """Return True if the queue may exist in spite of the error."""
    if isinstance(lost, APIStatusError):
        status = lost.status_code
        return status == 408 or (status >= 500 and status not in NOT_PROCESSED)
    return not isinstance(lost.__cause__, NEVER_SENT)


def _look_up(
    context: ClientContext, body: CreateAnnotationQueueRequest, lost: ArizeQueuesError
) -> Plan[AnnotationQueue | None]:
    """Return the queue that a create with a lost answer made; None if there is none as it was asked for."""
    try:
        matching, _ = yield from search(context, QUEUE, body.name, body.space_id)
        if not matching:
            return None
        found = yield from call(context, get_annotation_queue, matching[0])
    except ArizeQueuesError:
        raise lost from None
    return found if _is_as_asked(found, body) else None


def _is_as_asked(queue: AnnotationQueue, body: CreateAnnotationQueueRequest) -> bool:
    asked_columns = None if isinstance(body.column_allowlist, Unset) else body.column_allowlist
    return (
        _same([field_of(config, "id") for config in queue.annotation_configs], body.annotation_config_ids)
        and _same([user.email for user in queue.annotators], body.annotator_emails)
        and (queue.instructions or None) == (body.instructions or None)
        and (queue.column_allowlist or None) == (asked_columns or None)
    )


def _same(found: list[str], asked: list[str]) -> bool:
    """Compare without regard to order and case; an empty list matches, because the server may leave it out."""
    return not found or {item.casefold() for item in found} == {item.casefold() for item in asked}


class AddRestJob(AddJob):
    """Add the records that did not fit into the create; the result is the queue.

    Args:
        context: The state of the client.
        queue: The queue that was created.
        plan: The requests of all records of the call.
        sent: Number of requests of the plan that went with the create.
    """

    def __init__(self, context: ClientContext, queue: AnnotationQueue, plan: RecordPlan, sent: int) -> None:
        rest = plan.requests[sent:]
        sources = [part.as_source() for request in rest for part in request.sources]
        resolver = Resolver(context, QueueRef(Id(queue.id), Id(queue.space_id)))
        super().__init__(context, resolver, sources, BulkOptions())
        self._queue = queue
        self._rest = RecordPlan(rest, plan.submitted, plan.duplicates)
        self._packed = counts_of(self._rest)
        self._created_before = sum(request.count or 0 for request in plan.requests[:sent])

    def prepare(self) -> Plan[BatchSource]:
        """Return the batches; names and requests are settled already."""
        yield from ()
        return self.batches_of_plan(self._rest)

    def created_before(self) -> int:
        """Return the number of records that went with the create."""
        return self._created_before

    def result(self, summary: Any) -> AnnotationQueue:
        """Return the queue."""
        del summary
        return self._queue

    def failure_prefix(self) -> str:
        """Name the queue, which exists in spite of the failure."""
        return f"the queue {self._queue.id} was created, but not all was added: "
