"""The calls on queues: list, get, update, delete."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arize_queues_raw.api.annotation_queues import (
    delete_annotation_queue,
    get_annotation_queue,
    list_annotation_queues,
    update_annotation_queue,
)
from arize_queues_raw.limits import MAX_PAGE_SIZE
from arize_queues_raw.models import AnnotationQueue, ListAnnotationQueuesResponse, UpdateAnnotationQueueRequest
from arize_queues_raw.unset import UNSET, Unset

from arize_queues._inputs.checks import Checks
from arize_queues._names.resolver import QueueRef, Resolver
from arize_queues._names.resources import CONFIG, SPACE
from arize_queues._plans.steps import Plan
from arize_queues._request.availability import check_available
from arize_queues._request.call import call, call_delete
from arize_queues._request.context import ClientContext
from arize_queues._request.pagination import stream


def list_queues(
    context: ClientContext, *, space: str | None, name: str | None, limit: int, cursor: str | None
) -> Plan[ListAnnotationQueuesResponse]:
    checks = Checks()
    checks.cursor(cursor)
    filters = _filters(checks, space, name, "limit", limit)
    return (yield from call(context, list_annotation_queues, **filters, cursor=UNSET if cursor is None else cursor))


def iter_queues(context: ClientContext, *, space: str | None, name: str | None, page_size: int) -> Plan[None]:
    filters = _filters(Checks(), space, name, "page_size", page_size)
    yield from stream(
        lambda cursor: call(context, list_annotation_queues, **filters, cursor=UNSET if cursor is None else cursor)
    )


def _filters(checks: Checks, space: str | None, name: str | None, field: str, limit: int) -> dict[str, Any]:
    """Check and return the filters of a listing; the space is only a filter, so no name is resolved."""
    if space is not None:
        checks.name_or_id("space", space)
    if name is not None:
        checks.name("name", name)
    checks.page_size(field, limit, MAX_PAGE_SIZE)
    checks.refuse()
    filters: dict[str, Any] = {"limit": limit}
    if space is not None:
        filters["space_id" if SPACE.has_id(space) else "space_name"] = str(space)
    if name is not None:
        filters["name"] = str(name)
    return filters


def get_queue(context: ClientContext, *, annotation_queue: str, space: str | None) -> Plan[AnnotationQueue]:
    resolver = Resolver(context, QueueRef.checked(Checks(), annotation_queue, space))
    return (yield from resolver.with_queue_id(lambda queue_id: call(context, get_annotation_queue, queue_id)))


def update_queue(  # as many arguments as the API has fields
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
    checks, body = Checks(), UpdateAnnotationQueueRequest()
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
        check_available(context, checks, "column_allowlist")
    if configs is None and not checks.problems and not body.to_dict():
        checks.problems.append(
            "update: nothing to change; give at least one of name, instructions, annotation_config_ids, "
            "annotator_emails, column_allowlist"
        )
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    yield from resolver.queue_id()
    found = yield from resolver.retry_if_stale(lambda: _update(context, resolver, configs, body))
    if not isinstance(name, Unset):
        context.names.forget_id(found.id)
    return found


def _update(
    context: ClientContext, resolver: Resolver, configs: list[str] | None, body: UpdateAnnotationQueueRequest
) -> Plan[AnnotationQueue]:
    if configs is not None:
        body.annotation_config_ids = yield from config_ids(resolver, configs)
    queue_id = yield from resolver.queue_id()
    return (yield from call(context, update_annotation_queue, queue_id, body=body))


def delete_queue(context: ClientContext, *, annotation_queue: str, space: str | None) -> Plan[None]:
    resolver = Resolver(context, QueueRef.checked(Checks(), annotation_queue, space))
    yield from resolver.with_queue_id(lambda queue_id: call_delete(context, delete_annotation_queue, queue_id))
    context.names.forget_id((yield from resolver.queue_id()))


def config_ids(resolver: Resolver, configs: list[str]) -> Plan[list[str]]:
    """Return the IDs of annotation configs, each of them once."""
    found: dict[str, None] = {}
    for config in configs:
        found[(yield from resolver.id_of(CONFIG, config))] = None
    return list(found)
