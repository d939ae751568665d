"""What listing, adding, deleting and annotating cost as the records grow, beside the official client."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE, MAX_RECORDS_PAGE_SIZE, MAX_RECORDS_PER_REQUEST

from . import payloads, processes
from .measuring import Effort, Findings, Point, Row, cpu

THEME = "growth"
SIZES = (1_000, 10_000, 100_000)
# A request for each record: more than this takes minutes, so it is measured once.
MOST_ANNOTATED = 10_000
TIMES = 3

_QUEUE = {"annotation_queue": payloads.QUEUE_ID}
_SOURCE = {
    "record_type": "SPAN",
    "project_id": "UHJvamVjdDox",
    "start_time": "2026-03-02T00:00:00Z",
    "end_time": "2026-03-08T00:00:00Z",
}


def measure(effort: Effort, official: Path | None) -> Findings:
    """Measure both clients at each size in turns, some times, and take the medians."""
    sizes = [effort.of(size) for size in SIZES]
    points: list[Point] = []
    times = min(TIMES, effort.rounds)
    for size in sizes:
        with processes.prepared_server(records=size) as url:
            once = ["annotate"] if size > MOST_ANNOTATED else []
            often = [name for name in _OURS if name not in once]
            for operations, turns in [(often, times), *([(once, 1)] if once else [])]:
                taken = [_ours(url, size, operations) + _theirs(official, url, size, operations) for _ in range(turns)]
                points += [_median(same) for same in zip(*taken, strict=True)]
    return Findings([_row(points, operation) for operation in _OURS], _table(points), points)


def _median(points: tuple[Point, ...]) -> Point:
    return attrs.evolve(points[0], seconds=statistics.median(point.seconds for point in points))


def _ours(url: str, size: int, operations: list[str]) -> list[Point]:
    from arize_queues import ArizeClient

    with ArizeClient(api_key="emulator-key", base_url=url) as client:
        queues = client.annotation_queues
        queues.get(**_QUEUE)
        return [Point("ours", name, size, cpu(_OURS[name](queues, size))) for name in operations]


def _list(queues: Any, size: int) -> Callable[[], object]:
    del size
    return lambda: sum(1 for _ in queues.iter_records(**_QUEUE))


def _add(queues: Any, size: int) -> Callable[[], object]:
    sources = [{**_SOURCE, "record_type": "span", "span_ids": [f"span-{number:07}" for number in range(size)]}]
    return lambda: queues.add_records(**_QUEUE, record_sources=sources)


def _delete(queues: Any, size: int) -> Callable[[], object]:
    return lambda: queues.delete_records(**_QUEUE, record_ids=_ids(size))


def _annotate(queues: Any, size: int) -> Callable[[], object]:
    values = dict.fromkeys(_ids(size), payloads.inputs(1))
    return lambda: queues.annotate_records(**_QUEUE, annotations=values)


_OURS: Mapping[str, Callable[[Any, int], Callable[[], object]]] = {
    "list": _list,
    "add": _add,
    "delete": _delete,
    "annotate": _annotate,
}


def _theirs(python: Path | None, url: str, size: int, operations: list[str]) -> list[Point]:
    orders: dict[str, dict[str, Any]] = {
        "list": {"limit": MAX_RECORDS_PAGE_SIZE},
        "add": {"chunk": MAX_RECORDS_PER_REQUEST, "source": _SOURCE, "span_ids": size},
        "delete": {"chunk": MAX_RECORD_IDS_PER_DELETE, "record_ids": _ids(size)},
        "annotate": {"record_ids": _ids(size), "annotations": payloads.inputs(1)},
    }
    with processes.official_client(python, url) as official:
        if official is None:
            return []
        official.ask(do="get", calls=1, **_QUEUE)
        return [
            Point("official", name, size, official.ask(do=name, **_QUEUE, **orders[name])["cpu"]) for name in operations
        ]


def _ids(size: int) -> list[str]:
    return [payloads.record_id(number) for number in range(size)]


def _row(points: list[Point], operation: str) -> Row:
    """Compare the cost of a record at the largest size with that at the middle one; the smallest is mostly start-up."""
    ours = [point for point in points if (point.client, point.operation) == ("ours", operation)]
    small, large = ours[-2:]
    costs = [point.seconds / point.records for point in (small, large)]
    note = f"{costs[0] * 1e6:.0f} us at {small.records:,}, {costs[1] * 1e6:.0f} us at {large.records:,}"
    return Row(theme=THEME, what=f"{operation}, CPU per record, growth", value=costs[1] / costs[0], unit="x", note=note)


def _table(points: list[Point]) -> str:
    """Tabulate the CPU seconds."""
    found = {(point.client, point.operation, point.records): point.seconds for point in points}
    sizes = sorted({point.records for point in points})
    lines = [
        "CPU seconds of the client's process; the server answers at once. Ours adds, deletes and annotates from",
        "several threads, which costs CPU and saves the waiting that a real server brings; the official client does",
        "one request after the other.",
        "",
    ]
    lines += ["| | " + " | ".join(f"{size:,}" for size in sizes) + " |", "| --- |" + " ---: |" * len(sizes)]
    for operation in _OURS:
        for client in ("ours", "official"):
            cells = [found.get((client, operation, size), math.nan) for size in sizes]
            written = " | ".join("" if math.isnan(cell) else f"{cell:.2f}" for cell in cells)
            lines.append(f"| {operation}, {client} | {written} |")
    return "\n".join(lines)
