"""Mistakes that a type checker must find: one in each line that is marked."""

from __future__ import annotations

import httpx

from arize_queues import ArizeClient, AsyncArizeClient, ExampleSource, SpanSource
from arize_queues.types import AnnotationInput


def sync_mistakes(client: ArizeClient) -> None:
    """What a user may get wrong."""
    ArizeClient("key")  # mistake: positional
    ArizeClient(api_key="k", http_client=httpx.AsyncClient())  # mistake: the other colour
    ArizeClient(api_key="k", retries=3)  # mistake: no such setting
    client.annotation_queues.get("aq_1")  # mistake: positional
    client.annotation_queues.get(annotation_queue=5)  # mistake: not a string
    client.annotation_queues.get(annotation_queue="aq_1", limit=5)  # mistake: no such argument
    client.annotation_queues.create(name="n", space="s")  # mistake: arguments are missing
    client.annotation_queues.update(annotation_queue="aq_1", name=None)  # mistake: a name cannot be cleared
    client.annotation_queues.list(limit="5")  # mistake: not a number
    client.annotation_queues.annotate_record(annotation_queue="q", record_id="r", annotations=["a"])  # mistake: text
    client.annotation_queues.assign_records(annotation_queue="q", assignments=["r"])  # mistake: no pairs
    client.annotation_queues.annotate_records(annotation_queue="q", annotations={}, on_conflict="ask")  # mistake: value
    client.annotation_queues.get(annotation_queue="aq_1").nmae  # mistake: no such field  # noqa: B018
    client.annotation_queues.delete(annotation_queue="aq_1").id  # mistake: None  # noqa: B018
    SpanSource(project="p", span_ids=["s"])  # mistake: no time range
    SpanSource("p", "a", "b", ["s"])  # mistake: positional
    ExampleSource(dataset_id="d")  # mistake: no such argument
    AnnotationInput(name="a", score="1")  # mistake: not a number


async def async_mistakes(client: AsyncArizeClient) -> None:
    """What is easily forgotten."""
    client.annotation_queues.get(annotation_queue="aq_1").id  # mistake: not awaited  # noqa: B018
    await client.annotation_queues.iter()  # mistake: an iterator is not awaited
    for _ in client.annotation_queues.iter():  # mistake: not async
        pass
    with client:  # mistake: not async
        pass
