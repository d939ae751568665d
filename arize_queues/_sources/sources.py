"""Record sources: which spans, traces, sessions or examples go into a queue.

The fields and their limits are those of Arize's page "Create annotation queue records"
(https://arize.com/docs/ax/rest-reference).
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Self, cast

import attrs

from arize_queues._inputs.messages import is_list
from arize_queues._inputs.times import rfc3339

from .time_ranges import ArrowTable, windows

__all__ = ["IDS_FIELDS", "ExampleSource", "RecordSource", "SessionSource", "SpanSource", "TraceSource", "to_wire"]

Kind = Literal["span", "trace", "session", "example"]


def _keep_ids(ids: Iterable[str]) -> tuple[str, ...]:
    """Copy the IDs of any iterable, so that a source can be used twice; other values are checked later."""
    return cast("tuple[str, ...]", tuple(ids) if is_list(ids) else ids)


def _keep_optional_ids(ids: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if ids is None else _keep_ids(ids)


@attrs.frozen(kw_only=True)
class RecordSource:
    """Base class of the four kinds of source.

    A source keeps its arguments as they are. A call checks them and converts the times to UTC.
    """

    kind: ClassVar[Kind]
    owner_field: ClassVar[Literal["project", "dataset"]]
    ids_field: ClassVar[str]

    @property
    def owner(self) -> str:
        """The name or ID of its project or dataset."""
        return cast("str", getattr(self, self.owner_field))

    @property
    def ids(self) -> tuple[str, ...] | None:
        """The IDs of its spans, traces, sessions or examples; None for a whole dataset."""
        return cast("tuple[str, ...] | None", getattr(self, self.ids_field))

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """The time range of a normalised source; None for examples."""
        return None

    @property
    def version(self) -> str | None:
        """The ID of the dataset version; None for the latest one, and for other sources."""
        return None

    @property
    def slot_key(self) -> tuple[object, ...]:
        """Sources with equal keys are sent as one source of a request."""
        # The same string may be a name in one source and an ID in another.
        return (self.kind, type(self.owner), str(self.owner), self.window, self.version)

    def with_ids(self, ids: Iterable[str]) -> Self:
        """Return a copy with other IDs."""
        return attrs.evolve(self, **cast("dict[str, Any]", {self.ids_field: ids}))

    def with_owner(self, owner: str) -> Self:
        """Return a copy with another project or dataset, such as the ID of a resolved name."""
        return attrs.evolve(self, **cast("dict[str, Any]", {self.owner_field: owner}))


@attrs.frozen(kw_only=True)
class _ProjectSource(RecordSource):
    owner_field: ClassVar[Literal["project", "dataset"]] = "project"
    _id_column: ClassVar[str]

    project: str
    start_time: datetime | date | str
    end_time: datetime | date | str

    @property
    def window(self) -> tuple[datetime, datetime]:
        return cast("tuple[datetime, datetime]", (self.start_time, self.end_time))

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[Mapping[str, object]] | ArrowTable,
        *,
        project: str,
        id: str | None = None,  # noqa: A002 - the rows' column "id"
        time: str = "start_time",
    ) -> list[Self]:
        """Build the fewest sources that hold all rows, each within the longest allowed time range.

        A range begins at its first row and ends shortly after its last. Within a source the IDs keep the order of
        the rows. For traces and sessions the rows may be spans: a trace or session counts once, at its earliest
        row, where its root span or first trace is.

        Args:
            rows: Mappings, or a pandas, polars or pyarrow table (extra `rows`).
            project: The project's name or ID.
            id: The column with the IDs; by default "context.span_id", "context.trace_id" or "attributes.session.id", as
                Arize names it.
            time: The column with the times: aware datetimes, or ISO 8601 strings with an offset.

        Raises:
            InvalidRequestError: A column is missing, or an ID or a time is invalid; it names every row.
            ImportError: The rows are a table, and narwhals is not installed.
        """
        sources: list[Self] = []
        column = cls._id_column if id is None else id
        for start, end, ids in windows(rows, column, time, earliest=cls.kind != "span"):
            fields: dict[str, Any] = {
                "project": project,
                "start_time": start,
                "end_time": end,
                cls.ids_field: ids,
            }
            sources.append(cls(**fields))
        return sources


@attrs.frozen(kw_only=True)
class SpanSource(_ProjectSource):
    """Spans of a project.

    Attributes:
        project: The project's name or ID.
        start_time: Start of the time range of the spans: an aware datetime, a date (midnight in UTC) or an ISO 8601
            string.
        end_time: End of that range, in the same forms; after the start by at most
            `arize_queues_raw.limits.MAX_TIME_RANGE_DAYS` days.
        span_ids: One or more span IDs; a call sends as many requests as they need.
    """

    kind: ClassVar[Kind] = "span"
    ids_field: ClassVar[str] = "span_ids"
    _id_column: ClassVar[str] = "context.span_id"

    span_ids: tuple[str, ...] = attrs.field(converter=_keep_ids, repr=reprlib.repr)


@attrs.frozen(kw_only=True)
class TraceSource(_ProjectSource):
    """Whole traces of a project (since revision 2026-10 of the API).

    Attributes:
        project: The project's name or ID.
        start_time: Start of the time range of each trace's root span: an aware datetime, a date (midnight in UTC) or
            an ISO 8601 string.
        end_time: End of that range, in the same forms; after the start by at most
            `arize_queues_raw.limits.MAX_TIME_RANGE_DAYS` days.
        trace_ids: One or more trace IDs; a call sends as many requests as they need.
    """

    kind: ClassVar[Kind] = "trace"
    ids_field: ClassVar[str] = "trace_ids"
    _id_column: ClassVar[str] = "context.trace_id"

    trace_ids: tuple[str, ...] = attrs.field(converter=_keep_ids, repr=reprlib.repr)


@attrs.frozen(kw_only=True)
class SessionSource(_ProjectSource):
    """Whole sessions of a project (since revision 2026-10 of the API).

    Attributes:
        project: The project's name or ID.
        start_time: Start of the time range of each session's first trace: an aware datetime, a date (midnight in
            UTC) or an ISO 8601 string.
        end_time: End of that range, in the same forms; after the start by at most
            `arize_queues_raw.limits.MAX_TIME_RANGE_DAYS` days.
        session_ids: One or more session IDs; a call sends as many requests as they need.
    """

    kind: ClassVar[Kind] = "session"
    ids_field: ClassVar[str] = "session_ids"
    _id_column: ClassVar[str] = "attributes.session.id"

    session_ids: tuple[str, ...] = attrs.field(converter=_keep_ids, repr=reprlib.repr)


@attrs.frozen(kw_only=True)
class ExampleSource(RecordSource):
    """Examples of a dataset.

    Attributes:
        dataset: The dataset's name or ID.
        dataset_version_id: The ID of a version; None is the latest one.
        example_ids: One or more example IDs; None is the whole dataset, which is a request of its own. The server
            refuses a dataset larger than a request may be.
    """

    kind: ClassVar[Kind] = "example"
    owner_field: ClassVar[Literal["project", "dataset"]] = "dataset"
    ids_field: ClassVar[str] = "example_ids"

    dataset: str
    dataset_version_id: str | None = None
    example_ids: tuple[str, ...] | None = attrs.field(default=None, converter=_keep_optional_ids, repr=reprlib.repr)

    @property
    def version(self) -> str | None:
        return self.dataset_version_id


IDS_FIELDS = tuple(cls.ids_field for cls in (SpanSource, TraceSource, SessionSource, ExampleSource))


def to_wire(source: RecordSource, ids: Sequence[str] | None) -> dict[str, Any]:
    """Return a source with some of its IDs as an item of the JSON body, in the contract's lower case.

    Args:
        source: A normalised source whose owner is an ID.
        ids: The IDs in this request; None for a whole dataset.
    """
    wire: dict[str, Any] = {"record_type": source.kind, f"{source.owner_field}_id": str(source.owner)}
    if source.window is not None:
        wire |= {"start_time": rfc3339(source.window[0]), "end_time": rfc3339(source.window[1])}
    if source.version is not None:
        wire["dataset_version_id"] = source.version
    if ids is not None:
        wire[source.ids_field] = list(ids)
    return wire
