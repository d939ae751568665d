"""Uses of the public API that are only type-checked: what a user writes, and what the checkers must know of it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from typing import Any, assert_type

import httpx

from arize_queues import (
    APIStatusError,
    ArizeClient,
    AsyncArizeClient,
    ExampleSource,
    Id,
    InvalidRequestError,
    Name,
    NameNotFoundError,
    PartialFailureError,
    SessionSource,
    SpanSource,
    TraceSource,
)
from arize_queues.annotation_queues.types import AnnotationInput as DocumentedAnnotationInput
from arize_queues.types import (
    AddRecordsResult,
    AnnotateAnnotationQueueRecordResponse,
    Annotation,
    AnnotationInput,
    AnnotationQueue,
    AnnotationQueueAssignedUser,
    AnnotationQueueRecord,
    AnnotationQueueRecordInput,
    AnnotationQueueSpanRecordInput,
    AnnotatorUser,
    BulkResult,
    ListAnnotationQueueRecordsResponse,
    ListAnnotationQueuesResponse,
    RecordPlan,
    ResponseInfo,
)


def settings(context: ssl.SSLContext) -> None:
    """Make clients in every way."""

    def told(info: ResponseInfo) -> None:
        assert_type(info.elapsed, float)
        assert_type(info.request_id, str | None)

    with ArizeClient(api_key="k", region="eu-west-1a", timeout=httpx.Timeout(5), on_response=told) as client:
        assert_type(client, ArizeClient)
        assert_type(client.with_options(timeout=None, max_retries=0), ArizeClient)
    ArizeClient(api_key="k", base_url="https://x", ssl_context=context, default_headers={"X": "y"}).close()
    ArizeClient(api_key="k", http_client=httpx.Client())
    AsyncArizeClient(api_key="k", http_client=httpx.AsyncClient(), max_concurrency=2, api_revision="2026-10")


def queues(client: ArizeClient) -> None:
    """Make, read, change and delete queues."""
    page = client.annotation_queues.list(space="s", name="n", limit=5, cursor=None)
    assert_type(page, ListAnnotationQueuesResponse)
    assert_type(page.annotation_queues, list[AnnotationQueue])
    assert_type(page.pagination.next_cursor, str | None)
    for queue in page:
        assert_type(queue, AnnotationQueue)
        assert_type(queue.instructions, str | None)
        assert_type(queue.annotators, list[AnnotatorUser])
        assert_type(queue.created_at, datetime)
        assert_type(queue.to_dict(), dict[str, Any])
        assert_type(queue.to_json(), str)
    walk: Iterator[AnnotationQueue] = client.annotation_queues.iter(space=Id("spc_1"))
    assert_type(next(walk), AnnotationQueue)
    made = client.annotation_queues.create(
        name="n",
        space=Name("s"),
        annotation_config_ids=("accuracy", "notes"),
        annotator_emails={"a@b.c"},
        assignment_method="all",
        record_sources=[SpanSource(project="p", start_time="2026-03-01", end_time=date(2026, 3, 2), span_ids=["s"])],
    )
    changed = client.annotation_queues.update(annotation_queue=made.id, instructions=None, column_allowlist=None)
    assert_type(changed, AnnotationQueue)
    client.annotation_queues.delete(annotation_queue=made.id)


def records(client: ArizeClient) -> None:
    """Add, read, annotate and assign records."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    sources = [
        TraceSource(project="p", start_time=now, end_time=now, trace_ids=("t",)),
        SessionSource(project="p", start_time=now, end_time=now, session_ids=iter(["s"])),
        ExampleSource(dataset="d"),
        AnnotationQueueSpanRecordInput("p", now, now, ["s"]),
        AnnotationQueueRecordInput(actual_instance={"record_type": "span"}),
        {"record_type": "example", "dataset": "d"},
        *SpanSource.from_rows([{"context.span_id": "s", "start_time": now}], project="p"),
    ]
    plan = client.annotation_queues.plan_records(annotation_queue="aq_1", record_sources=sources)
    assert_type(plan, RecordPlan)
    added = client.annotation_queues.add_records(annotation_queue="aq_1", record_sources=sources, progress=True)
    assert_type(added, AddRecordsResult)
    assert_type(added.record_sources, list[AnnotationQueueRecord])
    assert_type(added.requests_sent, int)
    found = client.annotation_queues.list_records(annotation_queue="aq_1")
    assert_type(found, ListAnnotationQueueRecordsResponse)
    for record in client.annotation_queues.iter_records(annotation_queue="aq_1"):
        assert_type(record.data, dict[str, Any])
        assert_type(record.annotations, list[Annotation])
        assert_type(record.assigned_users, list[AnnotationQueueAssignedUser])
    notes = [AnnotationInput(name="a", score=1), AnnotationInput("b", label="x", text="y")]
    client.annotation_queues.annotate_record(annotation_queue="aq_1", record_id="r", annotations=notes)
    client.annotation_queues.annotate_record(
        annotation_queue="aq_1", record_id="r", annotations=[{"name": "a"}, DocumentedAnnotationInput("b")]
    )
    done = client.annotation_queues.annotate_records(annotation_queue="aq_1", annotations={"r": notes})
    assert_type(done, BulkResult[AnnotateAnnotationQueueRecordResponse])
    assert_type(done["r"].annotations, list[Annotation])
    pairs = ((name, ["a@b.c"]) for name in ("r1", "r2"))
    client.annotation_queues.assign_records(annotation_queue="aq_1", assignments=pairs, progress=print)
    client.annotation_queues.delete_records(annotation_queue="aq_1", record_ids=(name for name in ("a", "b")))


def errors(client: ArizeClient) -> None:
    """Catch errors, and read what they carry."""
    try:
        client.annotation_queues.get(annotation_queue="aq_1")
    except InvalidRequestError as error:
        assert_type(error.problems, tuple[str, ...])
    except NameNotFoundError as error:
        assert_type(error.candidates, list[str])
    except APIStatusError as error:
        assert_type(error.status_code, int)
        assert_type(error.retry_after, float | None)
    except PartialFailureError as error:
        assert_type(error.failures[0].what, list[str])


async def in_async(client: AsyncArizeClient) -> None:
    """Do the same in tasks."""
    async with client:
        assert_type(await client.annotation_queues.get(annotation_queue="aq_1"), AnnotationQueue)
        walk: AsyncIterator[AnnotationQueueRecord] = client.annotation_queues.iter_records(annotation_queue="aq_1")
        async for record in walk:
            assert_type(record, AnnotationQueueRecord)
        assert_type(await client.annotation_queues.list(), ListAnnotationQueuesResponse)
