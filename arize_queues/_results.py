"""Results of bulk calls, with their counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import attrs
from arize_queues_raw.encoding import as_json
from arize_queues_raw.frames import data_frame

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]
    from arize_queues_raw.models import AnnotationQueueRecord

T = TypeVar("T")

_LONGEST_SHOWN = 80  # characters of an ID, in the text of a failure


class _Written(ABC):
    """Base class of results that can be written as JSON."""

    __slots__ = ()

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dict."""

    def to_json(self) -> str:
        """Return compact JSON text."""
        return as_json(self.to_dict())


class _Counts(_Written):
    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the counts by their names."""
        return attrs.asdict(cast("Any", self))


@attrs.frozen(kw_only=True)
class AddSummary(_Counts):
    """The counts of an add; all but `submitted` and `requests_sent` add up to `submitted`.

    Attributes:
        submitted: Records of the input. A whole dataset counts as its new records, and as one until they are known.
        duplicates: Records that repeat an earlier one of the input, and were dropped.
        created: Records that are new in the queue.
        already_present: Records that were in the queue before, or were created by an attempt whose answer was lost.
        failed: Records that were refused or are of unknown fate; the failures have their errors.
        not_sent: Records that were never sent.
        requests_sent: Add requests that succeeded, not counting retries.
    """

    submitted: int = 0
    duplicates: int = 0
    created: int = 0
    already_present: int = 0
    failed: int = 0
    not_sent: int = 0
    requests_sent: int = 0

    def __str__(self) -> str:
        return (
            f"{self.submitted} submitted = {self.created} created + {self.already_present} already present + "
            f"{self.duplicates} duplicates + {self.failed} failed + {self.not_sent} not sent"
        )


@attrs.frozen(kw_only=True)
class BulkSummary(_Counts):
    """The counts of a delete, annotate or assign; all but `submitted` and `requests_sent` add up to it.

    Attributes:
        submitted: Records of the input.
        duplicates: Records that repeat an earlier one of the input, and were dropped.
        done: Records that were deleted, annotated or assigned.
        left_out: Records that were not sent on purpose; the result has the reasons.
        failed: Records that were refused or are of unknown fate; the failures have their errors.
        not_sent: Records that were never sent.
        requests_sent: Requests that succeeded, not counting retries.
    """

    submitted: int = 0
    duplicates: int = 0
    done: int = 0
    left_out: int = 0
    failed: int = 0
    not_sent: int = 0
    requests_sent: int = 0

    def __str__(self) -> str:
        return (
            f"{self.submitted} submitted = {self.done} done + {self.left_out} left out + "
            f"{self.duplicates} duplicates + {self.failed} failed + {self.not_sent} not sent"
        )


@attrs.frozen
class Failure:
    """Records of a bulk call that failed with one error.

    Attributes:
        what: The IDs of the records.
        error: The error.
    """

    what: list[str]
    error: Exception

    def __str__(self) -> str:
        shown = ", ".join(map(_short, self.what[:3])) + (
            f" and {len(self.what) - 3} more" if len(self.what) > 3 else ""
        )
        return f"{shown}: {self.error}"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}..."


@attrs.frozen
class AddRecordsResult(_Written):
    """The result of `add_records`.

    Attributes:
        record_sources: The created records, in input order, under the name that Arize has for them.
        summary: The counts.
    """

    record_sources: list[AnnotationQueueRecord]
    summary: AddSummary

    @property
    def requests_sent(self) -> int:
        """Number of add requests that succeeded, not counting retries."""
        return self.summary.requests_sent

    def __iter__(self) -> Iterator[AnnotationQueueRecord]:
        return iter(self.record_sources)

    def __len__(self) -> int:
        return len(self.record_sources)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dict of the records and the counts."""
        records = [record.to_dict() for record in self.record_sources]
        return {"record_sources": records, "summary": self.summary.to_dict()}

    def to_df(self) -> pandas.DataFrame:
        """Return a pandas DataFrame with a row for each record, as pages do.

        Raises:
            ImportError: pandas is not installed; the extra `pandas` installs it.
        """
        return data_frame(self.record_sources)


class BulkResult(dict[str, T], _Written):
    """Record ID to answer, in input order.

    Attributes:
        summary: The counts.
        left_out: Record ID to the reason why nothing was sent for it.
        trimmed: Record ID to the reason why some of its annotations were not sent.
    """

    def __init__(
        self,
        results: Mapping[str, T],
        summary: BulkSummary,
        left_out: Mapping[str, str] | None = None,
        trimmed: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(results)
        self.summary = summary
        self.left_out = dict(left_out or {})
        self.trimmed = dict(trimmed or {})

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dict of the answers, the counts and the records left out."""
        results = {record_id: cast("Any", result).to_dict() for record_id, result in self.items()}
        return {
            "results": results,
            "summary": self.summary.to_dict(),
            "left_out": self.left_out,
            "trimmed": self.trimmed,
        }

    def __reduce__(self) -> tuple[type[BulkResult[T]], tuple[Any, ...]]:
        """Pickle with the counts, which the pickling of a dict would lose."""
        return type(self), (dict(self), self.summary, self.left_out, self.trimmed)


@attrs.frozen
class ResponseInfo:
    """One answer, for `on_response`.

    Attributes:
        method: The HTTP method.
        path: The path of the request, as it was sent, without its query.
        status_code: The HTTP status.
        elapsed: Seconds from sending the request to the end of the answer.
        request_id: The server's ID of the request, or None.
        attempt: 1 for the first attempt, 2 for the first retry, and so on.
    """

    method: str
    path: str
    status_code: int
    elapsed: float
    request_id: str | None
    attempt: int
