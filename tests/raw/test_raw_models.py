"""The generated models: what goes in comes out again, and nothing that a server sends breaks them but in one way."""

from __future__ import annotations

import contextlib
import datetime
import json
import pickle
import subprocess
import sys
from importlib import resources
from typing import Any

import pytest
from arize_queues_raw import encoding, models, types
from arize_queues_raw.unset import UNSET
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples

SCHEMAS: dict[str, Any] = json.loads(resources.files("arize_queues_raw").joinpath("openapi.json").read_text())[
    "components"
]["schemas"]
OBJECTS = sorted(name for name, schema in SCHEMAS.items() if "properties" in schema)
ENUMS = sorted(name for name, schema in SCHEMAS.items() if "enum" in schema)
REFUSALS = (KeyError, TypeError, ValueError)
quietly = settings(deadline=None, max_examples=examples(30), suppress_health_check=list(HealthCheck))

texts = st.text(st.characters(codec="utf-8"), max_size=8)
plain_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
zones = st.timezones() | st.just(datetime.UTC)
times = st.datetimes(timezones=zones, allow_imaginary=False).map(lambda time: time.isoformat())


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, alone or wrapped in allOf."""
    schema = schema["allOf"][0] if "allOf" in schema else schema
    return SCHEMAS[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def writable(name: str) -> bool:
    """Return True if a model is for requests."""
    return name.endswith(("Request", "Input"))


def spelled(values: list[str]) -> st.SearchStrategy[str]:
    """Spell one of the values in some case."""
    return st.sampled_from([s for v in values for s in (v.lower(), v.upper(), v.title())])


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Make JSON values that a schema allows, and some that it will allow one day."""
    schema = resolved(schema)
    if "oneOf" in schema:
        key = schema["discriminator"]["propertyName"]
        unknown = st.fixed_dictionaries({key: st.just("something new")}, optional={"id": texts})
        return st.one_of(unknown, *(values(member) for member in schema["oneOf"]))
    if "enum" in schema:
        return spelled(schema["enum"]) | (texts.map("new ".__add__) if len(schema["enum"]) > 1 else st.nothing())
    if "properties" in schema:
        return payloads(schema)
    if schema.get("type") == "array":
        return st.lists(values(schema["items"]), max_size=2)
    return {
        "object": st.dictionaries(texts, plain_json, max_size=3),
        "integer": st.integers(0, 999),
        "number": st.integers(-9, 9) | st.floats(-9, 9),
        "boolean": st.booleans(),
        "string": times if schema.get("format") == "date-time" else texts,
    }[schema["type"]]


def payloads(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Make JSON objects of a schema: optional fields absent, null or there, and fields that it does not know."""
    required = set(schema.get("required", []))
    known = {key: values(value) for key, value in schema["properties"].items()}
    unknown = st.dictionaries(texts.filter(lambda key: key not in known), plain_json, max_size=2)
    return st.builds(
        lambda unknown, known: {**unknown, **known},
        unknown,
        st.fixed_dictionaries(
            {key: value for key, value in known.items() if key in required},
            optional={key: value | st.none() for key, value in known.items() if key not in required},
        ),
    )


def least(schema: dict[str, Any]) -> Any:
    """Return the smallest JSON value that a schema allows."""
    schema = resolved(schema)
    if "oneOf" in schema:
        return least(schema["oneOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {key: least(schema["properties"][key]) for key in schema.get("required", [])}
    if schema.get("format") == "date-time":
        return "2026-03-01T00:00:00+00:00"
    return {"array": [], "object": {}, "integer": 1, "number": 1, "boolean": True, "string": "x"}[schema["type"]]


def only_json(value: Any) -> bool:
    """Return True if a value is made of JSON's own types, and not of subclasses."""
    if type(value) is dict:
        return all(type(key) is str and only_json(item) for key, item in value.items())
    if type(value) is list:
        return all(map(only_json, value))
    return value is None or type(value) in (str, int, float, bool)


@pytest.mark.parametrize("name", OBJECTS)
@quietly
@given(data=st.data())
def test_round_trip(name: str, data: st.DataObject) -> None:
    """A decoded model equals the one decoded from what it encodes to, which is JSON and keeps unknown fields."""
    model = getattr(models, name)
    payload = data.draw(payloads(SCHEMAS[name]))
    decoded = model.from_dict(payload)
    encoded = decoded.to_dict()
    assert only_json(encoded)
    assert model.from_dict(encoded) == decoded
    assert model.from_json(decoded.to_json()) == decoded
    assert pickle.loads(pickle.dumps(decoded)) == decoded
    assert name in repr(decoded)
    unknown = {key: value for key, value in payload.items() if key not in SCHEMAS[name]["properties"]}
    assert decoded.additional_properties == unknown
    assert encoded.items() >= unknown.items() if not unknown else all(encoded[k] == v for k, v in unknown.items())


@pytest.mark.parametrize("name", OBJECTS)
@quietly
@given(data=st.data())
def test_wrong_shapes_are_refused_in_three_ways_only(name: str, data: st.DataObject) -> None:
    """Any JSON in place of a model or of a field raises KeyError, TypeError or ValueError, if anything."""
    model = getattr(models, name)
    payload = least(SCHEMAS[name])
    broken = data.draw(plain_json)
    key = data.draw(st.sampled_from(sorted(SCHEMAS[name]["properties"])))
    for src in (broken, {**payload, key: broken}, {k: v for k, v in payload.items() if k != key}):
        with contextlib.suppress(*REFUSALS):
            model.from_dict(src)


@pytest.mark.parametrize("src", [None, [], "text", 3, True, [{}], b"{}"])
@pytest.mark.parametrize("name", OBJECTS)
def test_what_is_no_object_is_refused(name: str, src: Any) -> None:
    """A model of anything but a JSON object raises TypeError."""
    with pytest.raises(TypeError):
        getattr(models, name).from_dict(src)


@pytest.mark.parametrize("name", [name for name in OBJECTS if not writable(name)])
def test_absent_and_null_fields_of_answers(name: str) -> None:
    """An optional field that is absent or null is None, and a list that cannot be null is empty."""
    schema, model = SCHEMAS[name], getattr(models, name)
    optional = {key: prop for key, prop in schema["properties"].items() if key not in schema.get("required", [])}
    for payload in (least(schema), {**least(schema), **dict.fromkeys(optional)}):
        decoded = model.from_dict(payload)
        for key, prop in optional.items():
            empty: Any = [] if prop.get("type") == "array" and not prop.get("nullable") else None
            assert getattr(decoded, key) == empty
            assert decoded.to_dict().get(key) == empty


@pytest.mark.parametrize("name", OBJECTS)
def test_required_fields(name: str) -> None:
    """A required field that is absent or null is refused, unless it is a list or a free-form object of an answer."""
    schema, model = SCHEMAS[name], getattr(models, name)
    for key in schema.get("required", []):
        prop = resolved(schema["properties"][key])
        if prop.get("nullable") or (prop.get("type") in ("array", "object") and "properties" not in prop):
            continue
        payload = least(schema)
        with pytest.raises(REFUSALS):
            model.from_dict({**payload, key: None})
        del payload[key]
        with pytest.raises(KeyError, match=key):
            model.from_dict(payload)


def test_lists_that_a_server_leaves_out_are_empty() -> None:
    """A queue without annotators and configs, and a record without annotations, have empty lists of their own."""
    payload = {key: value for key, value in least(SCHEMAS["AnnotationQueue"]).items() if key != "annotators"}
    first, second = models.AnnotationQueue.from_dict(payload), models.AnnotationQueue.from_dict(payload)
    assert (first.annotators, first.annotation_configs, first.column_allowlist) == ([], [], None)
    assert first.annotators is not second.annotators
    record = models.AnnotationQueueRecord("r", "q", models.AnnotationQueueSourceType.SPANS)
    assert (record.annotations, record.evaluations, record.data) == ([], [], {})


def test_free_form_objects_are_plain_dicts() -> None:
    """A record's data is the dict that was parsed, whatever is in it."""
    data = {"id": 1, "nested": {"to_dict": [None]}}
    record = models.AnnotationQueueRecord.from_dict({**least(SCHEMAS["AnnotationQueueRecord"]), "data": data})
    assert record.data is data
    assert record.to_dict()["data"] == data


def test_three_states_of_a_nullable_field_in_a_request() -> None:
    """A nullable field tells UNSET, None and a value apart; in other fields None and UNSET are both left out."""
    request = models.UpdateAnnotationQueueRequest
    assert request().to_dict() == {}
    assert request(instructions=None, column_allowlist=None).to_dict() == {
        "instructions": None,
        "column_allowlist": None,
    }
    assert request(instructions="Read.", name=None, annotator_emails=UNSET).to_dict() == {"instructions": "Read."}
    assert request(annotator_emails=[]).to_dict() == {"annotator_emails": []}
    assert request.from_dict({}).instructions is UNSET
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert not UNSET


@pytest.mark.parametrize("name", ENUMS)
def test_enums_are_open_and_blind_to_case(name: str) -> None:
    """A known value in any case is its member; an unknown value stays as it is, in the same enum."""
    enum = getattr(models, name)
    for value in SCHEMAS[name]["enum"]:
        assert enum(value.lower()) is enum(value.upper()) is enum(value.title()) is enum[value.upper()]
        assert enum(value.upper()).value == value
    members = len(enum)
    new = enum("Brand-New")
    assert isinstance(new, enum)
    assert (new, new.value, new.name, str(new)) == ("Brand-New",) * 4
    assert hash(new) == hash("Brand-New")
    assert pickle.loads(pickle.dumps(new)) == new
    assert len(enum) == members
    assert "Brand-New" not in enum._value2member_map_
    with pytest.raises(ValueError, match="not a valid"):
        enum(3)


@pytest.mark.parametrize("spelling", ["span", "SPAN", "Span", models.AnnotationQueueRecordType.SPAN])
def test_the_kind_of_an_input_in_any_spelling(spelling: str) -> None:
    """A record type may be given in any case, or left out, and is written in the contract's."""
    given_kind = models.AnnotationQueueSpanRecordInput("p", "2026-03-01", "2026-03-02", ["s"], record_type=spelling)
    assert given_kind.record_type is models.AnnotationQueueRecordType.SPAN
    assert given_kind == models.AnnotationQueueSpanRecordInput("p", "2026-03-01", "2026-03-02", ["s"])
    assert given_kind.to_dict()["record_type"] == "span"


def test_unions_are_told_apart_by_their_discriminator() -> None:
    """A config is of the class that its type says in any case, and of an unknown type or none stays a dict."""
    of_type = {
        "categorical": models.CategoricalAnnotationConfig,
        "CONTINUOUS": models.ContinuousAnnotationConfig,
        "FreeForm": models.FreeformAnnotationConfig,
    }
    configs: list[dict[str, Any]] = []
    for kind, model in of_type.items():
        configs.append({**least(SCHEMAS[model.__name__]), "type": kind})
    strange = [{"type": "ranking", "id": "c"}, {"id": "c"}, {"type": 7}]
    page = models.ListAnnotationConfigsResponse.from_dict(
        {"annotation_configs": configs + strange, "pagination": {"has_more": False}}
    )
    assert [type(config) for config in page] == [*of_type.values(), dict, dict, dict]
    assert page[len(of_type) :] == strange
    assert page.to_dict()["annotation_configs"][len(of_type) :] == strange
    with pytest.raises(KeyError):
        models.ListAnnotationConfigsResponse.from_dict(
            {"annotation_configs": [{"type": "categorical"}], "pagination": {"has_more": False}}
        )


@pytest.mark.parametrize("digits", range(10))
@pytest.mark.parametrize("offset", ["Z", "z", "+00:00", "+05:30", "-0800"])
def test_times_of_any_server(offset: str, digits: int) -> None:
    """A time is read with Z or an offset and with no to nine digits of the second, to the microsecond."""
    fraction = "." + "123456789"[:digits] if digits else ""
    annotation = models.Annotation.from_dict({"name": "n", "updated_at": f"2026-03-01T10:20:30{fraction}{offset}"})
    time = annotation.updated_at
    assert time is not None
    assert time.microsecond == int("123456789"[:digits][:6].ljust(6, "0"))
    assert time.utcoffset() == {"+05:30": datetime.timedelta(hours=5.5), "-0800": datetime.timedelta(hours=-8)}.get(
        offset, datetime.timedelta()
    )
    assert datetime.datetime.fromisoformat(annotation.to_dict()["updated_at"]) == time


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-03-01T10:20:30+99:99"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Text that is no time raises a ValueError that does not quote it."""
    with pytest.raises(ValueError, match=r"^a time in ISO 8601 was expected$"):
        models.Annotation.from_dict({"name": "n", "updated_at": text})


def test_times_that_users_give() -> None:
    """An input accepts a datetime, text, or a date, which is its midnight in UTC."""
    midnight = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
    for time in (midnight, "2026-03-01T00:00:00Z", "2026-03-01", datetime.date(2026, 3, 1)):
        assert models.AnnotationQueueTraceRecordInput("p", time, midnight, ["t"]).start_time == midnight
    with pytest.raises(TypeError, match=r"^start_time: "):
        models.AnnotationQueueTraceRecordInput("p", 7, midnight, ["t"])  # type: ignore[arg-type]
    for text in ("yesterday", "2026-99-99", "2026-03-01T10:20:30+99:99"):
        with pytest.raises(ValueError, match=r"^end_time: .* is not a time in ISO 8601"):
            models.AnnotationQueueTraceRecordInput("p", midnight, text, ["t"])


PAGES = sorted(name for name in OBJECTS if "pagination" in SCHEMAS[name]["properties"])


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_their_items(name: str) -> None:
    """A page iterates over its list, has its length and its items, and is true even where it is empty."""
    (key, prop), *_ = [(k, p) for k, p in SCHEMAS[name]["properties"].items() if p.get("type") == "array"]
    page = getattr(models, name).from_dict({**least(SCHEMAS[name]), key: [least(prop["items"])] * 3})
    assert list(page) == getattr(page, key)
    assert (len(page), page[0], page[1:]) == (3, getattr(page, key)[0], getattr(page, key)[1:])
    empty = getattr(models, name).from_dict(least(SCHEMAS[name]))
    assert len(empty) == 0
    assert empty
    assert len(page.to_df()) == 3
    assert len(empty.to_df()) == 0


def test_a_data_frame_of_records() -> None:
    """A page's data frame has a row for each item, a column for each key of data, and times that are times."""
    record = least(SCHEMAS["AnnotationQueueRecord"])
    records = [{**record, "data": {"input": "a"}, "later": 1}, {**record, "data": {"input": "b", "n": 2}}]
    page = models.ListAnnotationQueueRecordsResponse.from_dict({"records": records, "pagination": {"has_more": False}})
    frame = page.to_df()
    assert list(frame["data.input"]) == ["a", "b"]
    assert {"id", "data.n", "source_type", "later"} <= set(frame.columns)
    assert "data" not in frame.columns
    queue = least(SCHEMAS["AnnotationQueue"])
    queues = models.ListAnnotationQueuesResponse.from_dict(
        {"annotation_queues": [queue], "pagination": {"has_more": False}}
    )
    assert queues.to_df()["created_at"][0] == queues[0].created_at


def test_a_data_frame_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pandas, `to_df` names the extra that installs it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    page = models.ListSpacesResponse.from_dict({"spaces": [], "pagination": {"has_more": False}})
    with pytest.raises(ImportError, match="extra 'pandas'"):
        page.to_df()


@pytest.mark.parametrize("fast", [True, False])
def test_json_text(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON is read and written alike with orjson and without it, lone surrogates and large integers included."""
    if not fast:
        monkeypatch.setattr(encoding, "orjson", None)
    assert types.dumps({"ä": [1, None, 2.5]}) == '{"ä":[1,null,2.5]}'.encode()
    for value in ("\ud800", 2**70, {"ä": "\udfff"}):
        assert json.loads(types.dumps(value)) == value
    assert types.loads(b'"\\ud800"') == "\ud800"
    assert types.loads(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    for text in (b"", b"<html>", b'{"a": ', b"\xff", b"[" * 100_000):
        with pytest.raises(ValueError):  # noqa: PT011 - the texts are those of the parsers
            types.loads(text)


@pytest.mark.parametrize("fast", [True, False])
def test_what_json_does_not_have_is_written_as_null(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN of a server is decoded, and encoded as null, with orjson and without it."""
    if not fast:
        monkeypatch.setattr(encoding, "orjson", None)
    read = models.Annotation.from_json(b'{"name": "n", "score": NaN, "more": [Infinity, {"big": 1e3}], "text": "NaN"}')
    assert json.loads(read.to_json()) == {"name": "n", "score": None, "more": [None, {"big": 1000.0}], "text": "NaN"}


def test_importing_the_models_is_light() -> None:
    """The models import neither httpx nor pandas nor dateutil, and nothing of the package built on them."""
    code = "import sys, arize_queues_raw.models as m; [getattr(m, n) for n in m.__all__]; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"httpx", "pandas", "dateutil", "arize_queues"} & set(done.stdout.split())
