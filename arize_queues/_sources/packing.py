"""Pack record sources into requests within the limits of the API. Pure."""

from __future__ import annotations

import reprlib
from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from arize_queues_raw.encoding import as_json
from arize_queues_raw.limits import (
    MAX_EXAMPLE_IDS_PER_SOURCE,
    MAX_RECORD_SOURCES_PER_REQUEST,
    MAX_RECORDS_PER_REQUEST,
    MAX_SESSION_IDS_PER_SOURCE,
    MAX_SESSIONS_PER_REQUEST,
    MAX_SPAN_IDS_PER_SOURCE,
    MAX_TRACE_IDS_PER_SOURCE,
)

from .sources import RecordSource, to_wire

__all__ = ["PlannedRequest", "PlannedSource", "RecordPlan", "dedupe", "pack"]

_LONGEST = {
    "span": MAX_SPAN_IDS_PER_SOURCE,
    "trace": MAX_TRACE_IDS_PER_SOURCE,
    "session": MAX_SESSION_IDS_PER_SOURCE,
    "example": MAX_EXAMPLE_IDS_PER_SOURCE,
}
_Pool = list[tuple[int, int]]  # remaining IDs of a source and its index, smallest first


@attrs.frozen
class PlannedSource:
    """The part of a source that one request carries.

    Attributes:
        source: The source, with IDs instead of names and times in UTC.
        ids: Its IDs in this request; None for a whole dataset.
        source_index: Its index in `record_sources`; that of the first one if several were merged.
        offset: Number of its IDs in earlier requests.
        label: The project or dataset, as the caller wrote it.
    """

    source: RecordSource
    ids: tuple[str, ...] | None = attrs.field(repr=reprlib.repr)
    source_index: int
    offset: int
    label: str

    @property
    def count(self) -> int | None:
        """Number of IDs; None for a whole dataset, whose size only the server knows."""
        return None if self.ids is None else len(self.ids)

    def as_source(self) -> RecordSource:
        """Return the source with the IDs of this request alone."""
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
        """Number of IDs of all sources; None for a whole dataset."""
        counts = [source.count for source in self.sources]
        return None if None in counts else sum(filter(None, counts))

    def to_wire(self) -> list[dict[str, Any]]:
        """Return the `record_sources` of the body."""
        return [to_wire(part.source, part.ids) for part in self.sources]


@attrs.frozen
class RecordPlan:
    """The requests of an add. `print` shows them as a table.

    Attributes:
        requests: The requests, in the order of their first sources. The IDs of a source keep their order from request
            to request.
        submitted: Number of IDs in the input.
        duplicates: Number of them that repeat an ID of the same source, and are dropped.
    """

    requests: tuple[PlannedRequest, ...] = attrs.field(repr=lambda requests: f"<{len(requests)} requests>")
    submitted: int
    duplicates: int

    @property
    def records(self) -> int:
        """Number of IDs to send, not counting whole datasets."""
        return self.submitted - self.duplicates

    @property
    def whole_datasets(self) -> int:
        """Number of whole datasets, each a request of its own."""
        return sum(request.count is None for request in self.requests)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dict: the bodies in the spelling of the contract, and the counts."""
        bodies = [{"record_sources": request.to_wire()} for request in self.requests]
        return {"requests": bodies, "submitted": self.submitted, "duplicates": self.duplicates}

    def to_json(self) -> str:
        """Return compact JSON."""
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


def pack(sources: Sequence[RecordSource], *, labels: Sequence[str] | None = None) -> RecordPlan:
    """Pack record sources into few requests: at the lower bound in most cases, close to it in all.

    Args:
        sources: Normalised sources with the IDs of their projects and datasets.
        labels: For each source its project or dataset as the caller wrote it; by default its owner.
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
    """Assign IDs to requests; the IDs of a source keep their order."""
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
    """Choose the number of records of each source in each request.

    Two greedy fillings are tried and the shorter one is taken: where one does badly, the other seldom does.
    """
    return min((_fill(sizes, kinds, whole) for whole in (True, False)), key=len)


def _fill(sizes: dict[int, int], kinds: dict[int, str], whole: bool) -> list[dict[int, int]]:
    """Fill requests one by one: a first source as far as it fits, then the source that suits the room left.

    The first one is a session source while there is one, since room for sessions is scarcer (the largest with
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
    """Choose the source that fills most of the room; with `whole`, one that fits without a split if there is one.

    Returns:
        The index of the pool and the index in it; None if nothing fits.
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
    """Drop repeated IDs.

    Returns:
        The IDs in order, and the number of dropped ones.
    """
    given = list(ids)
    kept = list(dict.fromkeys(given))
    return kept, len(given) - len(kept)


def _row(number: int, part: PlannedSource) -> tuple[str, str, str, str]:
    count = "all" if part.count is None else f"{part.count:,}"
    return (str(number), count, f"{part.source.kind}s of {part.label!r}", _extent(part.source))


def _extent(source: RecordSource) -> str:
    """Return the time range of a project source, or the version of a dataset source."""
    if source.window is None:
        return f"version {source.version}" if source.version else "latest version"
    return " to ".join(time.isoformat(" ").removesuffix("+00:00") for time in source.window)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
