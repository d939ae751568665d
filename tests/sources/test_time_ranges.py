"""`from_rows`: rows with an ID and a time become as few sources as possible."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import narwhals as nw
import pandas as pd
import pytest
from arize_queues_raw import limits
from hypothesis import given
from hypothesis import strategies as st

from arize_queues._sources.packing import pack
from arize_queues._sources.reader import normalise
from arize_queues._sources.sources import SessionSource, SpanSource, TraceSource
from arize_queues.errors import InvalidRequestError

START = datetime(2026, 3, 1, tzinfo=UTC)
LONGEST = timedelta(days=limits.MAX_TIME_RANGE_DAYS)
TICK = timedelta(microseconds=1)
# Many rows lie at the very end of a window, where off-by-one errors show.
offsets = st.builds(
    lambda windows, rest: windows * LONGEST + rest,
    st.integers(0, 4),
    st.sampled_from([timedelta(0), TICK, -TICK, timedelta(days=1), LONGEST / 2]),
)


def rows_at(times: Iterable[datetime]) -> list[dict[str, Any]]:
    """Return a row for each time."""
    return [{"context.span_id": f"s{row}", "start_time": time} for row, time in enumerate(times)]


def fewest(times: list[datetime]) -> int:
    """Return the smallest number of half-open windows, by trying every length of the first one at each step."""
    times = sorted(times)
    best = [0] * (len(times) + 1)
    for first in reversed(range(len(times))):
        reach = [last for last in range(first, len(times)) if times[last] - times[first] < LONGEST]
        best[first] = 1 + min(best[last + 1] for last in reach)
    return best[0]


@given(st.lists(offsets, max_size=12))
def test_windows_cover_all_rows_and_are_the_fewest(starts: list[timedelta]) -> None:
    """Every row is in one window, no window exceeds the limit, and there are as few windows as possible."""
    times = [START + start for start in starts]
    sources = SpanSource.from_rows(rows_at(times), project="chat")
    placed = [id_ for source in sources for id_ in source.span_ids]
    assert sorted(placed) == sorted(f"s{row}" for row in range(len(times)))
    assert len(sources) == fewest(times)
    for source in sources:
        start, end = source.window
        assert start < end <= start + LONGEST
        assert all(start <= times[int(id_[1:])] < end for id_ in source.span_ids)
        assert list(source.span_ids) == sorted(source.span_ids, key=lambda id_: int(id_[1:]))
    if sources:
        assert normalise(sources) == sources


def test_a_row_at_the_limit_begins_the_next_window() -> None:
    """A row exactly the longest range after the first one starts the next window."""
    sources = SpanSource.from_rows(rows_at([START, START + LONGEST - TICK, START + LONGEST]), project="p")
    assert [source.window for source in sources] == [
        (START, START + LONGEST),
        (START + LONGEST, START + LONGEST + timedelta(seconds=1)),
    ]
    assert [source.span_ids for source in sources] == [("s0", "s1"), ("s2",)]


@pytest.mark.parametrize(
    ("cls", "column", "field"),
    [
        (SpanSource, "context.span_id", "span_ids"),
        (TraceSource, "context.trace_id", "trace_ids"),
        (SessionSource, "attributes.session.id", "session_ids"),
    ],
)
def test_each_kind_has_the_column_that_arize_has(cls: Any, column: str, field: str) -> None:
    """The ID column defaults to the one in Arize's exports, and `id` and `time` name other columns."""
    (source,) = cls.from_rows([{column: "x", "start_time": START}], project="chat")
    assert isinstance(source, cls)
    assert (source.project, getattr(source, field)) == ("chat", ("x",))
    assert cls.from_rows([{"i": "x", "t": START}], project="chat", id="i", time="t") == [source]


@pytest.mark.parametrize(
    ("cls", "column"), [(TraceSource, "context.trace_id"), (SessionSource, "attributes.session.id")]
)
def test_traces_and_sessions_count_once_at_their_earliest_row(cls: Any, column: str) -> None:
    """The spans of one trace or session become one ID in the window of the earliest span."""
    times = {"a": [3 * LONGEST, timedelta(0)], "b": [timedelta(hours=1), LONGEST]}
    rows = [{column: id_, "start_time": START + at} for id_, both in times.items() for at in both]
    (source,) = cls.from_rows(rows, project="p")
    assert source.ids == ("a", "b")
    assert source.window[0] == START


def test_repeated_spans_are_left_for_the_planner_to_count() -> None:
    """A repeated span stays in its source, and the plan drops it and counts it as a duplicate."""
    rows = rows_at([START]) * 2
    sources = SpanSource.from_rows(rows, project="p")
    assert [source.span_ids for source in sources] == [("s0", "s0")]
    assert pack(normalise(sources)).duplicates == 1


def test_no_rows_make_no_sources() -> None:
    """An empty table or iterator of rows makes no sources and raises no error."""
    assert SpanSource.from_rows([], project="p") == []
    assert SpanSource.from_rows(iter(()), project="p") == []
    empty = pd.DataFrame({"context.span_id": [], "start_time": []})
    assert SpanSource.from_rows(empty, project="p") == []


def test_tables_and_rows_are_read_alike() -> None:
    """Pandas and narwhals tables, iterators of mappings and ISO strings make the same sources."""
    rows = rows_at([START, START + timedelta(days=1), START + 2 * LONGEST])
    expected = SpanSource.from_rows(rows, project="p")
    assert len(expected) == 2
    frame = pd.DataFrame(rows)
    assert SpanSource.from_rows(frame, project="p") == expected
    assert SpanSource.from_rows(nw.from_native(frame), project="p") == expected
    assert SpanSource.from_rows(iter(rows), project="p") == expected
    written = [row | {"start_time": row["start_time"].isoformat()} for row in rows]
    assert SpanSource.from_rows(written, project="p") == expected


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_other_tables_are_read_alike(library: str) -> None:
    """Polars and pyarrow tables make the same sources as rows."""
    module = pytest.importorskip(library)
    rows = rows_at([START, START + 2 * LONGEST])
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    table = module.table(columns) if library == "pyarrow" else module.DataFrame(columns)
    assert SpanSource.from_rows(table, project="p") == SpanSource.from_rows(rows, project="p")


@pytest.mark.parametrize("as_table", [False, True])
def test_missing_columns_are_listed(as_table: bool) -> None:
    """Each missing column is reported, together with the columns that exist."""
    rows: Any = [{"span": "s1", "when": START}]
    with pytest.raises(InvalidRequestError) as caught:
        SpanSource.from_rows(pd.DataFrame(rows) if as_table else rows, project="p")
    assert [("'context.span_id'" in text, "'start_time'" in text) for text in caught.value.problems] == [
        (True, False),
        (False, True),
    ]
    assert all(text.endswith("'span', 'when'") for text in caught.value.problems)


def test_a_column_missing_in_some_rows_says_in_which() -> None:
    """Rows that lack a column are counted and listed by index."""
    rows: list[dict[str, Any]] = [*rows_at([START]), {"start_time": START}, {"start_time": START}]
    with pytest.raises(InvalidRequestError) as caught:
        SpanSource.from_rows(rows, project="p")
    assert caught.value.problems == (
        "rows: 2 of 3 have no 'context.span_id', at [1, 2]; the first of them has 'start_time'",
    )


@pytest.mark.parametrize(
    ("time", "rule"),
    [
        (1772323200, "is a bare number, whose unit and origin nobody can know"),
        (1772323200.5, "is a bare number"),
        (datetime(2026, 3, 1), "has no time zone"),  # noqa: DTZ001
        (pd.Timestamp("2026-03-01"), "has no time zone"),
        (None, "is not a time"),
        (pd.NaT, "is not a time"),
        (float("nan"), "is not a time"),
        ("2026-03-01", "is a whole day"),
        (date(2026, 3, 1), "is a whole day"),
    ],
)
def test_unusable_times_are_named_with_their_row(time: Any, rule: str) -> None:
    """A time that is ambiguous or invalid is reported with its row."""
    with pytest.raises(InvalidRequestError) as caught:
        SpanSource.from_rows([*rows_at([START]), {"context.span_id": "x", "start_time": time}], project="p")
    (text,) = caught.value.problems
    assert text.startswith("rows[1]['start_time']: ")
    assert rule in text


def test_all_bad_rows_are_named_at_once() -> None:
    """One error reports every null or non-string ID and every null time of a table, each with its row."""
    frame = pd.DataFrame(
        {"context.span_id": ["a", None, 3, ""], "start_time": [START, START, START, None]}, dtype=object
    )
    with pytest.raises(InvalidRequestError) as caught:
        SpanSource.from_rows(frame, project="p")
    assert [text.split(": ")[0] for text in caught.value.problems] == [
        "rows[1]['context.span_id']",
        "rows[2]['context.span_id']",
        "rows[3]['context.span_id']",
        "rows[3]['start_time']",
    ]


@pytest.mark.parametrize("rows", [None, "rows", 5, {"context.span_id": ["s"]}, [["s", START]]])
def test_what_is_no_table_is_refused(rows: Any) -> None:
    """A value that is neither a table nor an iterable of mappings is refused."""
    with pytest.raises(InvalidRequestError, match=r"neither a table nor|is not a mapping"):
        SpanSource.from_rows(rows, project="p")


def test_a_table_that_narwhals_does_not_know_is_refused() -> None:
    """An object that narwhals cannot read as a table is refused, and the error names its type."""

    class Odd:
        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            raise NotImplementedError

    with pytest.raises(InvalidRequestError, match="a Odd cannot be read as a table"):
        SpanSource.from_rows(Odd(), project="p")


def test_a_table_without_narwhals_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without narwhals, a table raises an ImportError that names the extra, and mappings still work."""
    monkeypatch.setitem(sys.modules, "narwhals", None)
    assert len(SpanSource.from_rows(rows_at([START]), project="p")) == 1
    with pytest.raises(ImportError, match=r"arize-queues\[rows\]"):
        SpanSource.from_rows(pd.DataFrame(rows_at([START])), project="p")
