"""Rows with an ID and a time -> the fewest time ranges that hold them all."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from arize_queues_raw.limits import MAX_TIME_RANGE_DAYS

from arize_queues._inputs.messages import is_list, problem
from arize_queues._inputs.times import as_utc
from arize_queues.errors import InvalidRequestError

__all__ = ["ArrowTable", "windows"]

LONGEST = timedelta(days=MAX_TIME_RANGE_DAYS)
_MARGIN = timedelta(seconds=1)
_MISSING = object()


class ArrowTable(Protocol):
    """A table that speaks Arrow's PyCapsule protocol, as those of pandas, polars and pyarrow do."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the table's columns."""
        ...


def windows(
    rows: object, id_column: str, time_column: str, *, earliest: bool = False
) -> Iterator[tuple[datetime, datetime, list[str]]]:
    """Cut rows into the fewest time ranges that the API allows, earliest first.

    Each range takes in all that the longest range from its first row can hold; no other way needs fewer.

    Args:
        rows: Mappings, or a table.
        id_column: The column with the IDs.
        time_column: The column with the times.
        earliest: Whether an ID counts once, at its earliest row.

    Returns:
        For each range its start, its end and its IDs, in the order of the rows.

    Raises:
        InvalidRequestError: A column is missing, or an ID or a time cannot be used; all rows are named.
        ImportError: The rows are a table, and narwhals is not installed.
    """
    columns = (id_column, time_column)
    points = _checked(*_columns(rows, columns), names=columns)
    order = sorted(range(len(points)), key=lambda row: points[row][0])
    if earliest:
        first: dict[str, int] = {}
        for row in order:
            first.setdefault(points[row][1], row)
        order = list(first.values())
    return _cut(points, order)


def _cut(
    points: Sequence[tuple[datetime, str]], order: Sequence[int]
) -> Iterator[tuple[datetime, datetime, list[str]]]:
    at = 0
    while at < len(order):
        start = points[order[at]][0]
        stop = at + 1
        # The API does not say whether a range takes in its end, so a row may not lie on it.
        while stop < len(order) and points[order[stop]][0] - start < LONGEST:
            stop += 1
        end = start + min(points[order[stop - 1]][0] - start + _MARGIN, LONGEST)
        yield start, end, [points[row][1] for row in sorted(order[at:stop])]
        at = stop


def _checked(ids: Sequence[object], times: Sequence[object], *, names: tuple[str, str]) -> list[tuple[datetime, str]]:
    points: list[tuple[datetime, str]] = []
    problems: list[str] = []
    for row, (id_, time) in enumerate(zip(ids, times, strict=True)):
        if not isinstance(id_, str) or not id_:
            problems.append(problem(f"rows[{row}][{names[0]!r}]", id_, "is not a non-empty string"))
        try:
            # A day is no time: the range that begins at its midnight need not hold what happened on it.
            points.append((as_utc(time, dates=False), cast("str", id_)))
        except ValueError as error:
            problems.append(problem(f"rows[{row}][{names[1]!r}]", time, str(error)))
    if problems:
        raise InvalidRequestError(problems)
    return points


def _columns(rows: object, names: Sequence[str]) -> list[list[object]]:
    """Return the named columns of a table or of mappings."""
    if hasattr(rows, "__arrow_c_stream__") or hasattr(rows, "__dataframe__"):
        return _table_columns(rows, names)
    if not is_list(rows):
        raise InvalidRequestError(problem("rows", rows, "is neither a table nor an iterable of mappings"))
    items = list(rows)
    problems = [
        problem(f"rows[{row}]", item, "is not a mapping")
        for row, item in enumerate(items)
        if not isinstance(item, Mapping)
    ]
    if problems:
        raise InvalidRequestError(problems)
    mappings = cast("list[Mapping[str, object]]", items)
    columns = [[mapping.get(name, _MISSING) for mapping in mappings] for name in names]
    for name, column in zip(names, columns, strict=True):
        without = [row for row, value in enumerate(column) if value is _MISSING]
        if without:
            problems.append(
                f"rows: {len(without)} of {len(column)} have no {name!r}, at {reprlib.repr(without)}; "
                f"the first of them has {_listed(mappings[without[0]])}"
            )
    if problems:
        raise InvalidRequestError(problems)
    return columns


def _table_columns(table: object, names: Sequence[str]) -> list[list[object]]:
    try:
        import narwhals  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ImportError("reading a table's rows needs narwhals: pip install 'arize-queues[rows]'") from error
    try:
        frame = narwhals.from_native(cast("Any", table), eager_only=True)
    except TypeError as error:
        raise InvalidRequestError(f"rows: a {type(table).__name__} cannot be read as a table: {error}") from error
    has = _listed(frame.columns)
    if problems := [f"rows: no column {name!r}; there are {has}" for name in names if name not in frame.columns]:
        raise InvalidRequestError(problems)
    return [cast("list[object]", frame[name].to_list()) for name in names]


def _listed(names: Iterable[object]) -> str:
    return ", ".join(repr(name) for name in names) or "none"
