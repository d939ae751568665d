"""The models of the API, under the names of the official package.

Code from Arize's documentation runs with only the name of the package changed in its imports. Where a name of the
official package of May 2026 differs from today's, both are here. All names in the annotations of public methods can be
resolved here, too: `typing.get_type_hints(method, vars(arize_queues.types))`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping
from typing import Any, Self

import attrs
import httpx
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

from ._bulk.options import LedgerPath, OnConflict, ProgressOption
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
    """The official package's wrapper of a record source; `record_sources` takes the source without it, too.

    Attributes:
        actual_instance: A span, trace, session or example input.
    """

    actual_instance: Any


# Names in annotations that are not models; type checkers see them used.
_ANNOTATIONS: list[Any] = [AsyncGenerator, Callable, Generator, Iterable, Mapping, Self, httpx]

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
    "LedgerPath",
    "ListAnnotationQueueRecordsResponse",
    "ListAnnotationQueuesResponse",
    "ListTagsResponse",
    "OnConflict",
    "OptimizationDirection",
    "PaginationMetadata",
    "PlannedRequest",
    "PlannedSource",
    "ProgressOption",
    "RecordGranularity",
    "RecordPlan",
    "ResponseInfo",
    "Tag",
    "TagColor",
    "Unset",
]
