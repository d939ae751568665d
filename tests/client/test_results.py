"""What bulk calls return, written out."""

from __future__ import annotations

import json

import pytest
from arize_queues_raw.models import AnnotateAnnotationQueueRecordResponse, AnnotationQueueRecord

from arize_queues import APIConnectionError, SpanSource
from arize_queues._sources.packing import pack
from arize_queues._sources.reader import normalise
from arize_queues.types import AddRecordsResult, AddSummary, BulkResult, BulkSummary, Failure
from tests.support.answers import record

ADDED = AddRecordsResult(
    [AnnotationQueueRecord.from_dict(record(data={"input": "hi", "score": float("nan")}))],
    AddSummary(submitted=2, created=1, duplicates=1, requests_sent=1),
)
SUMMARY = {"submitted": 2, "duplicates": 1, "created": 1, "already_present": 0, "failed": 0, "not_sent": 0}
DONE = {"id": "aqr_1", "annotation_queue_id": "aq_1", "source_type": "spans", "annotations": [{"name": "notes"}]}
ANNOTATED = BulkResult(
    {"aqr_1": AnnotateAnnotationQueueRecordResponse.from_dict(DONE)},
    BulkSummary(submitted=2, done=1),
    {"r2": "skipped"},
)
PLAN = pack(
    normalise([SpanSource(project="prj_1", start_time="2026-03-02", end_time="2026-03-03", span_ids=["a", "a", "b"])])
)


def test_an_add_gives_its_records_and_counts():
    """The result of an add has its records under the official package's name, and its counts."""
    written = ADDED.to_dict()
    assert [item["id"] for item in written["record_sources"]] == ["aqr_1"]
    assert written["summary"] == {**SUMMARY, "requests_sent": 1}


def test_a_bulk_call_gives_what_it_did_to_each_record():
    """The result of a bulk call maps record IDs to answers, and has the counts and the records left out."""
    written = ANNOTATED.to_dict()
    assert written["results"]["aqr_1"]["annotations"] == [{"name": "notes"}]
    assert written["left_out"] == {"r2": "skipped"}
    assert written["summary"]["done"] == 1


def test_a_plan_gives_the_requests_as_they_would_be_sent():
    """A plan has the bodies of its requests in the spelling of the contract."""
    (request,) = PLAN.to_dict()["requests"]
    assert request["record_sources"][0]["span_ids"] == ["a", "b"]
    assert (PLAN.to_dict()["submitted"], PLAN.to_dict()["duplicates"]) == (3, 1)


@pytest.mark.parametrize("thing", [ADDED, ADDED.summary, ANNOTATED, ANNOTATED.summary, PLAN])
def test_all_of_them_are_written_as_json(thing):
    """All results convert to JSON; values that JSON lacks become null."""
    assert json.loads(thing.to_json()) == json.loads(json.dumps(thing.to_dict()).replace("NaN", "null"))


def test_an_add_gives_a_data_frame_of_its_records():
    """The data frame of an add has a row for each record."""
    frame = ADDED.to_df()
    assert list(frame["id"]) == ["aqr_1"]
    assert list(frame["data.input"]) == ["hi"]


def test_a_failure_shows_little_of_long_ids():
    """The text of a failure shortens long IDs and long lists of IDs."""
    error = APIConnectionError("GET", "/x", "no answer")
    text = str(Failure(["r" * 70_000, "b", "c", "d"], error))
    assert len(text) < 200
    assert text.endswith(", b, c and 1 more: GET /x: no answer")
