"""Record sources -> the requests that carry them within the API's limits. Pure."""

from __future__ import annotations

import reprlib
from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from arize_queues_raw.limits import (
    MAX_EXAMPLE_IDS_PER_SOURCE,
    MAX_RECORD_SOURCES_PER_REQUEST,
    MAX_RECORDS_PER_REQUEST,
    MAX_SESSION_IDS_PER_SOURCE,
    MAX_SESSIONS_PER_REQUEST,
    MAX_SPAN_IDS_PER_SOURCE,
    MAX_TRACE_IDS_PER_SOURCE,
)
from arize_queues_raw.types import as_json

from .sources import RecordSource, to_wire

__all__ = ["PlannedRequest", "PlannedSource", "RecordPlan", "dedupe", "plan"]

_LONGEST = {
    "span": MAX_SPAN_IDS_PER_SOURCE,
    "trace": MAX_TRACE_IDS_PER_SOURCE,
    "session": MAX_SESSION_IDS_PER_SOURCE,
    "example": MAX_EXAMPLE_IDS_PER_SOURCE,
}
_Pool = list[tuple[int, int]]  # what is left of a source, and its index, smallest first


@attrs.frozen
class PlannedSource:
    """A source's part in one request.

    Attributes:
        source: The source, as it was given except that names are IDs and times are in UTC.
        ids: Those of its IDs that this request carries; None if it is a whole dataset.
        source_index: Its place among the record sources given; the first one's, if several were merged.
        offset: How many of its IDs earlier requests carry.
        label: The project or dataset as the caller wrote it.
    """

    source: RecordSource
    ids: tuple[str, ...] | None = attrs.field(repr=reprlib.repr)
    source_index: int
    offset: int
    label: str

    @property
    def count(self) -> int | None:
        """Count the IDs; None for a whole dataset, whose size only the server knows."""
        return None if self.ids is None else len(self.ids)

    def as_source(self) -> RecordSource:
        """Give the source with these of its IDs alone."""
        return self.source if self.ids is None else self.source.with_ids(self.ids)


@attrs.frozen
class PlannedRequest:
    """One request of an add.

    Attributes:
        sources: Its sources, at most `arize_queues_raw.limits.MAX_RECORD_SOURCES_PER_REQUEST`.
    """

    sources: tuple[PlannedSource, ...]

    @property
    def count(self) -> int | None:
        """Count the IDs of all sources; None for a whole dataset."""
        counts = [source.count for source in self.sources]
        return None if None in counts else sum(filter(None, counts))

    def to_wire(self) -> list[dict[str, Any]]:
        """Spell the body's `record_sources`."""
        return [to_wire(part.source, part.ids) for part in self.sources]


@attrs.frozen
class RecordPlan:
    """The requests that an add sends; printed, a table of them.

    Attributes:
        requests: The requests, in the order of the sources that they begin with. The IDs of a source keep
            their order from request to request.
        submitted: The number of IDs given.
        duplicates: How many of those were given before for the same source, and are left out.
    """

    requests: tuple[PlannedRequest, ...] = attrs.field(repr=lambda requests: f"<{len(requests)} requests>")
    submitted: int
    duplicates: int

    @property
    def records(self) -> int:
        """Count the IDs that are sent; whole datasets come on top."""
        return self.submitted - self.duplicates

    @property
    def whole_datasets(self) -> int:
        """Count the whole datasets, each of which is a request of its own."""
        return sum(request.count is None for request in self.requests)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON text can be written from: the bodies, in the contract's spelling, and the counts."""
        bodies = [{"record_sources": request.to_wire()} for request in self.requests]
        return {"requests": bodies, "submitted": self.submitted, "duplicates": self.duplicates}

    def to_json(self) -> str:
        """Return it as compact JSON text."""
        return as_json(self.to_dict())

    def __str__(self) -> str:
        lines = [("request", "records", "source", "time range (UTC) or version")]
        lines += [_row(number, part) for number, request in enumerate(self.requests, 1) for part in request.sources]
        one, two, three, _ = (max(map(len, column)) for column in zip(*lines, strict=True))
        table = [f"{a:>{one}}  {b:>{two}}  {c:<{three}}  {d}" for a, b, c, d in lines]
        whole = self.whole_datasets
        also = f" and {_counted(whole, 'whole dataset')}" if whole else ""
        requests = _counted(len(self.requests), "request")
        dropped = _counted(self.duplicates, "duplicate")
        return "\n".join([*table, f"{_counted(self.records, 'record')}{also} in {requests}; {dropped} dropped"])


def plan(sources: Sequence[RecordSource], *, labels: Sequence[str] | None = None) -> RecordPlan:
    """Put record sources into as few requests as is simple.

    Args:
        sources: Sources that have been read (`normalise`), with the IDs of their projects and datasets.
        labels: For each source, how the caller wrote its project or dataset; its owner if not given.
    """
    merged: dict[object, tuple[int, dict[str, None]]] = {}
    submitted = 0
    for index, source in enumerate(sources):
        key = (source.slot_key, source.ids is None)
        merged.setdefault(key, (index, {}))[1].update(dict.fromkeys(source.ids or ()))
        submitted += len(source.ids or ())
    ids = {index: tuple(unique) for index, unique in merged.values()}
    sizes = {index: len(unique) for index, unique in ids.items() if unique}
    layout = _layout(sizes, {index: sources[index].kind for index in sizes})
    layout += [{index: 0} for index in ids if sources[index].ids is None]
    requests = _slice(sorted(layout, key=min), sources, ids, labels or [source.owner for source in sources])
    return RecordPlan(requests, submitted, submitted - sum(map(len, ids.values())))


def _slice(
    layout: Iterable[dict[int, int]],
    sources: Sequence[RecordSource],
    ids: dict[int, tuple[str, ...]],
    labels: Sequence[str],
) -> tuple[PlannedRequest, ...]:
    """Give each request its IDs, those of a source in order."""
    sent = dict.fromkeys(ids, 0)
    requests: list[PlannedRequest] = []
    for counts in layout:
        parts: list[PlannedSource] = []
        for index, count in sorted(counts.items()):
            source, start = sources[index], sent[index]
            part = None if source.ids is None else ids[index][start : start + count]
            parts.append(PlannedSource(source, part, index, start, str(labels[index])))
            sent[index] += count
        requests.append(PlannedRequest(tuple(parts)))
    return tuple(requests)


def _layout(sizes: dict[int, int], kinds: dict[int, str]) -> list[dict[int, int]]:
    """Choose how many records of which source go into each request.

    There are two greedy ways, and the shorter outcome is taken: where one does badly, the other seldom does.
    """
    return min((_fill(sizes, kinds, whole) for whole in (True, False)), key=len)


def _fill(sizes: dict[int, int], kinds: dict[int, str], whole: bool) -> list[dict[int, int]]:
    """Fill requests one by one: a first source for as much as fits, then the one that suits the room left.

    The first is a session source while there is one, since room for sessions is the scarcer (the largest with
    `whole`, else the smallest), then the smallest source left.
    """
    pools = (
        sorted((size, index) for index, size in sizes.items() if kinds[index] == "session"),
        sorted((size, index) for index, size in sizes.items() if kinds[index] != "session"),
    )
    requests: list[dict[int, int]] = []
    while any(pools):
        rooms = (MAX_SESSIONS_PER_REQUEST, MAX_RECORDS_PER_REQUEST)
        request: dict[int, int] = {}
        split: list[tuple[_Pool, tuple[int, int]]] = []
        choice: tuple[int, int] | None = (0, -1 if whole else 0) if pools[0] else (1, 0)
        while choice and len(request) < MAX_RECORD_SOURCES_PER_REQUEST:
            which, at = choice
            size, index = pools[which].pop(at)
            request[index] = count = min(size, rooms[which], _LONGEST[kinds[index]])
            if count < size:
                split.append((pools[which], (size - count, index)))
            records = rooms[1] - count
            rooms = (min(rooms[0] - (count if which == 0 else 0), records), records)
            choice = _next(pools, rooms, whole)
        for pool, left in split:
            insort(pool, left)
        requests.append(request)
    return requests


def _next(pools: tuple[_Pool, _Pool], rooms: tuple[int, int], whole: bool) -> tuple[int, int] | None:
    """Choose who shares the request: who fills the most room; with `whole`, without a split if possible.

    Returns:
        Which pool, and where in it; None if nothing fits.
    """
    choices: list[tuple[int, int, int, int]] = []
    for which, (pool, room) in enumerate(zip(pools, rooms, strict=True)):
        if pool and room:
            fitting = bisect_right(pool, room, key=lambda entry: entry[0]) if whole else 0
            at = (fitting or len(pool)) - 1
            size = pool[at][0]
            choices.append((min(size, room), size, which, at))
    return max(choices)[-2:] if choices else None


def dedupe(ids: Iterable[str]) -> tuple[list[str], int]:
    """Keep the first of equal IDs.

    Returns:
        The IDs in order, and how many were dropped.
    """
    given = list(ids)
    kept = list(dict.fromkeys(given))
    return kept, len(given) - len(kept)


def _row(number: int, part: PlannedSource) -> tuple[str, str, str, str]:
    count = "all" if part.count is None else f"{part.count:,}"
    return (str(number), count, f"{part.source.kind}s of {part.label!r}", _extent(part.source))


def _extent(source: RecordSource) -> str:
    """Say which part of the project or dataset is meant: a time range or a version."""
    if source.window is None:
        return f"version {source.version}" if source.version else "latest version"
    return " to ".join(time.isoformat(" ").removesuffix("+00:00") for time in source.window)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
