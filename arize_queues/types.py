"""The models that users meet, under the official SDK's names.

Code from Arize's documentation runs with only the package's name changed in its imports. Where a name of the SDK of
May 2026 differs from today's, both are here.
"""

from __future__ import annotations

from typing import Any

import attrs
from arize_queues_raw.models import (
    AnnotateAnnotationQueueRecordResponse,
    Annotation,
    AnnotationConfigType,
    AnnotationInput,
    AnnotationQueue,
    AnnotationQueueAssignedUser,
    AnnotationQueueCompletionStatus,
    AnnotationQueueExampleRecordInput,
    AnnotationQueueRecord,
    AnnotationQueueRecordType,
    AnnotationQueueSessionRecordInput,
    AnnotationQueueSourceType,
    AnnotationQueueSpanRecordInput,
    AnnotationQueueTraceRecordInput,
    AnnotatorUser,
    AssignAnnotationQueueRecordResponse,
    AssignmentMethod,
    CategoricalAnnotationConfig,
    CategoricalAnnotationValue,
    ContinuousAnnotationConfig,
    CreateAnnotationQueueRecordResponse,
    Evaluation,
    FreeformAnnotationConfig,
    ListAnnotationQueueRecordsResponse,
    ListAnnotationQueuesResponse,
    ListTagsResponse,
    OptimizationDirection,
    PaginationMetadata,
    RecordGranularity,
    Tag,
    TagColor,
)
from arize_queues_raw.unset import UNSET, Unset

from arize_queues._sources.packing import PlannedRequest, PlannedSource, RecordPlan

from ._results import AddRecordsResult, AddSummary, BulkResult, BulkSummary, Failure, ResponseInfo

# The names of May 2026.
AnnotationQueueListResponse = ListAnnotationQueuesResponse
AnnotationQueueRecordListResponse = ListAnnotationQueueRecordsResponse
AnnotationQueueRecordCreateResponse = CreateAnnotationQueueRecordResponse
AnnotationQueueRecordAnnotateResult = AnnotateAnnotationQueueRecordResponse
AnnotationQueueRecordAssignResult = AssignAnnotationQueueRecordResponse
AssignedUser = AnnotationQueueAssignedUser

AnnotationConfig = CategoricalAnnotationConfig | ContinuousAnnotationConfig | FreeformAnnotationConfig


@attrs.frozen
class AnnotationQueueRecordInput:
    """A record source in the official SDK's wrapper; `record_sources` takes what is in it without it, too.

    Attributes:
        actual_instance: A span, trace, session or example input.
    """

    actual_instance: Any


__all__ = [
    "UNSET",
    "AddRecordsResult",
    "AddSummary",
    "AnnotateAnnotationQueueRecordResponse",
    "Annotation",
    "AnnotationConfig",
    "AnnotationConfigType",
    "AnnotationInput",
    "AnnotationQueue",
    "AnnotationQueueAssignedUser",
    "AnnotationQueueCompletionStatus",
    "AnnotationQueueExampleRecordInput",
    "AnnotationQueueListResponse",
    "AnnotationQueueRecord",
    "AnnotationQueueRecordAnnotateResult",
    "AnnotationQueueRecordAssignResult",
    "AnnotationQueueRecordCreateResponse",
    "AnnotationQueueRecordInput",
    "AnnotationQueueRecordListResponse",
    "AnnotationQueueRecordType",
    "AnnotationQueueSessionRecordInput",
    "AnnotationQueueSourceType",
    "AnnotationQueueSpanRecordInput",
    "AnnotationQueueTraceRecordInput",
    "AnnotatorUser",
    "AssignAnnotationQueueRecordResponse",
    "AssignedUser",
    "AssignmentMethod",
    "BulkResult",
    "BulkSummary",
    "CategoricalAnnotationConfig",
    "CategoricalAnnotationValue",
    "ContinuousAnnotationConfig",
    "CreateAnnotationQueueRecordResponse",
    "Evaluation",
    "Failure",
    "FreeformAnnotationConfig",
    "ListAnnotationQueueRecordsResponse",
    "ListAnnotationQueuesResponse",
    "ListTagsResponse",
    "OptimizationDirection",
    "PaginationMetadata",
    "PlannedRequest",
    "PlannedSource",
    "RecordGranularity",
    "RecordPlan",
    "ResponseInfo",
    "Tag",
    "TagColor",
    "Unset",
]
