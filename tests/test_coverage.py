"""The public methods reach all of the spec: its operations, what they take, what they answer, how they fail.

Nothing is listed by hand but the arguments of the calls: every call is made, and what arrives at a server is held
against the spec. So an operation, a field or a member of a union that the spec gains fails a test here until a public
method serves it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import arize_queues_raw.api
import httpx
import pytest
from arize_queues_raw.operations import OPERATIONS, Operation

import arize_queues
from arize_queues import ArizeClient, ExampleSource, SessionSource, SpanSource, TraceSource
from arize_queues.annotation_queues._sync import AnnotationQueues
from scripts.spec import document
from scripts.specdiff import changelog, lines
from tests.support import answers as by_hand
from tests.support.samples import SPEC, TIME, SampleServer, content, described, sample, schema, statuses

ROOT = Path(__file__).resolve().parent.parent

LEFT_OUT: dict[str, str] = {}
"""Operations that no public method reaches, by id, each with the reason."""

RAW_ONLY: dict[str, str] = {
    "list_annotation_configs": "It is called to look a name up; who wants the configs has client.raw.",
    "list_datasets": "It is called to look a name up; who wants the datasets has client.raw.",
    "list_projects": "It is called to look a name up; who wants the projects has client.raw.",
    "list_spaces": "It is called to look a name up; who wants the spaces has client.raw.",
}
"""Operations of which the answers are not given to the caller, by id, each with the reason."""

UNSENT: dict[tuple[str, str], str] = {}
"""Query parameters that no public method sends, by operation and name, each with the reason."""

Call = Callable[[AnnotationQueues], Any]
BY_ID: dict[str, Any] = {"annotation_queue": "aq_1"}
NAMED: dict[str, Any] = {"annotation_queue": "name", "space": "name"}
WINDOW: dict[str, Any] = {"start_time": TIME, "end_time": "2026-03-02T00:00:00Z"}
SOURCES: dict[str, Any] = {
    "span": SpanSource(project="proj_1", span_ids=["s"], **WINDOW),
    "trace": TraceSource(project="proj_1", trace_ids=["t"], **WINDOW),
    "session": SessionSource(project="proj_1", session_ids=["s"], **WINDOW),
    "example": ExampleSource(dataset="ds_1", dataset_version_id="dv_1", example_ids=["e"]),
}
ANNOTATION = {"name": "name", "score": 1.0, "label": "label", "text": "text"}
EMAILS = ["annotator@example.com"]
NEW_QUEUE: dict[str, Any] = {
    "name": "Triage",
    "space": "spc_1",
    "annotation_config_ids": ["ac_1"],
    "annotator_emails": EMAILS,
    "instructions": "Look closely.",
    "assignment_method": "all",
    "column_allowlist": ["input"],
}
CHANGES: dict[str, Any] = {
    key: NEW_QUEUE[key]
    for key in ("name", "annotation_config_ids", "annotator_emails", "instructions", "column_allowlist")
}

CALLS: dict[str, Call] = {
    "list": lambda q: q.list(space="spc_1", name="Triage", limit=7, cursor="c"),
    "iter": lambda q: list(q.iter()),
    "get": lambda q: q.get(**BY_ID),
    "create": lambda q: q.create(**NEW_QUEUE, record_sources=[SOURCES["span"]]),
    "update": lambda q: q.update(**BY_ID, **CHANGES),
    "delete": lambda q: q.delete(**BY_ID),
    "list_records": lambda q: q.list_records(**BY_ID, limit=7, cursor="c"),
    "iter_records": lambda q: list(q.iter_records(**BY_ID)),
    "plan_records": lambda q: q.plan_records(**BY_ID, record_sources=[SOURCES["span"]]),
    "add_records": lambda q: q.add_records(**BY_ID, record_sources=[SOURCES["span"]]),
    "delete_records": lambda q: q.delete_records(**BY_ID, record_ids=["r"]),
    "annotate_record": lambda q: q.annotate_record(**BY_ID, record_id="r", annotations=[ANNOTATION]),
    "annotate_records": lambda q: q.annotate_records(**BY_ID, annotations={"r": [ANNOTATION]}, validate=False),
    "assign_record": lambda q: q.assign_record(**BY_ID, record_id="r", assigned_user_emails=EMAILS),
    "assign_records": lambda q: q.assign_records(**BY_ID, assignments={"r": EMAILS}, keep_completed=False),
    "list_tags": lambda q: q.list_tags(**BY_ID),
    "add_tags": lambda q: q.add_tags(**BY_ID, tag_ids=["tag_1"]),
}
"""Every public method, called with IDs, so that it makes no other requests than its own."""

BY_NAME: dict[str, Call] = {
    "list by a space's name": lambda q: q.list(space="prod"),
    "get by name": lambda q: q.get(**NAMED),
    "create by names": lambda q: q.create(**{**NEW_QUEUE, "space": "name", "annotation_config_ids": ["name"]}),
    "add spans by names": lambda q: q.add_records(
        **BY_ID, space="name", record_sources=[SpanSource(project="name", span_ids=["s"], **WINDOW)]
    ),
    "add examples by names": lambda q: q.add_records(
        **BY_ID, space="name", record_sources=[ExampleSource(dataset="name", example_ids=["e"])]
    ),
}
"""Calls that look names up, with the listings that this takes."""


def drive(call: Call, **answers: int) -> tuple[SampleServer, Any]:
    """Make a call to a server of samples; give the server and the result."""
    server = SampleServer(answers)
    with _client(server) as client:
        return server, call(client.annotation_queues)


def _client(server: SampleServer) -> ArizeClient:
    http = httpx.Client(transport=httpx.MockTransport(server), base_url=by_hand.BASE_URL)
    return ArizeClient(api_key=by_hand.KEY, base_url=by_hand.BASE_URL, http_client=http, max_retries=0)


@pytest.fixture(scope="module")
def reached() -> dict[str, set[str]]:
    """What each call reaches: ids of operations, by the name of the call."""
    return {name: drive(call)[0].reached for name, call in (CALLS | BY_NAME).items()}


def unreached(operations: Mapping[str, Operation], reached: Mapping[str, set[str]]) -> list[str]:
    """Return the operations that no call reaches and that are not left out with a reason."""
    known = set().union(*reached.values()) | LEFT_OUT.keys()
    return [name for name in operations if name not in known]


# -------------------------------------------------------------------------------------------------------- operations


def test_every_public_method_is_called_here():
    """The calls of this module cover all public methods."""
    public = {name for name, _ in inspect.getmembers(AnnotationQueues, inspect.isfunction) if name[0] != "_"}
    assert public == set(CALLS)


def test_table_of_operations_is_the_spec():
    """The generated table, which requests are held against, has the operations of the spec."""
    assert {(o.method.lower(), o.path) for o in OPERATIONS.values()} == set(document.operations(SPEC))


def test_every_operation_is_reached(reached):
    """Each operation of the spec is called by a public method, or left out with a reason."""
    assert unreached(OPERATIONS, reached) == [], "give these a public method, or LEFT_OUT a reason"
    assert all(reason.endswith(".") for reason in {**LEFT_OUT, **RAW_ONLY}.values())
    assert (LEFT_OUT.keys() | RAW_ONLY.keys()) <= OPERATIONS.keys()


def test_operation_without_a_face_is_noticed(reached):
    """An operation that the spec gains is unreached until a public method calls it."""
    removal = OPERATIONS["add_annotation_queue_tags"]._replace(
        operation_id="remove_annotation_queue_tags", method="DELETE"
    )
    assert unreached({**OPERATIONS, removal.operation_id: removal}, reached) == [removal.operation_id]


def test_changelog_names_the_methods_that_an_operation_is_called_by(reached):
    """The words of the changelog draft are the public methods that really make the request."""
    methods: dict[str, tuple[str, ...]] = {}
    for name in CALLS:
        for operation in reached[name]:
            address = f"{OPERATIONS[operation].method} {OPERATIONS[operation].path}"
            methods[address] = (*methods.get(address, ()), name)
    assert methods == changelog.METHODS, "METHODS of scripts/changelog.py says otherwise"


def test_changelog_names_the_errors_that_are_raised():
    """The words of the changelog draft are the public errors of the statuses."""
    statuses = {str(status) for operation in OPERATIONS.values() for status in operation.errors}
    assert statuses == lines.ERRORS.keys(), "ERRORS of scripts/lines.py says otherwise"
    for status, name in lines.ERRORS.items():
        with pytest.raises(getattr(arize_queues, name)):
            drive(CALLS["create"], create_annotation_queue=int(status))


# ----------------------------------------------------------------------------------------------- what requests can say

WITH_QUERY = [
    (name, parameter["name"])
    for name, operation in OPERATIONS.items()
    for parameter in described(operation)["parameters"]
    if parameter["in"] != "path" and name not in RAW_ONLY
]


def asked(operation: str) -> set[str]:
    """Return the query parameters that an operation is called with, by any public method."""
    sent = [drive(call)[0].requests for call in (CALLS | BY_NAME).values()]
    return {
        key
        for requests in sent
        for one, request in requests
        if one.operation_id == operation
        for key in request.url.params
    }


@pytest.mark.parametrize(("operation", "parameter"), WITH_QUERY)
def test_every_query_parameter_can_be_sent(operation, parameter):
    """Each parameter of an operation is in what some public method sends, or left out with a reason."""
    assert parameter in asked(operation) or (operation, parameter) in UNSENT, (
        f"{operation}: give {parameter!r} an argument in both faces, or UNSENT a reason"
    )


def test_parameter_that_nothing_sends_is_noticed():
    """What is left out is in the spec, and has its reason; a parameter that the spec gains is not sent by itself."""
    assert UNSENT.keys() <= {*WITH_QUERY}
    assert all(reason.endswith(".") for reason in UNSENT.values())
    assert asked("list_annotation_queue_records") == {"limit", "cursor"}


WITH_BODY = [name for name, operation in OPERATIONS.items() if "requestBody" in described(operation)]


def unions(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every union below a schema."""
    node = schema(node)
    if "oneOf" in node:
        yield node
    for child in (*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])):
        yield from unions(child)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a body."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(child)


def unsent(union: dict[str, Any], bodies: list[Any]) -> set[str]:
    """Return the members of a union that none of the bodies holds, by what tells them apart."""
    tag = union["discriminator"]["propertyName"]
    sent = {str(thing[tag]).lower() for body in bodies for thing in objects(body) if tag in thing}
    assert len(union["discriminator"]["mapping"]) == len(union["oneOf"]), "section 2 of the overlay lacks a member"
    return set(union["discriminator"]["mapping"]) - sent


@pytest.mark.parametrize("name", ["create", "add_records"])
def test_every_member_of_a_request_union_can_be_sent(name):
    """Each kind of record source that the spec has goes out through both calls that take sources."""
    arguments = NEW_QUEUE if name == "create" else BY_ID
    operation = {"create": "create_annotation_queue", "add_records": "create_annotation_queue_record"}[name]
    bodies: list[Any] = []
    for source in SOURCES.values():
        server, _ = drive(lambda q, s=source: getattr(q, name)(**arguments, record_sources=[s]))
        bodies += server.bodies(operation)
    (union,) = unions(content(described(OPERATIONS[operation])["requestBody"]))
    assert unsent(union, bodies) == set()


def test_request_unions_are_where_sources_are():
    """No request but the two that take sources has a union; a new one needs a test as these have."""
    found = {name for name in WITH_BODY if [*unions(content(described(OPERATIONS[name])["requestBody"]))]}
    assert found == {"create_annotation_queue", "create_annotation_queue_record"}


def test_member_that_nothing_sends_is_noticed():
    """A kind of source that the spec gains is unsent until there is a way to send it."""
    server, _ = drive(CALLS["add_records"])
    union = {
        "oneOf": [{}, {}],
        "discriminator": {"propertyName": "record_type", "mapping": {"span": "", "thread": ""}},
    }
    assert unsent(union, server.bodies("create_annotation_queue_record")) == {"thread"}


@pytest.mark.parametrize("operation", WITH_BODY)
def test_every_field_of_a_request_can_be_sent(operation, reached):
    """Each field that the body of an operation can have is in what some public method sends."""
    bodies = [
        body for name, call in CALLS.items() if operation in reached[name] for body in drive(call)[0].bodies(operation)
    ]
    fields = content(described(OPERATIONS[operation])["requestBody"])["properties"]
    unsent = set(fields) - {key for body in bodies for key in body}
    assert unsent == set(), f"{operation}: give these an argument in both faces, and the call of this module a value"


@pytest.mark.parametrize("kind", SOURCES)
def test_every_field_of_a_source_can_be_sent(kind):
    """Each field that a record source can have is in what its class sends."""
    server, _ = drive(lambda q: q.add_records(**BY_ID, record_sources=[SOURCES[kind]]))
    ((source,),) = [body["record_sources"] for body in server.bodies("create_annotation_queue_record")]
    assert set(source) == set(SPEC["components"]["schemas"][_member(kind)]["properties"])


def _member(kind: str) -> str:
    mapping = SPEC["components"]["schemas"]["AnnotationQueueRecordInput"]["discriminator"]["mapping"]
    return str(mapping[kind].rpartition("/")[2])


def test_every_field_of_an_annotation_can_be_sent():
    """Each field that an annotation can have is in what `annotate_record` sends."""
    server, _ = drive(CALLS["annotate_record"])
    ((annotation,),) = [body["annotations"] for body in server.bodies("annotate_annotation_queue_record")]
    assert set(annotation) == set(SPEC["components"]["schemas"]["AnnotationInput"]["properties"])


# --------------------------------------------------------------------------------------------------------- how it ends

FAILURES = [
    (name, status)
    for name, operation in OPERATIONS.items()
    for key in described(operation)["responses"]
    for status in statuses(key)
    if status >= 400
]
SUCCESSES = [(name, status) for name, operation in OPERATIONS.items() for status in operation.successes]


def errors_in(error: BaseException) -> list[BaseException]:
    """Return what went wrong: the error, or those of the parts of a call of many parts."""
    if isinstance(error, arize_queues.PartialFailureError):
        return [failure.error for failure in error.failures]
    return [error]


def caller_of(operation: str, reached: Mapping[str, set[str]]) -> Call:
    """Return the first call that reaches an operation."""
    return next(call for name, call in (CALLS | BY_NAME).items() if operation in reached[name])


@pytest.mark.parametrize(("operation", "status"), FAILURES)
def test_every_documented_failure_has_an_error(operation, status, reached):
    """A documented status raises an error of its own, public class, which holds all that the server said."""
    with pytest.raises(arize_queues.ArizeQueuesError) as caught:
        drive(caller_of(operation, reached), **{operation: status})
    (error,) = errors_in(caught.value)
    assert isinstance(error, arize_queues.APIStatusError)
    if status in OPERATIONS[operation].errors:
        assert type(error) is not arize_queues.APIStatusError, f"give {status} an error of its own in _errors.py"
    assert type(error).__name__ in arize_queues.__all__
    assert error.status_code == status
    said = {**sample({"$ref": "#/components/schemas/Problem"}), "status": status}
    assert error.problem == said
    for field in ("title", "detail", "type", "request_id"):
        assert getattr(error, field) == said[field]


def test_every_status_of_the_spec_is_tried():
    """A status is tried by its number, a range or `default` by its first and last; what is no failure has a number."""
    keys = {(name, key) for name, operation in OPERATIONS.items() for key in described(operation)["responses"]}
    assert {(name, key) for name, key in keys if key[0] in "123" and not key.isdecimal()} == set()
    assert {*FAILURES, *SUCCESSES} == {(name, status) for name, key in keys for status in statuses(key)}
    assert (statuses("404"), statuses("5XX"), statuses("default")) == ([404], [500, 599], [500, 599])


@pytest.mark.parametrize(("operation", "status"), SUCCESSES)
def test_every_documented_success_is_taken(operation, status, reached):
    """Every documented success returns a result."""
    server, _ = drive(caller_of(operation, reached), **{operation: status})
    assert operation in server.reached


# -------------------------------------------------------------------------------------------------- what can be read


def unreadable(node: dict[str, Any], value: Any, sent: Any, at: str = "") -> Iterator[str]:
    """Yield the properties of an answer that its model has not, or has with another value than was sent."""
    node = schema(node)
    if "oneOf" in node:
        tag = node["discriminator"]
        node = schema({"$ref": tag["mapping"][sent[tag["propertyName"]]]})
    if node.get("type") == "array":
        assert len(value) == len(sent)
        for index, (item, answer) in enumerate(zip(value, sent, strict=True)):
            yield from unreadable(node["items"], item, answer, f"{at}[{index}]")
    elif "properties" in node:
        for name, field in node["properties"].items():
            held = getattr(value, name, None)
            if held is None:
                yield f"{at}.{name}"
            else:
                yield from unreadable(field, held, sent[name], f"{at}.{name}")
    elif node.get("format") == "date-time":
        if value.isoformat().replace("+00:00", "Z") != sent:
            yield at
    elif value != sent:
        yield at


def answer_of(operation: str) -> dict[str, Any]:
    """Return the schema of what an operation answers when all goes well; empty where that has no body."""
    responses = described(OPERATIONS[operation])["responses"]
    return content(responses[str(OPERATIONS[operation].successes[0])])


WITH_ANSWER = [name for name in OPERATIONS if answer_of(name)]


@pytest.mark.parametrize("operation", [name for name in WITH_ANSWER if name not in RAW_ONLY])
def test_every_property_of_an_answer_is_on_the_result(operation, reached):
    """Whatever the server can say in an answer, the result of a public method has as an attribute."""
    _, result = drive(caller_of(operation, reached))
    assert [*unreadable(answer_of(operation), result, sample(answer_of(operation)))] == []


@pytest.mark.parametrize("operation", RAW_ONLY)
def test_every_property_of_a_listing_is_on_what_raw_gives(operation):
    """What only name lookups call can be called through `client.raw`, and has all its properties there."""
    modules = {module.rpartition(".")[2]: module for module in _raw_modules()}
    with _client(SampleServer()) as client:
        result = importlib.import_module(modules[operation]).sync(client=client.raw)
    assert [*unreadable(answer_of(operation), result, sample(answer_of(operation)))] == []


def test_property_that_a_model_lacks_is_noticed(reached):
    """A property that an answer gains is unreadable until the model has it."""
    _, queue = drive(caller_of("get_annotation_queue", reached))
    answer = schema({"$ref": "#/components/schemas/AnnotationQueue"})
    answer = {**answer, "properties": {**answer["properties"], "unheard_of": {"type": "string"}}}
    assert [*unreadable(answer, queue, sample(answer))] == [".unheard_of"]


def _raw_modules() -> Iterator[str]:
    root = Path(arize_queues_raw.api.__file__).parent
    for path in root.glob("*/*.py"):
        yield ".".join((arize_queues_raw.api.__name__, path.parent.name, path.stem))
