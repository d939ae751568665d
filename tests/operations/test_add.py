"""Adding records: the progress that is reported."""

from __future__ import annotations

from arize_queues import ExampleSource, SpanSource
from tests.support.answers import record, reply
from tests.support.clients import serve


def test_progress_ends_at_its_total_with_a_whole_dataset():
    """A whole dataset counts as one record in `done` and in `total`, so progress ends at its total."""
    server = serve(reply(201, {"record_sources": [record()]}))
    calls: list[tuple[int, int | None]] = []
    server.client().annotation_queues.add_records(
        annotation_queue="aq_1",
        record_sources=[
            ExampleSource(dataset="ds_1"),
            SpanSource(project="proj_1", start_time="2026-01-01", end_time="2026-01-02", span_ids=["a", "b"]),
        ],
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls[-1] == (3, 3)
