"""Creating a queue, with any amount of records, exactly once."""

from __future__ import annotations

from collections.abc import Iterable

from arize_queues_raw.api.annotation_queues import create_annotation_queue, get_annotation_queue
from arize_queues_raw.models import AnnotationQueue, CreateAnnotationQueueRequest
from arize_queues_raw.types import Unset

from arize_queues._bulk.add import Added, Adding
from arize_queues._bulk.batches import Supply
from arize_queues._inputs.checks import Checks
from arize_queues._inputs.messages import is_list
from arize_queues._names.resolver import (
    QUEUE,
    QueueRef,
    check,
    field_of,
    forget_queue_name,
    renewing,
    search,
    space_id_of,
)
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call, call_once
from arize_queues._request.context import ClientContext
from arize_queues._request.retry import NEVER_SENT, REFUSED_UNSEEN
from arize_queues._sources.packing import RecordPlan
from arize_queues._sources.resolution import plan_sources, read_sources
from arize_queues.errors import (
    APIConnectionError,
    APIStatusError,
    ArizeQueuesError,
    UnexpectedResponseError,
)

from .queues import config_ids, only_new


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
    check(checks.problems, "space", space)
    configs = checks.names("annotation_config_ids", annotation_config_ids, least=1)
    body = CreateAnnotationQueueRequest(name=name, space_id="", annotation_config_ids=[], annotator_emails=[])
    body.annotator_emails = checks.emails("annotator_emails", annotator_emails, least=1)
    body.assignment_method = checks.assignment_method(assignment_method)
    if instructions is not None:
        checks.instructions(instructions)
        body.instructions = instructions or None
    if column_allowlist is not None:
        only_new(context, checks, "column_allowlist")
        body.column_allowlist = checks.columns(column_allowlist)
    given = list(record_sources) if is_list(record_sources) else record_sources
    sources = [] if given is None or given == [] else read_sources(context, checks, given)
    checks.refuse()

    context = context.for_call()

    def send() -> Plan[tuple[RecordPlan, AnnotationQueue, bool]]:
        body.space_id = yield from space_id_of(context, space)
        body.annotation_config_ids = yield from config_ids(context, configs, lambda: space_id_of(context, space))
        planned = yield from plan_sources(context, sources, lambda: space_id_of(context, space))
        if planned.requests:
            body.record_sources = [*planned.requests[0].to_wire()]
        forget_queue_name(context, name, body.space_id)
        return planned, *(yield from _create_once(context, body))

    planned, queue, sure = yield from renewing(context, send)
    # Whether a create whose answer was lost took its records is not known, so then they all go out again.
    return (yield from _add_rest(context, queue, planned, 1 if sure else 0))


def _create_once(context: ClientContext, body: CreateAnnotationQueueRequest) -> Plan[tuple[AnnotationQueue, bool]]:
    """Create a queue, and say whether the answer came.

    Where it was lost, the server may have acted, and a second try might make a second queue or meet the first
    one as a conflict; so the name is looked up instead.
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
    """Say whether the queue may be there all the same."""
    if isinstance(lost, APIStatusError):
        status = lost.status_code
        return status == 408 or (status >= 500 and status not in REFUSED_UNSEEN)
    return not isinstance(lost.__cause__, NEVER_SENT)


def _look_up(
    context: ClientContext, body: CreateAnnotationQueueRequest, lost: ArizeQueuesError
) -> Plan[AnnotationQueue | None]:
    """Find the queue that a create with a lost answer may have made; None if there is none such."""
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
    """Compare without regard to order and case, and let pass what the server left out of its answer."""
    return not found or {item.casefold() for item in found} == {item.casefold() for item in asked}


def _add_rest(context: ClientContext, queue: AnnotationQueue, planned: RecordPlan, sent: int) -> Plan[AnnotationQueue]:
    """Add what did not go with the create: all but so many requests of the plan."""
    rest = planned.requests[sent:]
    if not rest:
        return queue
    adding = Adding(context, None, None, created=queue)
    adding.queue = QueueRef(queue.id, None, queue.id, home=queue.space_id)
    batches = adding.as_planned(RecordPlan(rest, planned.submitted, planned.duplicates))
    adding.planned["created"] = sum(request.count or 0 for request in planned.requests[:sent])

    def prepared() -> Plan[Supply[Added]]:
        yield from ()
        return batches

    yield from adding.carry_out([part.as_source() for request in rest for part in request.sources], prepared())
    return queue
