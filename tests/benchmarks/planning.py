"""Adding without sending: what encoding one request and planning 200,000 ids cost, and how few requests result."""

from __future__ import annotations

import json
import math
import random
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from arize_queues_raw.api.annotation_queues import create_annotation_queue_record
from arize_queues_raw.limits import (
    MAX_RECORD_SOURCES_PER_REQUEST,
    MAX_RECORDS_PER_REQUEST,
    MAX_SESSIONS_PER_REQUEST,
)
from arize_queues_raw.models import AddAnnotationQueueRecordsRequest

from arize_queues import SessionSource, SpanSource
from arize_queues._request.revision import NEW, spell
from arize_queues._sources.packing import pack
from arize_queues._sources.reader import normalise

from . import payloads
from .measuring import Effort, Findings, Row, cpu_in_turns, milliseconds

THEME = "planning"
_WINDOW = {"start_time": "2026-03-02T00:00:00Z", "end_time": "2026-03-08T00:00:00Z"}
_CASES = 5_000
_SEED = 20_261_001
_SESSIONS_SHARE = 0.2


def measure(effort: Effort, official: Path | None) -> Findings:
    """Measure each step's CPU, and the requests against their lower bound."""
    del official  # it plans nothing
    count = effort.of(200_000)
    encoding = _steps(_sources(1, MAX_RECORDS_PER_REQUEST), effort.rounds)
    planning = _steps(_sources(7, count // 7), max(3, effort.rounds // 6))
    encoded, planned = sum(encoding.values()) * 1000, planning["reading"] + planning["planning"]
    adding = f"encoding an add of {MAX_RECORDS_PER_REQUEST} ids, CPU"
    many = f"planning {count:,} ids of 7 sources, CPU"
    rows = [
        Row(theme=THEME, what=adding, value=encoded, unit="ms", note=_shares(encoding)),
        Row(theme=THEME, what=many, value=planned, unit="s", target=1.0, note=_shares(planning)),
    ]
    return Findings([*rows, *_distribution(effort.of(_CASES))])


def _sources(number: int, ids: int) -> list[SpanSource]:
    return [
        SpanSource(project=f"UHJvamVjdDo{index}", span_ids=[f"{index}-{each:016x}" for each in range(ids)], **_WINDOW)
        for index in range(number)
    ]


def _steps(sources: Sequence[SpanSource], rounds: int) -> dict[str, float]:
    """Run the steps of an add, and return the CPU seconds of each."""
    read = normalise(sources)
    planned = pack(read)
    bodies = [AddAnnotationQueueRecordsRequest(request.to_wire()) for request in planned.requests]  # type: ignore[arg-type]
    kwargs = [create_annotation_queue_record.build_request(payloads.QUEUE_ID, body=body) for body in bodies]
    texts = [spell(each["json"], NEW) for each in kwargs]
    steps: dict[str, Callable[[], Any]] = {
        "reading": lambda: normalise(sources),
        "planning": lambda: pack(read),
        "spelling": lambda: [request.to_wire() for request in planned.requests],
        "body": lambda: [
            spell(create_annotation_queue_record.build_request(payloads.QUEUE_ID, body=body)["json"], NEW)
            for body in bodies
        ],
        "JSON": lambda: [json.dumps(text, separators=(",", ":")).encode() for text in texts],
    }
    taken = cpu_in_turns(steps, rounds)
    return {name: taken[name] for name in steps}


def _shares(steps: dict[str, float]) -> str:
    total = sum(steps.values())
    return ", ".join(f"{name} {milliseconds(taken)} ({taken / total:.0%})" for name, taken in steps.items())


def _distribution(cases: int) -> list[Row]:
    chosen = random.Random(_SEED)
    rows = []
    for most, target in ((4, None), (7, 98.0)):
        found = [_above_bound(chosen, most) for _ in range(cases)]
        above = [excess for excess, _ in found]
        beyond = sum(excess > bound / 3 + 1 for excess, bound in found)
        at_bound, within_one = (sum(excess <= slack for excess in above) / cases for slack in (0, 1))
        what = f"plans within one of the lower bound, {cases:,} cases of 1 to {most} sources"
        note = (
            f"at the bound {at_bound:.1%}; most above it {max(above)}, on average {statistics.mean(above):.2f}; "
            f"{beyond} beyond 4/3 + 1"
        )
        share = within_one * 100
        rows.append(Row(theme=THEME, what=what, value=share, unit="%", target=target, bound="least", note=note))
    return rows


def _above_bound(chosen: random.Random, most: int) -> tuple[int, int]:
    """Plan a random case, and give how many requests it takes above the lower bound, and that bound."""
    sources: list[Any] = []
    for index in range(chosen.randint(1, most)):
        ids = [f"{index}-{each}" for each in range(int(10 ** chosen.uniform(0, 3.3)))]
        owner = {"project": f"UHJvamVjdDo{index}", **_WINDOW}
        if chosen.random() < _SESSIONS_SHARE:
            sources.append(SessionSource(session_ids=ids[: 4 * MAX_SESSIONS_PER_REQUEST], **owner))
        else:
            sources.append(SpanSource(span_ids=ids, **owner))
    bound = _lower_bound(sources)
    return len(pack(normalise(sources)).requests) - bound, bound


def _lower_bound(sources: list[Any]) -> int:
    """Return the fewest requests that records, sessions and slots allow; a source larger than a request has several."""
    sessions = sum(len(source.ids) for source in sources if isinstance(source, SessionSource))
    most = [
        MAX_SESSIONS_PER_REQUEST if isinstance(source, SessionSource) else MAX_RECORDS_PER_REQUEST for source in sources
    ]
    slots = sum(math.ceil(len(source.ids) / room) for source, room in zip(sources, most, strict=True))
    return max(
        math.ceil(sum(len(source.ids) for source in sources) / MAX_RECORDS_PER_REQUEST),
        math.ceil(slots / MAX_RECORD_SOURCES_PER_REQUEST),
        math.ceil(sessions / MAX_SESSIONS_PER_REQUEST),
    )
