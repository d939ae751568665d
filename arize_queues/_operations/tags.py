"""The calls on the tags of a queue."""

from __future__ import annotations

from arize_queues_raw.api.annotation_queues import add_annotation_queue_tags, list_annotation_queue_tags
from arize_queues_raw.limits import MAX_TAG_IDS_PER_REQUEST
from arize_queues_raw.models import AddTagsRequest, ListTagsResponse

from arize_queues._inputs.checks import Checks
from arize_queues._names.resolver import QueueRef, Resolver
from arize_queues._plans.steps import Plan
from arize_queues._request.availability import check_available
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext


def list_tags(context: ClientContext, *, annotation_queue: str, space: str | None) -> Plan[ListTagsResponse]:
    checks = Checks()
    check_available(context, checks, "list_tags")
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    return (yield from resolver.with_queue_id(lambda queue_id: call(context, list_annotation_queue_tags, queue_id)))


def add_tags(
    context: ClientContext, *, annotation_queue: str, space: str | None, tag_ids: object
) -> Plan[ListTagsResponse]:
    checks = Checks()
    check_available(context, checks, "add_tags")
    body = AddTagsRequest(checks.texts("tag_ids", tag_ids, least=1, most=MAX_TAG_IDS_PER_REQUEST))
    resolver = Resolver(context, QueueRef.checked(checks, annotation_queue, space))
    return (
        yield from resolver.with_queue_id(
            lambda queue_id: call(context, add_annotation_queue_tags, queue_id, body=body)
        )
    )
