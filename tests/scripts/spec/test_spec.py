"""The spec is what upstream and our overlay make; bad input is named in one line each and writes nothing."""

from __future__ import annotations

import copy
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from scripts.codegen import limits as codegen_limits
from scripts.spec import __main__ as program
from scripts.spec import document as spec_document
from scripts.spec import overlay as spec_overlay

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]

NEWEST = ROOT / "openapi/annotation-queues.upstream.json"  # what the spec was made from last
OLDER = ROOT / "tests/fixtures/upstream/arize-v2-2026-05.json"
OVERLAY = ROOT / "openapi/overlay.yaml"
SPEC = ROOT / "openapi/annotation-queues.yaml"
SCHEMAS = "components", "schemas"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def upstream() -> dict[str, Any]:
    """What is kept of upstream, free to be doctored."""
    document: dict[str, Any] = json.loads(NEWEST.read_text())
    return document


@pytest.fixture
def spec() -> dict[str, Any]:
    """The checked-in spec."""
    document: dict[str, Any] = yaml.safe_load(SPEC.read_text())
    return document


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str], str | None]]:
    """Run the program on a document or a source; give its status, its complaints and what it wrote."""

    def run_on(source: Any, overlay: Any = OVERLAY) -> tuple[int, list[str], str | None]:
        output = tmp_path / "spec.yaml"
        arguments = ["--output", str(output)]
        for option, value in (("--upstream", source), ("--overlay", overlay)):
            if isinstance(value, dict):
                path = tmp_path / f"{option[2:]}.json"
                path.write_text(json.dumps(value))
                arguments += [option, str(path)]
            else:
                arguments += [option, str(value)]
        status = program.main(arguments)
        written = output.read_text() if output.exists() else None
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
        return status, capsys.readouterr().err.splitlines(), written

    return run_on


# ------------------------------------------------------------------------------------------- the checked-in spec


def test_checked_in_spec_is_reproduced_byte_for_byte(run):
    """What is kept of upstream and the overlay make exactly the file that is checked in."""
    assert run(NEWEST) == (0, [], SPEC.read_text())


def test_spec_is_valid_openapi(spec):
    """The checked-in spec passes the validator."""
    assert list(OpenAPIV30SpecValidator(spec).iter_errors()) == []


def test_spec_has_the_wanted_operations_and_no_others(spec):
    """Every operation that the overlay lists is there, and nothing else."""
    wanted = spec_overlay.wanted_operations(spec_overlay.load_overlay(str(OVERLAY)))
    assert sorted(wanted) == sorted(spec_document.operations(spec))
    assert len(wanted) == len(set(wanted))


def test_every_component_is_reached(spec):
    """No component stands in the spec without an operation that leads to it."""
    assert spec_document.cut(spec, spec_document.operations(spec)) == spec


def test_every_part_is_described(spec):
    """Operations, parameters, bodies, responses, schemas and properties have a sentence each."""
    parts: dict[str, Any] = {}
    for method, path in spec_document.operations(spec):
        operation = spec["paths"][path][method]
        parts[f"{method} {path}"] = operation
        parts |= {f"{method} {path} {parameter['name']}": parameter for parameter in operation["parameters"]}
        parts |= {f"{method} {path} {status}": answer for status, answer in operation["responses"].items()}
        if "requestBody" in operation:
            parts[f"{method} {path} body"] = operation["requestBody"]
    for name, schema in spec["components"]["schemas"].items():
        parts[name] = schema
        parts |= {f"{name}.{key}": member for key, member in schema.get("properties", {}).items()}
    bare = [where for where, part in parts.items() if not part.get("description", "").endswith(".")]
    assert bare == [], "describe these in openapi/overlay.yaml, parameters in its section 8, schemas in 9"


def test_every_operation_has_a_summary_and_a_stage(spec):
    """A reader sees what an operation is for and how far it can be relied on."""
    for method, path in spec_document.operations(spec):
        said = spec["paths"][path][method].get
        told = said("summary") and said("x-stage") in {"alpha", "beta", "stable"}
        assert told, f"{method} {path} needs both, in section 7 of openapi/overlay.yaml"


def test_enums_are_in_the_spelling_of_the_contract(spec):
    """Every enum value of a schema is in lower case."""
    enums = list(_values_of(spec["components"]["schemas"], "enum"))
    assert len(enums) > 10
    others = [value for values in enums for value in values if value != value.lower()]
    assert others == [], "respell these in openapi/overlay.yaml, section 1"


def test_rate_limits_declare_when_to_come_back(spec):
    """Every operation may answer 429, and says that Retry-After may come with it."""
    for method, path in spec_document.operations(spec):
        assert "Retry-After" in spec["paths"][path][method]["responses"]["429"]["headers"]


def test_what_servers_leave_out_is_optional(spec):
    """A queue without annotators, and a record of the older revision, are answers like any other."""
    schemas = spec["components"]["schemas"]
    assert "annotators" not in schemas["AnnotationQueue"]["required"]
    newer = {"trace_annotations", "session_annotations", "granularity"}
    assert newer.isdisjoint(schemas["AnnotationQueueRecord"]["required"])


def test_no_default_makes_a_client_send_what_it_was_not_given(spec):
    """No schema has a `default`, which the generated client would put into requests."""
    assert list(_values_of({"paths": spec["paths"], "components": spec["components"]}, "default")) == []


def test_every_limit_points_at_a_number(spec):
    """Each pointer of limits.yaml leads to a whole number in the spec, and has a description."""
    limits = yaml.safe_load((ROOT / "openapi/limits.yaml").read_text())
    for limit in limits.values():
        assert type(codegen_limits.resolve_pointer(spec, limit["pointer"])) is int
        assert limit["description"].endswith(".")


def test_every_overlay_action_says_why():
    """Each correction carries its reason."""
    for action in spec_overlay.load_overlay(str(OVERLAY))["actions"]:
        assert action["description"].endswith("."), action["target"]


# --------------------------------------------------------------------------------------------- order and dialects


def test_order_of_upstream_does_not_matter(run, upstream):
    """Upstream with every object turned round makes the same bytes."""
    assert run(_reversed(upstream))[2] == SPEC.read_text()


def test_openapi_3_1_makes_the_same_spec(run, upstream):
    """The same API written in OpenAPI 3.1 makes the same bytes."""
    assert run(_in_3_1(upstream))[2] == SPEC.read_text()


def test_yaml_makes_the_same_spec(run, upstream, tmp_path):
    """Upstream may be YAML, with statuses as the numbers that they are there."""
    text = yaml.safe_dump(upstream).replace("'200':", "200:")
    (tmp_path / "upstream.yaml").write_text(text)
    assert run(tmp_path / "upstream.yaml")[2] == SPEC.read_text()


def test_yaml_values_are_read_as_json_has_them(tmp_path):
    """Words and dates that YAML 1.1 would convert stay text."""
    (tmp_path / "data.yaml").write_text("[no, On, 2026-10-01, true, 1, null]")
    assert spec_document.load_data(str(tmp_path / "data.yaml")) == ["no", "On", "2026-10-01", True, 1, None]


# --------------------------------------------------------------------------------------- what upstream may change


def test_limit_raised_upstream_arrives_in_the_spec(run, upstream):
    """A keyword that upstream moves takes the total of a request, which is prose, along."""
    spans = upstream["components"]["schemas"]["AnnotationQueueSpanRecordInput"]["properties"]["span_ids"]
    spans["maxItems"] *= 2
    written = yaml.safe_load(run(upstream)[2])
    limits = yaml.safe_load((ROOT / "openapi/limits.yaml").read_text())
    assert codegen_limits.resolve_pointer(written, limits["MAX_RECORDS_PER_REQUEST"]["pointer"]) == spans["maxItems"]


def test_enum_value_added_upstream_arrives_in_the_spec(run, upstream, spec):
    """The overlay respells what it knows and hides nothing new."""
    upstream["components"]["schemas"]["AnnotationQueueSourceType"]["enum"].append("PAGES")
    written = yaml.safe_load(run(upstream)[2])
    former = spec["components"]["schemas"]["AnnotationQueueSourceType"]["enum"]
    assert set(written["components"]["schemas"]["AnnotationQueueSourceType"]["enum"]) == {*former, "PAGES"}


def test_older_snapshot_fails_by_the_operations_that_it_lacks(run):
    """2026-05 has no tags; both operations are named, and nothing but what else is wanted and not there."""
    status, complaints, written = run(OLDER)
    assert (status, written) == (2, None)
    there = spec_document.operations(spec_document.load(str(OLDER)))
    wanted = spec_overlay.wanted_operations(spec_overlay.load_overlay(str(OVERLAY)))
    lacking = [f"{method.upper()} {path}" for method, path in wanted if (method, path) not in there]
    assert complaints == [f"spec: upstream has no operation {operation}" for operation in lacking]
    tags = "/v2/annotation-queues/{annotation_queue_id}/tags"
    assert {f"{method} {tags}" for method in ("GET", "POST")} <= {*lacking}


def test_older_snapshot_fails_by_the_schemas_that_it_lacks(run):
    """Without the tags in the list, 2026-05 fails by the corrections that have nothing to correct."""
    overlay = spec_overlay.load_overlay(str(OVERLAY))
    there = spec_document.operations(spec_document.load(str(OLDER)))
    listed = overlay["x-operations"]
    overlay["x-operations"] = [line for line in listed if (line.split()[0].lower(), line.split()[1]) in there]
    status, complaints, written = run(OLDER, overlay)
    assert (status, written) == (2, None)
    assert any("AnnotationQueueTraceRecordInput" in line and "matches nothing" in line for line in complaints)
    assert any("AnnotationQueueSourceType.enum" in line and "matches nothing" in line for line in complaints)


def test_field_gone_upstream_is_named(run, upstream):
    """A description for a field that has gone is an error, not a field made of nothing but words."""
    del upstream["components"]["schemas"]["AnnotationQueue"]["properties"]["instructions"]
    status, complaints, written = run(upstream)
    assert (status, written, len(complaints)) == (2, None, 1)
    assert "target $.components.schemas.AnnotationQueue:" in complaints[0]
    assert "'instructions'" in complaints[0]


def test_components_out_of_reach_are_left_out(run, upstream):
    """What no wanted operation leads to does not come along; what a discriminator leads to does."""
    schemas = upstream["components"]["schemas"]
    assert "User" in schemas
    schemas["Extra"] = {"type": "object"}
    cut = spec_document.cut(upstream, [("get", "/v2/spaces")])
    assert "User" not in cut["components"]["schemas"]
    schemas["Space"]["discriminator"] = {"propertyName": "kind", "mapping": {"extra": "Extra"}}
    assert "Extra" in spec_document.cut(upstream, [("get", "/v2/spaces")])["components"]["schemas"]


# ------------------------------------------------------------------------------------------------------ bad input


def _set(*where: str, value: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        for key in where[:-1]:
            document = document[key]
        document[where[-1]] = value

    return change


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_set("openapi", value="3.2.0"), "OpenAPI 3.2.0 is not read"),
        (_set("paths", value=[]), "not an OpenAPI document with paths"),
        (_set(*SCHEMAS, "Problem", value=_ref("Gone")), "unresolvable $ref '#/components/schemas/Gone'"),
        (_set(*SCHEMAS, "Problem", value={"$ref": "other.yaml#/Problem"}), "unresolvable $ref 'other.yaml#/Problem'"),
        (_set(*SCHEMAS, "Tag", value=_ref("Tag")), "cyclic $ref #/components/schemas/Tag -> "),
        (lambda d: d["components"]["schemas"].update(Tag=_ref("Space"), Space=_ref("Tag")), "cyclic $ref "),
        (_set(*SCHEMAS, "Tag", "properties", "parent", value=_ref("Tag")), "recursive schema"),
    ],
)
def test_unfit_document_is_one_line(run, upstream, change, complaint):
    """A document that cannot be used is refused in one line that says why."""
    change(upstream)
    status, complaints, written = run(upstream)
    assert (status, len(complaints), written) == (2, 1, None)
    assert complaint in complaints[0]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML"),
        (b"", "not an OpenAPI 3 document"),
        (b"[1, 2]", "not an OpenAPI 3 document"),
        (b'{"swagger": "2.0", "paths": {}}', "Swagger 2"),
        (b"a: [1,\nb: }", "neither JSON nor YAML"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"a: &a [*a]", "not plain data"),
        (b"[" * 100_000, "not plain data"),
    ],
)
def test_content_that_is_no_openapi_is_one_line(run, tmp_path, content, complaint):
    """A file with something else in it is refused in one line that names it."""
    source = tmp_path / "upstream"
    source.write_bytes(content)
    status, complaints, written = run(source)
    assert (status, len(complaints), written) == (2, 1, None)
    assert complaint in complaints[0]
    assert str(source) in complaints[0]


def test_file_that_is_not_there_is_one_line(run, tmp_path):
    """A file that does not exist, or is a directory, is refused in one line."""
    for source in (tmp_path / "nowhere.json", tmp_path):
        status, complaints, written = run(source)
        assert (status, len(complaints), written) == (2, 1, None)
        assert str(source) in complaints[0]


def test_output_that_cannot_be_written_is_one_line(tmp_path, capsys):
    """An output in a directory that does not exist is refused in one line."""
    output = tmp_path / "nowhere" / "spec.yaml"
    assert program.main(["--upstream", str(NEWEST), "--output", str(output)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_bad_input_leaves_the_former_output(run, tmp_path):
    """A run that fails does not touch what an earlier one wrote."""
    (tmp_path / "spec.yaml").write_text("former")
    status, _, written = run(OLDER)
    assert (status, written) == (2, "former")


@pytest.mark.parametrize(
    ("overlay", "complaint"),
    [
        ({"openapi": "3.0.3"}, "not an OpenAPI Overlay 1.0 document"),
        ({"overlay": "1.0.0", "actions": []}, "needs a list of actions"),
        ({"overlay": "1.0.0", "actions": [{"target": "$"}]}, "action 1 needs a target and one of"),
    ],
)
def test_unfit_overlay_is_one_line(run, overlay, complaint):
    """An overlay that is none is refused in one line that says why."""
    status, complaints, written = run(NEWEST, overlay)
    assert (status, len(complaints), written) == (2, 1, None)
    assert complaint in complaints[0]


def test_overlay_without_operations_is_one_line(run):
    """An overlay that lists no operations, or something else than operations, is refused."""
    actions = [{"target": "$.info", "update": {}}]
    for listed in ({}, {"x-operations": []}, {"x-operations": ["FETCH /v2/spaces"]}):
        status, complaints, _ = run(NEWEST, {"overlay": "1.0.0", "actions": actions, **listed})
        assert (status, len(complaints)) == (2, 1)
        assert "x-operations" in complaints[0]


# --------------------------------------------------------------------------------------------------- the overlay

SMALL = {"a": {"list": ["x", "y", "z"], "map": {"k": 1}}, "paths": {}}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"target": "$.a.map", "update": {"k": 2, "l": [3]}}, {"list": ["x", "y", "z"], "map": {"k": 2, "l": [3]}}),
        ({"target": "$.a", "update": {"list": ["w"]}}, {"list": ["x", "y", "z", "w"], "map": {"k": 1}}),
        ({"target": "$.a.list", "update": "w"}, {"list": ["x", "y", "z", "w"], "map": {"k": 1}}),
        ({"target": "$.a.list[?@ == 'x' || @ == 'y']", "remove": True}, {"list": ["z"], "map": {"k": 1}}),
        ({"target": "$.a.map", "remove": True}, {"list": ["x", "y", "z"]}),
        ({"target": "$.a.map.k", "x-copy": "$.a.list[0]"}, {"list": ["x", "y", "z"], "map": {"k": "x"}}),
    ],
)
def test_action_is_carried_out(action, expected):
    """Updates merge, add to lists and replace values; removals and copies hit what is selected; input is kept."""
    before = copy.deepcopy(SMALL)
    assert spec_overlay.apply(SMALL, {"actions": [action]})["a"] == expected
    assert before == SMALL


@pytest.mark.parametrize(
    ("action", "complaint"),
    [
        ({"target": "$.b", "remove": True}, "matches nothing"),
        ({"target": "$.a.list[?@ == 'w']", "remove": True}, "matches nothing"),
        ({"target": "$.a.map.k", "update": {"l": 1}}, "is not an object or array"),
        ({"target": "$.a.list[", "update": {}}, "$.a.list["),
        ({"target": "$", "remove": True}, "the whole document"),
        ({"target": "$.a.map.k", "x-copy": "$.b"}, "matches nothing"),
        ({"target": "$.paths", "update": {"/v2/x": {"description": "Gone."}}}, "has no '/v2/x'"),
    ],
)
def test_action_that_does_not_fit_is_named(action, complaint):
    """Number, target and reason of an action that cannot be carried out stand in one line."""
    fits = {"target": "$.a", "update": {}}
    with pytest.raises(spec_document.SpecError) as caught:
        spec_overlay.apply(SMALL, {"actions": [fits, action, fits]})
    (problem,) = caught.value.problems
    assert problem.startswith(f"overlay action 2, target {action['target']}: ")
    assert complaint in problem


def test_all_actions_that_do_not_fit_are_named_at_once():
    """One run names everything that a maintainer has to look at."""
    actions = [{"target": f"$.gone[{number}]", "remove": True} for number in range(3)]
    with pytest.raises(spec_document.SpecError) as caught:
        spec_overlay.apply(SMALL, {"actions": actions})
    assert len(caught.value.problems) == 3


# ------------------------------------------------------------------------------------------------ upstream by URL


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, body = {
            "/spec.json": (200, "application/json", NEWEST.read_bytes()),
            "/login": (200, "text/html", b"\n<html>Sign in</html>"),
        }.get(self.path, (404, "text/html", b"<html>Not found</html>"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web server on the loopback interface."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_upstream_may_be_a_url(run, site):
    """A document that is downloaded makes the same bytes."""
    assert run(f"{site}/spec.json") == (0, [], SPEC.read_text())


@pytest.mark.parametrize(("path", "complaint"), [("/nowhere", "answered 404"), ("/login", "HTML")])
def test_url_without_a_document_is_one_line(run, site, path, complaint):
    """A page that is missing, or is for people, is refused in one line that names the URL."""
    status, complaints, written = run(site + path)
    assert (status, len(complaints), written) == (2, 1, None)
    assert complaint in complaints[0]
    assert site + path in complaints[0]


def test_url_that_fails_is_one_line(run, monkeypatch):
    """A server that does not answer, and a URL that is none, are refused in one line."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        for url in (f"http://127.0.0.1:{unused.getsockname()[1]}/spec.json", "http://[bad"):
            status, complaints, written = run(url)
            assert (status, len(complaints), written) == (2, 1, None)
            assert url in complaints[0]


# ------------------------------------------------------------------------------------------------------- documents


def _values_of(node: Any, key: str) -> Iterator[Any]:
    """Yield every value that stands under a key, however deep."""
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        for child in node.values():
            yield from _values_of(child, key)
    elif isinstance(node, list):
        for child in node:
            yield from _values_of(child, key)


def _reversed(node: Any) -> Any:
    """Turn the order of every object round, and that of the lists in which order means nothing."""
    if isinstance(node, dict):
        turned = {key: _reversed(node[key]) for key in reversed(node)}
        if isinstance(turned.get("parameters"), list):
            turned["parameters"].reverse()
        return turned
    return [_reversed(item) for item in node] if isinstance(node, list) else node


def _in_3_1(node: Any) -> Any:
    """Write a 3.0 document as 3.1: null is a type or a member of a union, a single value a constant."""
    if isinstance(node, list):
        return [_in_3_1(item) for item in node]
    if not isinstance(node, dict):
        return node
    new = {key: _in_3_1(value) for key, value in node.items()}
    if new.pop("nullable", False):
        if "type" in new:
            new["type"] = [new["type"], "null"]
        else:
            new["anyOf"] = [*new.pop("allOf"), {"type": "null"}]
    if isinstance(new.get("enum"), list) and len(new["enum"]) == 1:
        new["const"] = new.pop("enum")[0]
    if "openapi" in new:
        new |= {"openapi": "3.1.0", "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base"}
        new["webhooks"] = {"ping": {"post": {"responses": {"200": {"description": "Taken."}}}}}
    return new
