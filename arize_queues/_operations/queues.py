"""The story of each call, top to bottom: check here, find the ids, send. Bulk calls have modules of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arize_queues_raw.api.annotation_queues import (
    add_annotation_queue_tags,
    annotate_annotation_queue_record,
    assign_annotation_queue_record,
    delete_annotation_queue,
    get_annotation_queue,
    list_annotation_queue_records,
    list_annotation_queue_tags,
    list_annotation_queues,
    update_annotation_queue,
)
from arize_queues_raw.limits import MAX_PAGE_SIZE, MAX_RECORDS_PAGE_SIZE, MAX_TAG_IDS_PER_REQUEST
from arize_queues_raw.models import (
    AddTagsRequest,
    AnnotateAnnotationQueueRecordRequest,
    AnnotateAnnotationQueueRecordResponse,
    AnnotationInput,
    AnnotationQueue,
    AssignAnnotationQueueRecordRequest,
    AssignAnnotationQueueRecordResponse,
    ListAnnotationQueueRecordsResponse,
    ListAnnotationQueuesResponse,
    ListTagsResponse,
    UpdateAnnotationQueueRequest,
)
from arize_queues_raw.types import UNSET, Unset

from arize_queues._inputs.checks import Checks
from arize_queues._inputs.identifiers import is_id
from arize_queues._names.resolver import (
    CONFIG,
    SPACE,
    QueueRef,
    SpaceId,
    addressed,
    check,
    check_queue,
    home_space_id,
    id_of,
    queue_ref,
    renewing,
    require_space,
)
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call, call_delete
from arize_queues._request.context import ClientContext
from arize_queues._request.pagination import stream
from arize_queues._request.revision import OLD


def list_queues(
    context: ClientContext, *, space: str | None, name: str | None, limit: int, cursor: str | None
) -> Plan[ListAnnotationQueuesResponse]:
    checks = Checks()
    checks.cursor(cursor)
    filters = _queue_filters(checks, space, name, "limit", limit)
    return (yield from call(context, list_annotation_queues, **filters, cursor=_given(cursor)))


def iter_queues(context: ClientContext, *, space: str | None, name: str | None, page_size: int) -> Plan[None]:
    filters = _queue_filters(Checks(), space, name, "page_size", page_size)
    yield from stream(lambda cursor: call(context, list_annotation_queues, **filters, cursor=_given(cursor)))


def _queue_filters(checks: Checks, space: str | None, name: str | None, field: str, limit: int) -> dict[str, Any]:
    """Make the filters of a listing. A space is only a filter here, so nothing is resolved."""
    if space is not None:
        check(checks.problems, "space", space)
    if name is not None:
        checks.name("name", name)
    checks.page_size(field, limit, MAX_PAGE_SIZE)
    checks.refuse()
    filters: dict[str, Any] = {"limit": limit}
    if space is not None:
        filters["space_id" if is_id(space, SPACE.prefixes) else "space_name"] = str(space)
    if name is not None:
        filters["name"] = str(name)
    return filters


def get_queue(context: ClientContext, *, annotation_queue: str, space: str | None) -> Plan[AnnotationQueue]:
    queue = yield from find_queue(context, Checks(), annotation_queue, space)
    return (yield from addressed(context, queue, lambda id_: call(context, get_annotation_queue, id_)))


def update_queue(  # as many as the API has fields
    context: ClientContext,
    *,
    annotation_queue: str,
    space: str | None,
    name: str | Unset,
    instructions: str | Unset | None,
    annotation_config_ids: Iterable[str] | Unset,
    annotator_emails: Iterable[str] | Unset,
    column_allowlist: Iterable[str] | Unset | None,
) -> Plan[AnnotationQueue]:
    checks, body, context = Checks(), UpdateAnnotationQueueRequest(), context.for_call()
    if not isinstance(name, Unset):
        checks.name("name", name)
        body.name = name
    if not isinstance(instructions, Unset):
        if instructions is not None:
            checks.instructions(instructions)
        body.instructions = instructions or None
    configs = None
    if not isinstance(annotation_config_ids, Unset):
        configs = checks.names("annotation_config_ids", annotation_config_ids)
    if not isinstance(annotator_emails, Unset):
        body.annotator_emails = checks.emails("annotator_emails", annotator_emails)
    if not isinstance(column_allowlist, Unset):
        body.column_allowlist = None if column_allowlist is None else checks.columns(column_allowlist)
        only_new(context, checks, "column_allowlist")
    if configs is None and not checks.problems and not body.to_dict():
        checks.problems.append(
            "update: nothing to change; give at least one of name, instructions, annotation_config_ids, "
            "annotator_emails, column_allowlist"
        )
    queue = yield from find_queue(context, checks, annotation_queue, space)
    found = yield from renewing(context, lambda: _change(context, queue, configs, body))
    if not isinstance(name, Unset):
        context.names.forget_id(found.id)
    return found


def _change(
    context: ClientContext, queue: QueueRef, configs: list[str] | None, body: UpdateAnnotationQueueRequest
) -> Plan[AnnotationQueue]:
    if configs is not None:
        body.annotation_config_ids = yield from config_ids(context, configs, lambda: home_space_id(context, queue))
    return (yield from call(context, update_annotation_queue, queue.now(), body=body))


def delete_queue(context: ClientContext, *, annotation_queue: str, space: str | None) -> Plan[None]:
    queue = yield from find_queue(context, Checks(), annotation_queue, space)
    yield from addressed(context, queue, lambda id_: call_delete(context, delete_annotation_queue, id_))
    context.names.forget_id(queue.id)


def list_records(
    context: ClientContext, *, annotation_queue: str, space: str | None, limit: int, cursor: str | None
) -> Plan[ListAnnotationQueueRecordsResponse]:
    checks = Checks()
    checks.page_size("limit", limit, MAX_RECORDS_PAGE_SIZE)
    checks.cursor(cursor)
    queue = yield from find_queue(context, checks, annotation_queue, space)
    return (yield from _record_page(context, queue, limit, cursor))


def iter_records(context: ClientContext, *, annotation_queue: str, space: str | None, page_size: int) -> Plan[None]:
    checks = Checks()
    checks.page_size("page_size", page_size, MAX_RECORDS_PAGE_SIZE)
    queue = yield from find_queue(context, checks, annotation_queue, space)
    yield from stream(lambda cursor: _record_page(context, queue, page_size, cursor))


def _record_page(
    context: ClientContext, queue: QueueRef, limit: int, cursor: str | None
) -> Plan[ListAnnotationQueueRecordsResponse]:
    def page(queue_id: str) -> Plan[ListAnnotationQueueRecordsResponse]:
        return call(context, list_annotation_queue_records, queue_id, limit=limit, cursor=_given(cursor))

    return (yield from addressed(context, queue, page))


def annotate_record(
    context: ClientContext, *, annotation_queue: str, space: str | None, record_id: str, annotations: object
) -> Plan[AnnotateAnnotationQueueRecordResponse]:
    checks = Checks()
    checks.record_id("record_id", record_id)
    read = checks.annotations("annotations", annotations)
    queue = yield from find_queue(context, checks, annotation_queue, space)
    return (yield from annotate(context, queue, record_id, read))


def annotate(
    context: ClientContext, queue: QueueRef, record_id: str, annotations: list[AnnotationInput]
) -> Plan[AnnotateAnnotationQueueRecordResponse]:
    """Annotate one record; all is checked."""
    body = AnnotateAnnotationQueueRecordRequest(annotations)

    def send(queue_id: str) -> Plan[AnnotateAnnotationQueueRecordResponse]:
        return call(context, annotate_annotation_queue_record, queue_id, record_id, body=body)

    return (yield from addressed(context, queue, send))


def assign_record(
    context: ClientContext, *, annotation_queue: str, space: str | None, record_id: str, assigned_user_emails: object
) -> Plan[AssignAnnotationQueueRecordResponse]:
    checks = Checks()
    checks.record_id("record_id", record_id)
    emails = checks.assigned_users("assigned_user_emails", assigned_user_emails)
    queue = yield from find_queue(context, checks, annotation_queue, space)
    return (yield from assign(context, queue, record_id, emails))


def assign(
    context: ClientContext, queue: QueueRef, record_id: str, emails: list[str]
) -> Plan[AssignAnnotationQueueRecordResponse]:
    """Assign one record; all is checked."""
    body = AssignAnnotationQueueRecordRequest(emails)

    def send(queue_id: str) -> Plan[AssignAnnotationQueueRecordResponse]:
        return call(context, assign_annotation_queue_record, queue_id, record_id, body=body)

    return (yield from addressed(context, queue, send))


def list_tags(context: ClientContext, *, annotation_queue: str, space: str | None) -> Plan[ListTagsResponse]:
    checks = Checks()
    only_new(context, checks, "list_tags")
    queue = yield from find_queue(context, checks, annotation_queue, space)
    return (yield from addressed(context, queue, lambda id_: call(context, list_annotation_queue_tags, id_)))


def add_tags(
    context: ClientContext, *, annotation_queue: str, space: str | None, tag_ids: object
) -> Plan[ListTagsResponse]:
    checks = Checks()
    only_new(context, checks, "add_tags")
    body = AddTagsRequest(checks.texts("tag_ids", tag_ids, least=1, most=MAX_TAG_IDS_PER_REQUEST))
    queue = yield from find_queue(context, checks, annotation_queue, space)
    return (yield from addressed(context, queue, lambda id_: call(context, add_annotation_queue_tags, id_, body=body)))


def find_queue(context: ClientContext, checks: Checks, annotation_queue: str, space: str | None) -> Plan[QueueRef]:
    """Check the queue's name or ID with the rest of the call, and find it."""
    check_call(checks, annotation_queue, space)
    return (yield from queue_ref(context, annotation_queue, space))


def check_call(checks: Checks, annotation_queue: str, space: str | None) -> None:
    """Check the queue's name or ID with the rest of the call, and refuse what is wrong.

    Raises:
        InvalidRequestError: Something is.
    """
    check_queue(checks.problems, annotation_queue, space)
    checks.refuse()
    require_space(annotation_queue, space)


def config_ids(context: ClientContext, given: list[str], space_id: SpaceId) -> Plan[list[str]]:
    """Give the ids of annotation configs, each of them once."""
    found: dict[str, None] = {}
    for config in given:
        found[(yield from id_of(context, CONFIG, config, space_id))] = None
    return list(found)


def only_new(context: ClientContext, checks: Checks, what: str) -> None:
    """Refuse what the server surely does not have."""
    if context.revision.is_surely(OLD):
        checks.problems.append(f"{what}: the server speaks revision {OLD} of the API, which does not have it")


def only_new_sources(context: ClientContext, kinds: Iterable[str], *, first: int = 0) -> list[str]:
    """List the kinds of source that the server surely does not have."""
    if not context.revision.is_surely(OLD):
        return []
    return [
        f"record_sources[{index}].record_type: {kind!r} sources do not exist in revision {OLD} of the API, "
        "which the server speaks"
        for index, kind in enumerate(kinds, first)
        if kind in ("trace", "session")
    ]


def _given(cursor: str | None) -> str | Unset:
    return UNSET if cursor is None else cursor
