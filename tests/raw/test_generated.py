"""Generation: the check of what is checked in, the tables made from the document, and the generated endpoints."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import arize_queues_raw
import httpx
import pytest
import yaml
from arize_queues_raw import AuthenticatedClient, api, errors, limits, models
from arize_queues_raw.operations import OPERATIONS

from scripts.codegen import __main__ as generate
from scripts.codegen import check as check_generated
from scripts.codegen import document as generation
from scripts.codegen import limits as limits_of

ROOT = Path(__file__).resolve().parents[2]


PACKAGE: Path = check_generated.PACKAGE
FRESH = Path(arize_queues_raw.__file__).parent
DOCUMENT = json.loads((FRESH / "openapi.json").read_text())
ENDPOINTS = {
    found.name.rsplit(".", 1)[1]: importlib.import_module(found.name)
    for found in pkgutil.walk_packages(api.__path__, f"{api.__name__}.")
    if not found.ispkg
}
BODIES: dict[str, Any] = {
    "add_annotation_queue_tags": models.AddTagsRequest(["t"]),
    "annotate_annotation_queue_record": models.AnnotateAnnotationQueueRecordRequest([models.AnnotationInput("n")]),
    "assign_annotation_queue_record": models.AssignAnnotationQueueRecordRequest(["a@example.com"]),
    "create_annotation_queue": models.CreateAnnotationQueueRequest("n", "s", ["c"], ["a@example.com"]),
    "create_annotation_queue_record": models.AddAnnotationQueueRecordsRequest([{"record_type": "new"}]),
    "delete_annotation_queue_record": models.DeleteAnnotationQueueRecordsRequest(["r"]),
    "update_annotation_queue": models.UpdateAnnotationQueueRequest(instructions=None),
}
STRANGE_ID = "QW5ub/dGF0+W9u=="


def arguments(name: str) -> dict[str, Any]:
    """Return what an endpoint must be given, with ids that a path cannot take as they are."""
    parameters = inspect.signature(ENDPOINTS[name].build_request).parameters.values()
    needed = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
    return {key: BODIES[name] if key == "body" else STRANGE_ID for key in needed}


def answers(status: int, content: bytes, raising: bool = False) -> AuthenticatedClient:
    """Return a client to whom everything is answered alike."""
    transport = httpx.MockTransport(lambda request: httpx.Response(status, content=content))
    client = AuthenticatedClient("http://127.0.0.1", "key", raise_on_unexpected_status=raising)
    client.set_async_httpx_client(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1"))
    return client.set_httpx_client(httpx.Client(transport=transport, base_url="http://127.0.0.1"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the generated package and one file written by hand."""
    shutil.copytree(FRESH, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "arize_queues").mkdir()
    (tmp_path / "arize_queues/_plan.py").write_text('"""Written by hand."""\n')
    return tmp_path


def test_what_generation_wrote_passes(project: Path) -> None:
    """A generated package passes the check, and so do files that tools leave beside it."""
    (project / PACKAGE / "__pycache__").mkdir()
    (project / PACKAGE / "__pycache__/types.pyc").write_bytes(b"")
    (project / "build").mkdir()
    (project / "build/copy.py").write_text(f"# {check_generated.STAMP}\n")
    assert check_generated.check(project, FRESH) == []


@pytest.mark.parametrize("name", ["build", "dist", "node_modules", ".hidden"])
def test_nothing_hides_in_the_package(project: Path, name: str) -> None:
    """Within the package only the caches of Python are skipped, because everything else would ship."""
    (project / PACKAGE / name).mkdir()
    (project / PACKAGE / name / "extra.py").write_text("")
    assert f"{PACKAGE / name / 'extra.py'}: is not generated" in check_generated.check(project, FRESH)


@pytest.mark.parametrize("name", ["types.py", "models/problem.py", "py.typed", "openapi.json", "limits.py"])
def test_an_edited_file_is_caught(project: Path, name: str) -> None:
    """A generated file that differs in one byte is reported."""
    path = project / PACKAGE / name
    path.write_bytes(path.read_bytes() + b" ")
    assert check_generated.check(project, FRESH) == [f"{PACKAGE / name}: is not what generation writes"]


def test_a_missing_file_is_caught(project: Path) -> None:
    """A missing generated file is reported."""
    (project / PACKAGE / "errors.py").unlink()
    assert check_generated.check(project, FRESH) == [f"{PACKAGE / 'errors.py'}: is missing"]


def test_an_unstamped_file_is_caught(project: Path) -> None:
    """A file in the package that generation did not write is reported, and so is its missing stamp."""
    (project / PACKAGE / "extra.py").write_text('"""By hand."""\n')
    assert check_generated.check(project, FRESH) == [
        f"{PACKAGE / 'extra.py'}: is not generated",
        f"{PACKAGE / 'extra.py'}: has no stamp",
    ]


def test_a_stamped_orphan_is_caught(project: Path) -> None:
    """A stamped file anywhere in the project that generation did not write is reported."""
    (project / "arize_queues/orphan.py").write_text(f"#!/usr/bin/env python\n# {check_generated.STAMP}\n")
    (project / "arize_queues/late.py").write_text(f"\n\n\n# {check_generated.STAMP}\n")
    assert check_generated.check(project, FRESH) == [
        "arize_queues/orphan.py: is stamped, but generation does not write it"
    ]


def test_every_generated_file_is_stamped() -> None:
    """Each file of the package carries the stamp in its first three lines."""
    assert [path for path in check_generated.files(FRESH) if not check_generated.is_stamped(path)] == []


def test_limits_are_those_of_the_document() -> None:
    """Each constant has the number at its pointer, and each pointer has a constant."""
    table = yaml.safe_load((ROOT / "openapi/limits.yaml").read_text())
    found = {name: limits_of.resolve_pointer(DOCUMENT, entry["pointer"]) for name, entry in table.items()}
    assert found == {name: value for name, value in vars(limits).items() if name.isupper()}
    assert found


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"pointer": "/info/nothing", "description": "d"}, "nothing at /info/nothing"),
        ({"pointer": "/info/title", "description": "d"}, "no number at /info/title"),
        ({"pointer": "/info/flag", "description": "d"}, "no number at /info/flag"),
        ({"pointer": "info", "description": "d"}, "nothing at info"),
        ({"pointer": "/info/sizes/1", "description": "d"}, "nothing at /info/sizes/1"),
        ({"pointer": "/info/title"}, "must have a pointer and a description"),
        ({"pointer": "/info/a~1b", "also": ["/info/sizes/0"], "description": "d"}, "4 at /info/a~1b, but 3 at /info/s"),
        ({"pointer": "/parameters/0/maximum", "description": "d"}, "nothing at /parameters/0/maximum"),
        ({"pointer": "/parameters/twice/maximum", "description": "d"}, "nothing at /parameters/twice/maximum"),
        ("/info/title", "must have a pointer and a description"),
    ],
)
def test_a_limit_without_a_number_fails(entry: Any, reason: str) -> None:
    """A pointer to no number raises an error that names the constant and the pointer."""
    twice = {"name": "twice", "maximum": 1}
    parameters = [twice, twice, {"$ref": "#/components/limit"}]
    document = {
        "info": {"title": "t", "flag": True, "sizes": [3], "a/b": 4},
        "parameters": parameters,
        "components": {"limit": {"name": "limit", "maximum": 5}},
    }
    with pytest.raises(generation.DocumentError, match=f"MAX_THINGS: .*{reason}"):
        limits_of.limits(document, {"MAX_THINGS": entry})
    good = {"MAX_THINGS": {"pointer": "/info/a~1b", "description": "d"}}
    assert limits_of.limits(document, good) == {"MAX_THINGS": (4, "d")}
    by_name = {"MAX_PAGE": {"pointer": "/parameters/limit/maximum", "description": "d"}}
    assert limits_of.limits(document, by_name) == {"MAX_PAGE": (5, "d")}


@pytest.mark.parametrize("fault", ["limits", "generator"])
def test_a_generation_that_fails_changes_nothing(project: Path, fault: str) -> None:
    """A failed generation leaves the package unchanged, and nothing beside it."""
    shutil.copytree(ROOT / "openapi", project / "openapi")
    if fault == "limits":
        (project / "openapi/limits.yaml").write_text("MAX: {pointer: /gone, description: d}")
    with pytest.raises((generation.DocumentError, check_generated.GenerationError)):
        generate.generate(project, project / "no-such-generator")
    assert check_generated.check(project, FRESH) == []
    assert list((project / PACKAGE).parent.iterdir()) == [project / PACKAGE]


def test_the_document_is_shipped_whole() -> None:
    """The package holds the checked-in document, with nothing but the stamp added before it."""
    stamp, *_ = DOCUMENT
    assert stamp == "x-generated"
    document = generation.read_yaml(ROOT / "openapi/annotation-queues.yaml")
    assert {**document, "x-generated": check_generated.STAMP} == DOCUMENT


def test_a_union_must_be_told_apart_by_one_value_each() -> None:
    """A union whose members lack a distinct value raises an error."""
    union = {"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "kind"}}
    member = {"properties": {"kind": {"type": "string"}}, "required": ["kind"]}
    with pytest.raises(generation.DocumentError, match="schemas/A: kind must be required and have one value"):
        generation.generator_view({"components": {"schemas": {"U": union, "A": member}}})


def test_operations_are_those_of_the_document() -> None:
    """The table has each operation with its statuses and stage, and an endpoint whose OPERATION is its row."""
    assert set(ENDPOINTS) == set(OPERATIONS)
    for name, operation in OPERATIONS.items():
        documented = DOCUMENT["paths"][operation.path][operation.method.lower()]
        assert documented["operationId"] == operation.operation_id == name
        numbered = {status for status in documented["responses"] if status.isdecimal()}
        assert {str(status) for status in operation.successes + operation.errors} == numbered
        assert operation.stage == documented.get("x-stage")
        assert ENDPOINTS[name].OPERATION is operation
        kwargs = ENDPOINTS[name].build_request(**arguments(name))
        assert kwargs["method"] == operation.method
        assert kwargs["url"].count("/") == operation.path.count("/")


@pytest.mark.parametrize("name", [name for name, operation in OPERATIONS.items() if "{" in operation.path])
def test_ids_are_encoded_into_the_path(name: str) -> None:
    """An ID with / + and = arrives unchanged, and one that would lead to another path is refused."""
    kwargs = ENDPOINTS[name].build_request(**arguments(name))
    url = httpx.Client(base_url="http://127.0.0.1").build_request(kwargs["method"], kwargs["url"]).url
    assert b"QW5ub%2FdGF0%2BW9u%3D%3D" in url.raw_path
    for bad in ("", ".", ".."):
        with pytest.raises(ValueError, match="cannot be an identifier"):
            ENDPOINTS[name].build_request(**{**arguments(name), "annotation_queue_id": bad})


def test_only_given_parameters_are_sent() -> None:
    """A query parameter that is not given, None or UNSET is not in the request; an empty one is."""
    build = ENDPOINTS["list_annotation_queues"].build_request
    assert "params" not in build()
    assert "params" not in build(space_id=None)
    assert build(name="", limit=1)["params"] == {"name": "", "limit": 1}


def test_a_delete_carries_its_body() -> None:
    """Deleting records sends their ids as JSON."""
    kwargs = ENDPOINTS["delete_annotation_queue_record"].build_request(
        "q", body=BODIES["delete_annotation_queue_record"]
    )
    assert (kwargs["method"], kwargs["json"]) == ("DELETE", {"record_ids": ["r"]})


@pytest.mark.parametrize("name", OPERATIONS)
def test_decoding_takes_documented_successes_only(name: str) -> None:
    """`decode` refuses a status that is no documented success, and returns None for one without a body."""
    endpoint, operation = ENDPOINTS[name], OPERATIONS[name]
    for status in (*operation.errors, 299, 500):
        with pytest.raises(ValueError, match=f"{status} is not a documented success of {name}"):
            endpoint.decode(status, {})
    for status in operation.successes:
        if status == httpx.codes.NO_CONTENT:
            assert endpoint.decode(status, None) is None
        else:
            with pytest.raises((KeyError, TypeError, ValueError)):
                endpoint.decode(status, [])


def both_ways(endpoint: ModuleType, client: AuthenticatedClient, name: str) -> Any:
    """Call an endpoint in both colours and return what both give."""
    given = endpoint.sync_detailed(**arguments(name), client=client)
    assert asyncio.run(endpoint.asyncio_detailed(**arguments(name), client=client)) == given
    return given


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b'{"id": '),
        (200, b"[]"),
        (201, b"null"),
        (400, b"<html>"),
        (401, b"[]"),
        (429, b'{"detail": "no title"}'),
        (502, b"<html>"),
        (520, b""),
        (302, b""),
    ],
)
def test_answers_that_are_not_what_they_should_be(name: str, status: int, content: bytes) -> None:
    """An undocumented body or status is None, or UnexpectedStatus if the client asks for it."""
    answer = both_ways(ENDPOINTS[name], answers(status, content), name)
    assert (answer.status_code, answer.content, answer.parsed) == (status, content, None)
    with pytest.raises(errors.UnexpectedStatus) as caught:
        ENDPOINTS[name].sync(**arguments(name), client=answers(status, content, raising=True))
    assert (caught.value.status_code, caught.value.content) == (status, content)
    assert "html" not in str(caught.value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_documented_errors_are_problems(name: str) -> None:
    """A documented error returns its Problem, unknown fields included."""
    for status in OPERATIONS[name].errors:
        body = {"title": "No", "status": status, "detail": "d", "brand_new": 1}
        problem = both_ways(ENDPOINTS[name], answers(status, json.dumps(body).encode(), raising=True), name).parsed
        assert isinstance(problem, models.Problem)
        assert (problem.status, problem.detail, problem.additional_properties) == (status, "d", {"brand_new": 1})


def test_a_client_hides_its_token_and_leaves_others_alone() -> None:
    """The token is in the request and in no repr, and a client with more headers does not change the first."""
    client = AuthenticatedClient("http://127.0.0.1", "secret-key", headers={"x-secret": "secret-too"})
    more = client.with_headers({"x-more": "1"}).with_timeout(httpx.Timeout(3)).with_cookies({"c": "1"})
    assert "secret" not in repr(client) + repr(more)
    with client, more:
        first, second = client.get_httpx_client().headers, more.get_httpx_client().headers
    assert first["authorization"] == second["authorization"] == "Bearer secret-key"
    assert "x-more" not in first
    assert second["x-more"] == "1"
