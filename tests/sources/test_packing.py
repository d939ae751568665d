"""The packer: every ID is sent once, in order, within the limits, in few requests."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import count

import pytest
from arize_queues_raw import limits
from hypothesis import given
from hypothesis import strategies as st

from arize_queues._inputs.identifiers import Id, Name
from arize_queues._sources import packing as sources_packing
from arize_queues._sources.packing import RecordPlan, dedupe, pack
from arize_queues._sources.reader import normalise
from arize_queues._sources.sources import ExampleSource, RecordSource, SessionSource, SpanSource, TraceSource

RECORDS = limits.MAX_RECORDS_PER_REQUEST
SESSIONS = limits.MAX_SESSIONS_PER_REQUEST
SLOTS = limits.MAX_RECORD_SOURCES_PER_REQUEST
WINDOW = {"start_time": "2026-03-01", "end_time": "2026-03-02"}
KINDS = ("span", "trace", "session", "example")
CLASSES = {"span": SpanSource, "trace": TraceSource, "session": SessionSource}


def make(kind: str, owner: str, ids: list[str] | None) -> RecordSource:
    """Build a source of a kind, with a window of one day."""
    if kind == "example":
        return ExampleSource(dataset=Id(owner), example_ids=ids)
    return CLASSES[kind](project=Id(owner), **WINDOW, **{f"{kind}_ids": ids})


def plan_sizes(sizes: list[tuple[str, int]]) -> RecordPlan:
    """Pack sources of these kinds and sizes, each with a project or dataset of its own."""
    numbers = count()
    return pack(
        normalise(
            make(kind, f"p{place}", [f"id{next(numbers)}" for _ in range(size)])
            for place, (kind, size) in enumerate(sizes)
        )
    )


def lower_bound(sizes: list[tuple[str, int]]) -> int:
    """Return a number of requests that no plan can go below."""
    records = sum(size for _, size in sizes)
    sessions = sum(size for kind, size in sizes if kind == "session")
    return max(math.ceil(records / RECORDS), math.ceil(len(sizes) / SLOTS), math.ceil(sessions / SESSIONS))


def sent(planned: RecordPlan, owner: str) -> list[str]:
    """Return the IDs of an owner in sending order."""
    parts = [part for request in planned.requests for part in request.sources]
    return [id_ for part in parts if part.source.owner == owner for id_ in part.ids or ()]


id_lists = st.lists(st.integers(0, 900).map(str), min_size=1, max_size=60) | st.integers(1, 4 * RECORDS).map(
    lambda size: [str(number) for number in range(size)]
)
source_lists = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from("abcd"), id_lists)
    | st.tuples(st.just("example"), st.sampled_from("abcd"), st.none()),
    min_size=1,
    max_size=7,
)


@given(source_lists)
def test_every_id_is_sent_once_in_order_and_duplicates_are_counted(
    given_sources: list[tuple[str, str, list[str] | None]],
) -> None:
    """Each source's IDs are sent once and in order, and its repeated IDs are counted as duplicates."""
    planned = pack(normalise([make(*source) for source in given_sources]))
    expected: dict[object, list[str]] = {}
    for kind, owner, ids in given_sources:
        expected.setdefault((kind, owner, ids is None), []).extend(ids or [])
    found: dict[object, list[str]] = {}
    for request in planned.requests:
        for part in request.sources:
            key = (part.source.kind, part.source.owner, part.ids is None)
            assert part.offset == len(found.setdefault(key, []))
            found[key].extend(part.ids or ())
    assert found == {key: list(dict.fromkeys(ids)) for key, ids in expected.items()}
    assert planned.submitted == sum(len(ids or []) for *_, ids in given_sources)
    assert planned.records == sum(map(len, found.values()))
    assert planned.records + planned.duplicates == planned.submitted


@given(source_lists)
def test_no_request_breaks_a_limit(given_sources: list[tuple[str, str, list[str] | None]]) -> None:
    """Each request holds at most two sources within the record and session limits, or one whole dataset."""
    planned = pack(normalise([make(*source) for source in given_sources]))
    for request in planned.requests:
        assert 1 <= len(request.sources) <= SLOTS
        if request.count is None:
            assert [part.ids for part in request.sources] == [None]
            continue
        assert all(part.ids for part in request.sources)
        assert request.count <= RECORDS
        assert sum(part.count or 0 for part in request.sources if part.source.kind == "session") <= SESSIONS
    assert [request.sources[0].source_index for request in planned.requests] == sorted(
        request.sources[0].source_index for request in planned.requests
    )


def test_a_list_keeps_its_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of IDs with a lower limit than a request is split into parts within that limit."""
    for kind in KINDS:
        monkeypatch.setitem(sources_packing._LONGEST, kind, 40)
        planned = plan_sizes([(kind, 100), ("span", 7)])
        parts = [part for request in planned.requests for part in request.sources if part.source.kind == kind]
        assert max(part.count or 0 for part in parts) == 40
        assert planned.records == 107
        monkeypatch.undo()


@given(st.lists(st.tuples(st.sampled_from(["span", "example"]), st.integers(1, 3 * RECORDS)), min_size=1, max_size=25))
def test_without_sessions_a_plan_is_never_far_above_the_bound(sizes: list[tuple[str, int]]) -> None:
    """A plan without sessions needs at most 4/3 of the lower bound plus one request."""
    bound = lower_bound(sizes)
    assert bound <= len(plan_sizes(sizes).requests) <= 4 / 3 * bound + 1


def random_sizes(dice: random.Random, largest: int, share: float) -> list[tuple[str, int]]:
    """Return up to seven random sizes up to the largest, with about this share of sessions."""
    others = [kind for kind in KINDS if kind != "session"]
    kinds = ("session" if dice.random() < share else dice.choice(others) for _ in range(dice.randint(1, 7)))
    return [(kind, dice.randint(1, largest)) for kind in kinds]


@pytest.mark.parametrize("share", [0, 0.2, 0.33, 0.75])
@pytest.mark.parametrize("largest", [SESSIONS, RECORDS, RECORDS + 2 * SESSIONS, 6 * RECORDS])
def test_random_plans_are_near_the_bound(largest: int, share: float) -> None:
    """98 % of plans of up to seven sources are within one of the bound, and none exceeds 4/3 of it plus one."""
    dice = random.Random(20_260_301)
    over = Counter[int]()
    for _ in range(500):
        sizes = random_sizes(dice, largest, share)
        bound = lower_bound(sizes)
        requests = len(plan_sizes(sizes).requests)
        assert bound <= requests <= 4 / 3 * bound + 1, sizes
        over[requests - bound] += 1
    assert over[0] + over[1] >= 0.98 * over.total(), over


def test_where_no_plan_can_be_near_the_bound() -> None:
    """Sessions can force even the best plan above 4/3 of the bound plus one, and then ours is the best.

    A request holds at most two sources, so m connected requests hold at most m + 1 sources. They reach m + 1 only
    as a chain whose two end sources each fit whole into a request beside another source. Only one of the seven
    sources here does, so they need seven requests.
    """
    sizes = [("span", RECORDS)] * 3 + [("session", SESSIONS + 1)] * 3 + [("session", 1)]
    assert lower_bound(sizes) == 4
    assert len(plan_sizes(sizes).requests) == 7


@pytest.mark.parametrize(
    ("sizes", "requests"),
    [
        ([("span", 1)], 1),
        ([("span", RECORDS)], 1),
        ([("span", RECORDS + 1)], 2),
        ([("session", SESSIONS), ("span", RECORDS - SESSIONS)], 1),
        ([("session", SESSIONS), ("span", RECORDS - SESSIONS + 1)], 2),
        ([("session", SESSIONS + 1)], 2),
        ([("span", RECORDS // 2 + 1)] * 3, 2),
        ([("trace", 1)] * 5, 3),
        ([("session", 10 * SESSIONS), ("example", 10 * (RECORDS - SESSIONS))], 10),
    ],
)
def test_plans_at_the_limits(sizes: list[tuple[str, int]], requests: int) -> None:
    """Records that just fit share one request, and one record more needs another request."""
    assert len(plan_sizes(sizes).requests) == requests


def test_many_ids_and_many_sources_are_planned_whole() -> None:
    """Two hundred thousand IDs in seven or in ten thousand sources are all packed, at the lower bound."""
    for size, sources in ((200_000 // 7, 7), (20, 10_000)):
        sizes = [("span", size)] * sources
        planned = plan_sizes(sizes)
        assert planned.records == size * sources
        assert len(planned.requests) == lower_bound(sizes)


def test_equal_sources_are_merged_and_others_are_not() -> None:
    """Only sources with equal kind, owner, window and version are merged; a Name is not the Id that reads the same."""
    day = {"start_time": "2026-03-01", "end_time": "2026-03-02"}
    same = {"start_time": "2026-03-01T01:00+01:00", "end_time": "2026-03-02T00:00Z"}
    sources = [
        SpanSource(project=Id("p"), **day, span_ids=["1", "2"]),
        SpanSource(project=Id("p"), **same, span_ids=["2", "3"]),
        SpanSource(project=Name("p"), **day, span_ids=["1"]),
        SpanSource(project=Id("p"), start_time="2026-03-01", end_time="2026-03-03", span_ids=["1"]),
        TraceSource(project=Id("p"), **day, trace_ids=["1"]),
        ExampleSource(dataset=Id("p"), example_ids=["1"]),
        ExampleSource(dataset=Id("p"), dataset_version_id="v", example_ids=["1"]),
        ExampleSource(dataset=Id("p")),
        ExampleSource(dataset=Id("p")),
    ]
    planned = pack(normalise(sources))
    parts = sorted(
        (part for request in planned.requests for part in request.sources), key=lambda part: part.source_index
    )
    assert [part.source_index for part in parts] == [0, 2, 3, 4, 5, 6, 7]
    assert [part.ids for part in parts] == [("1", "2", "3"), *[("1",)] * 5, None]
    assert (planned.submitted, planned.duplicates) == (9, 1)


def test_requests_are_spelled_for_the_wire() -> None:
    """The wire form of a request has IDs, UTC times and lower-case record types."""
    planned = pack(
        normalise(
            [
                SpanSource(project=Id("p1"), **WINDOW, span_ids=["s1"]),
                ExampleSource(dataset=Id("d1"), dataset_version_id="v1", example_ids=["e1"]),
            ]
        )
    )
    assert [request.to_wire() for request in planned.requests] == [
        [
            {
                "record_type": "span",
                "project_id": "p1",
                "start_time": "2026-03-01T00:00:00Z",
                "end_time": "2026-03-02T00:00:00Z",
                "span_ids": ["s1"],
            },
            {"record_type": "example", "dataset_id": "d1", "dataset_version_id": "v1", "example_ids": ["e1"]},
        ]
    ]


def test_a_plan_prints_as_a_table() -> None:
    """A plan prints one line for each source of each request and the totals, and its repr stays short."""
    ids = [f"s{number}" for number in range(RECORDS + 1)]
    sources = [
        SpanSource(project=Id("p1"), **WINDOW, span_ids=[*ids, "s0"]),
        ExampleSource(dataset=Id("d1"), dataset_version_id="v1", example_ids=["e1"]),
        ExampleSource(dataset=Id("d2")),
    ]
    planned = pack(normalise(sources), labels=["chat", "golden", "d2"])
    assert str(planned).splitlines() == [
        "request  records  source                time range (UTC) or version",
        f"      1  {RECORDS - 1:>7,}  spans of 'chat'       2026-03-01 00:00:00 to 2026-03-02 00:00:00",
        "      1        1  examples of 'golden'  version v1",
        "      2        2  spans of 'chat'       2026-03-01 00:00:00 to 2026-03-02 00:00:00",
        "      3      all  examples of 'd2'      latest version",
        f"{RECORDS + 2:,} records and 1 whole dataset in 3 requests; 1 duplicate dropped",
    ]
    assert len(repr(planned)) < len(ids)


@given(st.lists(st.sampled_from("abc")))
def test_dedupe_keeps_the_first_and_counts_the_rest(ids: list[str]) -> None:
    """`dedupe` keeps the first occurrence of each ID and counts the others."""
    kept, dropped = dedupe(ids)
    assert kept == sorted(set(ids), key=ids.index)
    assert dropped == len(ids) - len(kept)
