"""Record sources: accepted forms, refused values, and the wire form."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from arize_queues_raw import limits, models
from hypothesis import given
from hypothesis import strategies as st

from arize_queues._inputs.identifiers import Id, Name
from arize_queues._sources.reader import normalise
from arize_queues._sources.sources import (
    ExampleSource,
    RecordSource,
    SessionSource,
    SpanSource,
    TraceSource,
    to_wire,
)
from arize_queues.errors import InvalidRequestError

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=limits.MAX_TIME_RANGE_DAYS)
SPAN: dict[str, Any] = {"project": "chat", "start_time": START, "end_time": END, "span_ids": ["s1", "s2"]}
WIRE = {"record_type": "span", "project_id": "p1", "start_time": START, "end_time": END, "span_ids": ["s1"]}


def problems(*items: object) -> list[str]:
    """Return the problems that record sources are refused for."""
    with pytest.raises(InvalidRequestError) as caught:
        normalise(items)
    return list(caught.value.problems)


def one(item: object) -> RecordSource:
    """Read a single record source."""
    (source,) = normalise([item])
    return source


@pytest.mark.parametrize(
    "source",
    [
        SpanSource(project="chat", start_time=START, end_time=END, span_ids=["a"]),
        TraceSource(project=Id("p1"), start_time=START, end_time=END, trace_ids=["a"]),
        SessionSource(project=Name("p1"), start_time=START, end_time=END, session_ids=["a"]),
        ExampleSource(dataset="golden", dataset_version_id="v1", example_ids=["a"]),
        ExampleSource(dataset="golden"),
    ],
    ids=lambda source: source.kind,
)
def test_our_sources_come_through_as_they_are(source: RecordSource) -> None:
    """A valid source reads as an equal source, and an Id or a Name keeps its type."""
    read = one(source)
    assert read == source
    assert type(read) is type(source)
    assert type(read.owner) is type(source.owner)


@pytest.mark.parametrize("kind", ["span", "SPAN", "Span"])
def test_mappings_are_read_in_any_case(kind: str) -> None:
    """A mapping with wire names is read whatever the case of its record type, and its project_id becomes an Id."""
    source = one(WIRE | {"record_type": kind})
    assert source == SpanSource(project="p1", start_time=START, end_time=END, span_ids=["s1"])
    assert type(source.owner) is Id


def test_mappings_may_name_the_project_or_dataset() -> None:
    """`project` and `dataset` in a mapping keep their type, so that names can be looked up."""
    span = {key: value for key, value in WIRE.items() if key != "project_id"}
    assert type(one(span | {"project": "chat"}).owner) is str
    assert type(one({"record_type": "example", "dataset": Name("golden")}).owner) is Name
    assert type(one({"record_type": "example", "dataset_id": "d1"}).owner) is Id


def test_raw_inputs_are_read_bare_and_wrapped() -> None:
    """Inputs of the raw client are read, bare or in a wrapper with `actual_instance`."""
    span = models.AnnotationQueueSpanRecordInput(
        record_type="span",
        project_id="p1",
        start_time=START,
        end_time=END,
        span_ids=["s1"],
    )
    example = models.AnnotationQueueExampleRecordInput(record_type="example", dataset_id="d1")
    expected = SpanSource(project="p1", start_time=START, end_time=END, span_ids=["s1"])
    assert normalise([span, SimpleNamespace(actual_instance=span)]) == [expected, expected]
    assert one(example) == ExampleSource(dataset="d1")
    assert type(one(example).owner) is Id


def test_inputs_of_other_clients_are_read() -> None:
    """Any object with the wire's fields is read, even with an enum as its type and None for absent fields."""
    kind = enum.Enum("kind", {"SESSION": "SESSION"})
    item = SimpleNamespace(record_type=kind.SESSION, project_id="p1", start_time=START, end_time=END, session_ids=["x"])
    example = SimpleNamespace(record_type="EXAMPLE", dataset_id="d1", dataset_version_id=None, example_ids=None)
    assert one(item) == SessionSource(project="p1", start_time=START, end_time=END, session_ids=["x"])
    assert one(example) == ExampleSource(dataset="d1")


@pytest.mark.parametrize(
    ("given_time", "expected"),
    [
        (datetime(2026, 3, 1, 2, tzinfo=timezone(timedelta(hours=2))), START),
        (date(2026, 3, 1), START),
        ("2026-03-01", START),
        ("2026-03-01T00:00:00Z", START),
        ("2026-03-01T01:30:00.000001+01:30", START.replace(microsecond=1)),
        ("20260301T00Z", START),
        (pd.Timestamp("2026-03-01T00:00:00.000001999Z"), START.replace(microsecond=1)),
    ],
)
def test_times_become_plain_datetimes_in_utc(given_time: Any, expected: datetime) -> None:
    """Aware datetimes, dates and ISO 8601 strings become datetimes in UTC; a date becomes its midnight."""
    source = one(SpanSource(**SPAN | {"start_time": given_time}))
    assert source.window == (expected, END)
    assert type(source.window[0]) is datetime
    assert source.window[0].tzinfo is UTC


def test_a_date_as_end_is_its_midnight_too() -> None:
    """A date as the end means its midnight, so the same date for start and end is an empty range."""
    day = date(2026, 3, 1)
    source = SpanSource(project="p", start_time=day, end_time=date(2026, 3, 2), span_ids=["s"])
    assert one(source).window == (START, START + timedelta(days=1))
    assert problems(SpanSource(project="p", start_time=day, end_time=day, span_ids=["s"])) == [
        "record_sources[0].end_time: '2026-03-01T00:00:00Z' is not after start_time '2026-03-01T00:00:00Z'"
    ]


@pytest.mark.parametrize(
    ("time", "rule"),
    [
        (datetime(2026, 3, 1), "has no time zone"),  # noqa: DTZ001
        ("2026-03-01T00:00:00", "has no time zone"),
        ("2026-03", "has no time zone"),
        ("yesterday", "is not an ISO 8601 time"),
        ("", "is not an ISO 8601 time"),
        (1772323200, "is a bare number"),
        (1772323200.5, "is a bare number"),
        (True, "is not a time"),
        (float("nan"), "is not a time"),
        (pd.NaT, "is not a time"),
        (b"2026-03-01", "is not a time"),
        (datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), "lies outside the years"),
    ],
)
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_other_times_are_refused(field: str, time: Any, rule: str) -> None:
    """A value that is not certainly one point in time is refused, with its field, value and rule."""
    (text,) = problems(SpanSource(**SPAN | {field: time}))
    assert text.startswith(f"record_sources[0].{field}: ")
    assert f" {rule}" in text


def test_a_range_may_be_as_long_as_the_limit_and_no_longer() -> None:
    """A range of the maximum length is accepted, and one microsecond more or a reversed range is refused."""
    tick = timedelta(microseconds=1)
    one(SpanSource(**SPAN))
    (text,) = problems(SpanSource(**SPAN | {"end_time": END + tick}))
    assert text == (
        f"record_sources[0].end_time: '{END:%Y-%m-%d}T00:00:00.000001Z' is more than "
        f"{limits.MAX_TIME_RANGE_DAYS} days after start_time '2026-03-01T00:00:00Z'"
    )
    (text,) = problems(SpanSource(**SPAN | {"start_time": END, "end_time": START}))
    assert "is not after start_time" in text


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([], [".span_ids: [] is empty, where at least one ID is needed"]),
        ("abc", [".span_ids: 'abc' is not a list of IDs"]),
        (b"abc", [".span_ids: b'abc' is not a list of IDs"]),
        ({"a": 1}, [".span_ids: {'a': 1} is not a list of IDs"]),
        (7, [".span_ids: 7 is not a list of IDs"]),
        (None, [".span_ids: is missing"]),
        (
            ["a", "", "b", 3, None],
            [f".span_ids[{at}]: {value} is not a non-empty string" for at, value in ((1, "''"), (3, 3), (4, None))],
        ),
    ],
)
def test_ids_are_a_list_of_non_empty_strings(ids: Any, expected: list[str]) -> None:
    """IDs that are not a non-empty list of non-empty strings are refused, each with its position."""
    assert problems(SpanSource(**SPAN | {"span_ids": ids})) == [f"record_sources[0]{text}" for text in expected]
    assert problems(WIRE | {"span_ids": ids}) == [f"record_sources[0]{text}" for text in expected]


def test_an_empty_list_of_examples_is_not_the_whole_dataset() -> None:
    """An empty `example_ids` is refused with a hint to omit it, and None means the whole dataset."""
    (text,) = problems(ExampleSource(dataset="d", example_ids=[]))
    assert text == (
        "record_sources[0].example_ids: [] is empty, where at least one ID is needed; leave it out for the whole "
        "dataset"
    )
    assert one(ExampleSource(dataset="d")).ids is None


def test_unknown_keys_are_named_with_the_allowed_ones() -> None:
    """An unknown key in a mapping or a raw input is refused, and the error lists the allowed keys."""
    rule = (
        "is no key of record type 'span'; allowed are record_type, project_id, project, start_time, end_time, span_ids"
    )
    assert problems(WIRE | {"trace_ids": ["t"], 5: "x"}) == [
        f"record_sources[0]: 'trace_ids' {rule}",
        f"record_sources[0]: '5' {rule}",
    ]
    raw = models.AnnotationQueueExampleRecordInput(record_type="example", dataset_id="d1")
    raw.additional_properties["colour"] = "red"
    (text,) = problems(raw)
    assert text.startswith(
        "record_sources[0]: 'colour' is no key of record type 'example'; allowed are record_type, dat"
    )


@pytest.mark.parametrize(
    ("item", "start"),
    [
        ({"record_type": "image"}, ".record_type: 'image' is not a known record type: span, trace, session, exa"),
        ({"record_type": None}, ".record_type: None is not a known record type"),
        ({"project_id": "p1"}, ": {'project_id': 'p1'} has no record_type; give a SpanSource, TraceSource, "),
        (7, ": 7 is not a record source; give a SpanSource"),
        ("span", ": 'span' is not a record source; give"),
        (SimpleNamespace(actual_instance=None), ": None is not a record source; give"),
        (WIRE | {"project": "chat"}, ": {'"),
    ],
)
def test_items_that_are_no_sources_are_refused(item: object, start: str) -> None:
    """An unknown record type or form is refused, and the error lists the known ones."""
    (text,) = problems(item)
    assert text.startswith(f"record_sources[0]{start}")


@pytest.mark.parametrize("owner", ["", 5, None])
def test_project_and_dataset_are_non_empty_strings(owner: Any) -> None:
    """A project or dataset that is empty, missing or not a string is refused under the key that was used."""
    rule = "is missing" if owner is None else f"{owner!r} is not a non-empty string"
    assert problems(SpanSource(**SPAN | {"project": owner})) == [f"record_sources[0].project: {rule}"]
    assert problems(WIRE | {"project_id": owner}) == [f"record_sources[0].project_id: {rule}"]
    assert problems(ExampleSource(dataset=owner)) == [f"record_sources[0].dataset: {rule}"]


def test_a_version_is_a_non_empty_string() -> None:
    """An empty dataset version is refused, because it identifies no version."""
    assert problems(ExampleSource(dataset="d", dataset_version_id="")) == [
        "record_sources[0].dataset_version_id: '' is not a non-empty string"
    ]


@pytest.mark.parametrize("items", [None, "span", 7, WIRE, SpanSource(**SPAN)])
def test_record_sources_are_a_list(items: Any) -> None:
    """A single source, a string or None in place of a list of sources is refused."""
    with pytest.raises(InvalidRequestError, match=r"^record_sources: .* is not a list of record sources$"):
        normalise(items)


def test_record_sources_are_not_empty() -> None:
    """An empty list or iterator of sources is refused."""
    assert problems() == ["record_sources: is empty, where at least one record source is needed"]
    with pytest.raises(InvalidRequestError, match="is empty"):
        normalise(iter(()))


def test_all_problems_are_reported_at_once() -> None:
    """One error reports all problems of all sources in order, and shortens long values."""
    found = problems(
        SpanSource(project="", start_time="2026-03-01", end_time="soon", span_ids=["ok", ""]),
        SpanSource(**SPAN),
        {"record_type": "session", "session_ids": 1, "colour": "red" * 1000},
    )
    assert [text.split(": ")[0] for text in found] == [
        "record_sources[0].project",
        "record_sources[0].span_ids[1]",
        "record_sources[0].end_time",
        "record_sources[2]",
        "record_sources[2].project",
        "record_sources[2].session_ids",
        "record_sources[2].start_time",
        "record_sources[2].end_time",
    ]
    assert max(map(len, found)) < 200


def test_a_source_keeps_the_ids_of_an_iterator() -> None:
    """A source built from an iterator of IDs can be read twice, and its repr stays short."""
    source = SpanSource(**SPAN | {"span_ids": (str(number) for number in range(1000))})
    assert one(source) == one(source)
    assert len(one(source).ids or ()) == 1000
    assert len(repr(source)) < 400


def test_copies_with_other_ids_or_owner() -> None:
    """`with_ids` and `with_owner` return copies that differ in nothing else, for every kind of source."""
    assert SpanSource(**SPAN).with_ids(["x"]) == SpanSource(**SPAN | {"span_ids": ["x"]})
    assert SpanSource(**SPAN).with_owner(Id("p1")) == SpanSource(**SPAN | {"project": Id("p1")})
    assert ExampleSource(dataset="d").with_owner(Id("d1")).owner == "d1"
    assert ExampleSource(dataset="d").with_ids(["e"]).ids == ("e",)


def test_sources_are_values() -> None:
    """Sources with equal content are equal, hash alike and are immutable."""
    assert hash(SpanSource(**SPAN)) == hash(SpanSource(**SPAN))
    with pytest.raises(AttributeError):
        SpanSource(**SPAN).project = "other"  # type: ignore[misc]


@given(
    st.datetimes(timezones=st.timezones(), min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001
    st.timedeltas(timedelta(microseconds=1), timedelta(days=limits.MAX_TIME_RANGE_DAYS)),
)
def test_times_on_the_wire_are_the_times_given(start: datetime, length: timedelta) -> None:
    """A window on the wire is in UTC with a Z, and reads back to the same microsecond."""
    end = start.astimezone(UTC) + length
    source = one(SpanSource(project=Id("p"), start_time=start, end_time=end, span_ids=["s"]))
    wire = to_wire(source, source.ids)
    assert wire["start_time"].endswith("Z")
    assert datetime.fromisoformat(wire["start_time"]) == start.astimezone(UTC)
    assert datetime.fromisoformat(wire["end_time"]) == end
    assert one(wire) == source


def test_the_wire_form_is_plain_json_types() -> None:
    """The wire form has the contract's fields as plain JSON types, and omits fields that were not given."""
    source = one(TraceSource(project=Id("p1"), start_time=START, end_time=END, trace_ids=["t1", "t2"]))
    wire = to_wire(source, ["t2"])
    assert wire == {
        "record_type": "trace",
        "project_id": "p1",
        "start_time": "2026-03-01T00:00:00Z",
        "end_time": f"{END:%Y-%m-%d}T00:00:00Z",
        "trace_ids": ["t2"],
    }
    assert type(wire["project_id"]) is str
    assert to_wire(one(ExampleSource(dataset=Id("d1"))), None) == {"record_type": "example", "dataset_id": "d1"}
