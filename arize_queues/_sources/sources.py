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
    """Keep the IDs of any iterable, so that a source can be used twice; what is none is judged later."""
    return cast("tuple[str, ...]", tuple(ids) if is_list(ids) else ids)


def _keep_optional_ids(ids: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if ids is None else _keep_ids(ids)


@attrs.frozen(kw_only=True)
class RecordSource:
    """What the four kinds of source have in common.

    A source holds what it was given. It is judged, and its times are turned into UTC, when a call takes it.
    """

    kind: ClassVar[Kind]
    owner_field: ClassVar[Literal["project", "dataset"]]
    ids_field: ClassVar[str]

    @property
    def owner(self) -> str:
        """Give the project or dataset: a name or an ID."""
        return cast("str", getattr(self, self.owner_field))

    @property
    def ids(self) -> tuple[str, ...] | None:
        """Give the IDs of the spans, traces, sessions or examples; None stands for a whole dataset."""
        return cast("tuple[str, ...] | None", getattr(self, self.ids_field))

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """Give the time range, of a source that has been read by a call; None for examples."""
        return None

    @property
    def version(self) -> str | None:
        """Give the ID of the dataset's version; None for the latest, and for what is not of a dataset."""
        return None

    @property
    def slot_key(self) -> tuple[object, ...]:
        """Give what two sources must share for their IDs to travel as one source of a request."""
        # A name and an ID may be the same string and mean two things.
        return (self.kind, type(self.owner), str(self.owner), self.window, self.version)

    def with_ids(self, ids: Iterable[str]) -> Self:
        """Copy the source with other IDs."""
        return attrs.evolve(self, **cast("dict[str, Any]", {self.ids_field: ids}))

    def with_owner(self, owner: str) -> Self:
        """Copy the source with another project or dataset, such as the ID that a name was resolved to."""
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
        """Make the fewest sources that hold what the rows name, each within the longest time range allowed.

        A range begins at its first row and ends shortly after its last. Within a source the IDs keep the
        order of the rows. For traces and sessions the rows may be spans, many to each: a trace or session
        counts once, at its earliest row, which is where its root span or first trace is.

        Args:
            rows: Mappings, or a pandas, polars or pyarrow table (extra `rows`).
            project: The project's name or ID.
            id: The column with the IDs; if not given, what Arize calls it, which is "context.span_id",
                "context.trace_id" or "attributes.session.id".
            time: The column with the times: aware datetimes, or ISO 8601 strings with an offset.

        Raises:
            InvalidRequestError: A column is missing, or an ID or a time cannot be used; all rows are named.
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
        start_time: The start of the time range that the spans lie in: an aware datetime, a date (midnight in
            UTC) or an ISO 8601 string.
        end_time: The end of that range, in the same forms; after the start by at most
            `arize_queues_raw.limits.MAX_TIME_RANGE_DAYS` days.
        span_ids: The spans' IDs, one or more; any number, as a call sends as many requests as needed.
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
        start_time: The start of the time range in which each trace's root span is looked for: an aware
            datetime, a date (midnight in UTC) or an ISO 8601 string.
        end_time: The end of that range, in the same forms; after the start by at most
            `arize_queues_raw.limits.MAX_TIME_RANGE_DAYS` days.
        trace_ids: The traces' IDs, one or more; any number, as a call sends as many requests as needed.
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
        start_time: The start of the time range in which each session's first trace is looked for: an aware
            datetime, a date (midnight in UTC) or an ISO 8601 string.
        end_time: The end of that range, in the same forms; after the start by at most
            `arize_queues_raw.limits.MAX_TIME_RANGE_DAYS` days.
        session_ids: The sessions' IDs, one or more; any number, as a call sends as many requests as need be.
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
        dataset_version_id: The ID of one of its versions; None is the latest.
        example_ids: The examples' IDs, one or more, any number. None is the whole dataset, which goes in a
            request to itself, and which the server refuses if it is larger than a request may be.
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
    """Spell a source, with these of its IDs, as an item of the JSON body, in the contract's lower case.

    Args:
        source: A source whose times have been read and whose owner is an ID.
        ids: The IDs that go into this request; None for a whole dataset.
    """
    wire: dict[str, Any] = {"record_type": source.kind, f"{source.owner_field}_id": str(source.owner)}
    if source.window is not None:
        wire |= {"start_time": rfc3339(source.window[0]), "end_time": rfc3339(source.window[1])}
    if source.version is not None:
        wire["dataset_version_id"] = source.version
    if ids is not None:
        wire[source.ids_field] = list(ids)
    return wire
