"""What upstream may change: each change is found, with the severity that it has for those whom it touches."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from scripts.codegen import limits as codegen_limits
from scripts.spec import __main__ as spec_program
from scripts.spec import assemble as spec_assemble
from scripts.specdiff import compare as specdiff_compare
from scripts.specdiff import findings as specdiff_findings
from scripts.specdiff import rules, views
from scripts.specdiff import schemas as specdiff_schemas
from tests.support.upstream import (
    FROZEN,
    OVERLAY,
    QUEUE,
    QUEUES,
    ROOT,
    SCHEMAS,
    SPANS,
    SPEC,
    found,
    newer,
    one,
    operation,
    properties,
    schema,
    taken,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def upstream() -> dict[str, Any]:
    """The newer snapshot, free to be doctored; it is compared with itself, whatever the spec is made from."""
    return newer()


@pytest.fixture
def kept() -> dict[str, Any]:
    """What the spec is made from, free to be doctored."""
    return taken()


# --------------------------------------------------------------------------------------------- what upstream may do

Doctor = Callable[[dict[str, Any]], object]


def _require_new_field(document: dict[str, Any]) -> None:
    request = schema(document, "CreateAnnotationQueueRequest")
    request["properties"]["priority"] = {"type": "integer"}
    request["required"].append("priority")


def _retype(holder: str, name: str) -> Doctor:
    return lambda document: properties(document, holder).update({name: {"type": "boolean"}})


def _set(holder: str, **keywords: Any) -> Doctor:
    """Set keywords of a schema, or of a field of one where the name has a dot; None takes one away."""

    def doctor(document: dict[str, Any]) -> None:
        name, _, field = holder.partition(".")
        target = properties(document, name)[field] if field else schema(document, name)
        target.update(keywords)
        for keyword in [keyword for keyword, value in keywords.items() if value is None]:
            del target[keyword]

    return doctor


def _answer(status: str, change: Callable[[dict[str, Any]], object]) -> Doctor:
    return lambda document: change(operation(document)["responses"][status])


def _rename_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas["Label"] = schemas.pop("AnnotationInput")
    properties(document, "AnnotateAnnotationQueueRecordRequest")["annotations"]["items"] = {
        "$ref": "#/components/schemas/Label"
    }


def _move(document: dict[str, Any]) -> None:
    paths = document["paths"]
    item = paths["/v2/annotation-queues/{annotation_queue_id}/tags"]
    paths["/v3/queues/{annotation_queue_id}/tags"] = {"get": item.pop("get")}


def _parameters(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = operation(document, f"{QUEUES}/get")["parameters"]
    return found


def limit_of_records(document: dict[str, Any]) -> dict[str, Any]:
    """Return the parameter that bounds a page of records."""
    found: dict[str, Any] = codegen_limits.resolve_pointer(document, f"{QUEUE}~1records/get/parameters/limit")
    return found


def _new_union_member(holder: str, member: str) -> Doctor:
    return lambda document: schema(document, holder)["oneOf"].append({"$ref": f"#/components/schemas/{member}"})


LIMITS = ROOT / "openapi/limits.yaml"
CREATE = "CreateAnnotationQueueRequest"
UPDATE = "UpdateAnnotationQueueRequest"
DOCTORED: dict[str, tuple[Doctor, str, str, str]] = {
    "operation renamed": (
        lambda d: operation(d).update(operationId="read_queue"),
        "operation-renamed",
        "breaking",
        "both",
    ),
    "operation gone": (
        lambda d: d["paths"]["/v2/annotation-queues"].pop("post"),
        "operation-removed",
        "breaking",
        "both",
    ),
    "operation moved": (_move, "operation-moved", "breaking", "both"),
    "operation on queues added": (
        lambda d: d["paths"]["/v2/annotation-queues/{annotation_queue_id}/tags"].update(
            delete={"operationId": "remove_tags", "responses": {"204": {"description": "204"}}}
        ),
        "operation-added",
        "additive",
        "both",
    ),
    "operation deprecated": (lambda d: operation(d).update(deprecated=True), "deprecated", "additive", "both"),
    "authentication changed": (lambda d: operation(d).update(security=[]), "security-changed", "breaking", "both"),
    "host gone": (
        lambda d: d.update(servers=[{"url": "https://api.example.com"}]),
        "server-removed",
        "breaking",
        "both",
    ),
    "field of an answer retyped": (_retype("AnnotationQueue", "instructions"), "type-changed", "breaking", "response"),
    "field of a request retyped": (_retype(CREATE, "name"), "type-changed", "breaking", "request"),
    "integer of a request widened": (
        lambda d: _parameters(d)[3]["schema"].update(type="number"),
        "type-widened",
        "additive",
        "request",
    ),
    "field of an answer added": (
        lambda d: properties(d, "AnnotationQueue").update(color={"type": "string"}),
        "field-added",
        "additive",
        "response",
    ),
    "field of an answer gone": (
        lambda d: properties(d, "AnnotationQueue").pop("instructions"),
        "field-removed",
        "breaking",
        "response",
    ),
    "required field of a request added": (_require_new_field, "required-field-added", "breaking", "request"),
    "field of a request required": (
        lambda d: schema(d, CREATE)["required"].append("assignment_method"),
        "field-required",
        "breaking",
        "request",
    ),
    "field of a request no longer required": (
        lambda d: schema(d, CREATE)["required"].remove("annotator_emails"),
        "field-optional",
        "additive",
        "request",
    ),
    "limit of a request raised": (_set(f"{SPANS}.span_ids", maxItems=1000), "limit-loosened", "additive", "request"),
    "limit of a request lowered": (_set(f"{SPANS}.span_ids", maxItems=10), "limit-tightened", "breaking", "request"),
    "limit of a request gone": (_set(f"{SPANS}.span_ids", maxItems=None), "limit-loosened", "additive", "request"),
    "null accepted": (_set(f"{UPDATE}.name", nullable=True), "nullable-added", "additive", "request"),
    "null refused": (_set(f"{UPDATE}.instructions", nullable=None), "nullable-removed", "breaking", "request"),
    "null answered": (_set("AnnotationQueue.name", nullable=True), "nullable-added", "breaking", "response"),
    "format dropped": (_set("AnnotationQueue.created_at", format=None), "format-removed", "breaking", "response"),
    "format asked for": (_set(f"{CREATE}.name", format="uuid"), "format-added", "breaking", "request"),
    "default stated": (_set(f"{CREATE}.instructions", default=""), "default-added", "additive", "request"),
    "pattern asked for": (_set(f"{CREATE}.name", pattern="^a"), "limit-tightened", "breaking", "request"),
    "unknown rule": (_set(f"{CREATE}.name", contentEncoding="base64"), "keyword-changed", "breaking", "request"),
    "enum value sent added": (
        lambda d: schema(d, "AssignmentMethod")["enum"].append("ROUND_ROBIN"),
        "enum-value-added",
        "additive",
        "request",
    ),
    "enum value answered added": (
        lambda d: schema(d, "AnnotationQueueSourceType")["enum"].append("THREADS"),
        "enum-value-added",
        "additive",
        "response",
    ),
    "enum value gone, which the overlay would hide": (
        lambda d: schema(d, "AssignmentMethod")["enum"].remove("RANDOM"),
        "enum-value-removed",
        "breaking",
        "request",
    ),
    "enum opened": (_set("RecordGranularity", enum=None), "enum-dropped", "additive", "response"),
    "status of success gone": (
        lambda d: operation(d, f"{QUEUE}~1records/post")["responses"].pop("200"),
        "success-status-removed",
        "breaking",
        "response",
    ),
    "status of failure gone": (
        lambda d: operation(d)["responses"].pop("404"),
        "error-status-removed",
        "additive",
        "response",
    ),
    "status of failure added": (
        lambda d: operation(d)["responses"].update({"410": {"description": "410"}}),
        "status-added",
        "additive",
        "response",
    ),
    "media type of an answer changed": (
        _answer("200", lambda a: a.update(content={"application/vnd.arize+json": a["content"]["application/json"]})),
        "media-type-changed",
        "breaking",
        "response",
    ),
    "media type of an answer added": (
        _answer("200", lambda a: a["content"].update({"text/csv": {"schema": {"type": "string"}}})),
        "media-type-added",
        "additive",
        "response",
    ),
    "header of an answer added": (
        _answer("429", lambda a: a.update(headers={"Retry-After": {"schema": {"type": "integer"}}})),
        "header-added",
        "additive",
        "response",
    ),
    "parameter gone": (lambda d: _parameters(d).pop(1), "parameter-removed", "breaking", "request"),
    "parameter required": (
        lambda d: _parameters(d)[0].update(required=True),
        "parameter-required",
        "breaking",
        "request",
    ),
    "required parameter added": (
        lambda d: _parameters(d).append({"name": "x", "in": "query", "required": True, "schema": {"type": "string"}}),
        "required-parameter-added",
        "breaking",
        "request",
    ),
    "limit of a parameter raised": (
        lambda d: _parameters(d)[3]["schema"].update(maximum=1000),
        "limit-loosened",
        "additive",
        "request",
    ),
    "body optional": (
        lambda d: operation(d, f"{QUEUES}/post")["requestBody"].update(required=False),
        "body-optional",
        "additive",
        "request",
    ),
    "body gone": (
        lambda d: operation(d, f"{QUEUE}~1records/delete").pop("requestBody"),
        "body-removed",
        "breaking",
        "request",
    ),
    "union member sent added": (
        _new_union_member("AnnotationQueueRecordInput", "AnnotationInput"),
        "union-member-added",
        "additive",
        "request",
    ),
    "union member answered added": (
        _new_union_member("AnnotationConfig", "Tag"),
        "union-member-added",
        "breaking",
        "response",
    ),
    "union member gone": (
        lambda d: schema(d, "AnnotationQueueRecordInput")["oneOf"].pop(),
        "union-member-removed",
        "breaking",
        "request",
    ),
    "discriminator stated": (
        _set("AnnotationConfig", discriminator={"propertyName": "type"}),
        "discriminator-added",
        "additive",
        "response",
    ),
    "object closed": (
        _set("AnnotationInput", additionalProperties=False),
        "closed",
        "breaking",
        "request",
    ),
    "schema renamed": (_rename_schema, "schema-renamed", "cosmetic", "request"),
    "fields in another order": (
        lambda d: schema(d, "Evaluation").update(properties=dict(reversed(properties(d, "Evaluation").items()))),
        "order-changed",
        "cosmetic",
        "response",
    ),
    "text added": (_set("Evaluation", description="What an evaluator said."), "text-changed", "cosmetic", "response"),
}


@pytest.mark.parametrize("case", DOCTORED)
def test_doctored_upstream_is_caught_with_its_severity(upstream, case):
    """Each change is one finding of its kind, as severe as it is and for whom it is; nothing else is found."""
    doctor, kind, severity, touches = DOCTORED[case]
    doctor(upstream)
    findings = found(upstream, *FROZEN)
    finding = one(findings, kind)
    assert (finding["severity"], finding["touches"]) == (severity, touches)
    assert finding["sentence"].endswith(".")
    expected = {kind, "server-added"} if kind == "server-removed" else {kind}
    assert {finding["kind"] for finding in findings} == expected


def test_enum_of_many_values_respelled_and_extended_is_two_findings(upstream):
    """Nineteen values in another spelling are one finding, the new value beside them another."""
    colors = schema(upstream, "TagColor")
    former = colors["enum"]
    colors["enum"] = [*(value.lower() for value in former), "magenta"]
    findings = found(upstream, *FROZEN)
    assert {finding["kind"] for finding in findings} == {"enum-respelled", "enum-value-added"}
    assert one(findings, "enum-respelled")["old"] == former
    assert one(findings, "enum-value-added")["new"] == ["magenta"]


def test_words_joined_in_another_way_are_a_respelling(upstream):
    """`read-only` and `READ_ONLY` are the same value."""
    schema(upstream, "UserRole")["enum"][2] = "member-ui-only"
    finding = one(found(upstream, *FROZEN), "enum-respelled")
    assert (finding["old"], finding["new"]) == (["MEMBER_UI_ONLY"], ["member-ui-only"])


def test_value_that_the_overlay_would_put_back_is_pointed_out(kept):
    """The overlay restates the enum values that it knows, so the action to correct is named."""
    schema(kept, "AssignmentMethod")["enum"].remove("RANDOM")
    finding = one(found(kept), "enum-value-removed")
    assert "would put it back" in finding["sentence"]
    number = int(finding["sentence"].partition("overlay action ")[2].split()[0])
    assert OVERLAY["actions"][number - 1]["update"] == {"enum": ["all", "random"]}


def test_limit_raised_upstream_names_the_constants_and_arrives_in_the_spec(kept, tmp_path):
    """The total of a request follows the keyword of spans; the finding names the constants, the spec has the number."""
    spans = properties(kept, SPANS)["span_ids"]
    former = spans["maxItems"]
    spans["maxItems"] *= 2
    finding = one(found(kept), "limit-loosened")
    assert (finding["old"], finding["new"]) == (former, 2 * former)
    assert "generate`, by MAX_RECORDS_PER_REQUEST and MAX_SPAN_IDS_PER_SOURCE" in finding["sentence"]
    source, output = tmp_path / "doctored.json", tmp_path / "spec.yaml"
    source.write_text(json.dumps(kept))
    assert spec_program.main(["--upstream", str(source), "--output", str(output)]) == 0
    made = codegen_limits.limits(yaml.safe_load(output.read_text()), yaml.safe_load(LIMITS.read_text()))
    assert made["MAX_RECORDS_PER_REQUEST"][0] == made["MAX_SPAN_IDS_PER_SOURCE"][0] == 2 * former
    assert (
        made["MAX_TRACE_IDS_PER_SOURCE"][0]
        == properties(kept, "AnnotationQueueTraceRecordInput")["trace_ids"]["maxItems"]
    )


def test_limit_of_a_parameter_names_its_constant(kept):
    """The spec lists parameters in another order than upstream; the constant is recognised all the same."""
    limit_of_records(kept)["schema"]["maximum"] += 1
    assert "MAX_RECORDS_PAGE_SIZE" in one(found(kept), "limit-loosened")["sentence"]


def test_new_parameter_does_not_move_a_limit(kept, tmp_path):
    """A limit of a parameter goes by the parameter's name, whatever stands before or behind it."""
    former = limit_of_records(kept)["schema"]["maximum"]
    for name in ("another_bound", "yet_another_bound"):
        parameter = {"name": name, "in": "query", "schema": {"type": "integer", "maximum": 10}}
        operation(kept, f"{QUEUE}~1records/get")["parameters"].insert(0, parameter)
    assert {finding["kind"] for finding in found(kept)} == {"parameter-added"}
    made = codegen_limits.limits(spec_assemble.assemble(kept, OVERLAY), yaml.safe_load(LIMITS.read_text()))
    assert made["MAX_RECORDS_PAGE_SIZE"][0] == former


@pytest.mark.parametrize(
    ("doctor", "constant"),
    [
        (lambda d: properties(d, "CreateAnnotationQueueRequest")["record_sources"], "MAX_RECORD_SOURCES_PER_REQUEST"),
        (
            lambda d: codegen_limits.resolve_pointer(d, "/paths/~1v2~1spaces/get/parameters/limit/schema"),
            "MAX_PAGE_SIZE",
        ),
    ],
)
def test_places_that_state_a_limit_must_agree(kept, doctor, constant):
    """The client has one number for them; where one of them moves alone, it is told that generation will fail."""
    place = doctor(kept)
    keyword = "maximum" if "maximum" in place else "maxItems"
    place[keyword] -= 1
    findings = found(kept)
    finding = one(findings, "limit-mismatch")
    assert finding["severity"] == "breaking"
    assert finding["sentence"].startswith(f"the limit {constant} has {place[keyword] + 1} at /")
    assert f"but {place[keyword]} at /" in finding["sentence"]
    assert "follow on" not in one(findings, "limit-tightened")["sentence"]
    table = yaml.safe_load(LIMITS.read_text())
    assert constant in codegen_limits.faults(spec_assemble.assemble(kept, OVERLAY), table)


def test_limit_that_is_gone_does_not_claim_that_the_client_follows(kept):
    """Without a number there is nothing to follow: the constant is named, and so is what fails."""
    del limit_of_records(kept)["schema"]["maximum"]
    findings = found(kept)
    assert "MAX_RECORDS_PAGE_SIZE has nothing at" in one(findings, "limit-mismatch")["sentence"]
    assert "MAX_RECORDS_PAGE_SIZE comes from it" in one(findings, "limit-loosened")["sentence"]


def test_schemas_of_operations_that_moved_are_still_there(kept):
    """Only corrections of the paths that moved do not fit any more, not those of the schemas behind them."""
    paths = kept["paths"]
    for path in [path for path in paths if path.startswith("/v2/annotation-queues")]:
        paths[path.replace("annotation-queues", "labelling-queues")] = paths.pop(path)
    misfits = [finding for finding in found(kept) if finding["kind"] == "overlay-mismatch"]
    assert misfits
    assert [
        finding["subject"]
        for finding in misfits
        if "annotation-queues'" not in finding["subject"] and "annotation-queues/" not in finding["subject"]
    ] == []


def test_same_change_met_by_several_operations_is_one_finding(upstream):
    """A schema that six operations share is reported once, with all of them."""
    properties(upstream, "PaginationMetadata")["total"] = {"type": "integer"}
    finding = one(found(upstream, *FROZEN), "field-added")
    assert finding["path"] == f"{SCHEMAS}/PaginationMetadata/properties/total"
    assert {"list_annotation_queues", "list_annotation_queue_records", "list_spaces"} <= set(finding["operations"])


def test_moved_operation_is_compared_where_it_is_now(upstream):
    """What else changes about an operation that moved is not lost."""
    _move(upstream)
    del operation(upstream, "/paths/~1v3~1queues~1{annotation_queue_id}~1tags/get")["responses"]["404"]
    finding = one(found(upstream, *FROZEN), "error-status-removed")
    assert finding["path"].startswith("/paths/~1v3~1queues~1{annotation_queue_id}~1tags/get/")


def test_inlined_reference_is_no_difference(upstream):
    """Where a schema is written is nothing to the wire."""
    inline = copy.deepcopy(schema(upstream, "AnnotationInput"))
    properties(upstream, "AnnotateAnnotationQueueRecordRequest")["annotations"]["items"] = inline
    del upstream["components"]["schemas"]["AnnotationInput"]
    assert found(upstream, *FROZEN) == []


def test_recursive_schema_is_a_finding_and_comes_to_an_end(kept):
    """A schema that contains itself cannot be generated; the rest is compared all the same."""
    properties(kept, "Evaluation")["parts"] = {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Evaluation"},
    }
    findings = found(kept)
    assert "recursive schema" in one(findings, "not-generatable")["sentence"]
    assert one(findings, "field-added")["path"] == f"{SCHEMAS}/Evaluation/properties/parts"
    again = copy.deepcopy(kept)
    properties(again, "Evaluation")["label"] = {"type": "boolean"}
    assert [f.kind for f in specdiff_compare.compare(kept, again, OVERLAY)] == ["type-changed"]


def test_operations_that_do_not_concern_the_client_are_left_out(upstream):
    """Spaces are listed only; what happens to other operations on them is not ours."""
    operation(upstream, "/paths/~1v2~1spaces/post")["operationId"] = "make_space"
    upstream["paths"]["/v2/monitors"] = {"get": {"operationId": "list_monitors", "responses": {}}}
    assert found(upstream, *FROZEN) == []


def test_watched_operation_is_compared_without_being_taken(upstream):
    """Users are in no spec of ours, but annotators are users."""
    schema(upstream, "UserStatus")["enum"].append("SUSPENDED")
    assert one(found(upstream, *FROZEN), "enum-value-added")["operations"] == ["list_users"]
    assert "/v2/users" not in yaml.safe_load(SPEC.read_text())["paths"]


def test_no_change_of_a_schema_goes_unseen():
    """Taking away any keyword or field of any schema is found."""
    old, new = newer(), newer()
    missed = []
    for name, whole in new["components"]["schemas"].items():
        place = views.Place({"$ref": f"#{SCHEMAS}/{name}"}, "")
        for at, node in list(_nodes(whole, f"{SCHEMAS}/{name}")):
            former = dict(node)
            for key in former.keys() - _given_away(former):
                del node[key]
                ledger = specdiff_findings.Ledger()
                scene = specdiff_findings.Scene("read", rules.RESPONSE)
                specdiff_schemas.Schemas(old, new, ledger).compare(place, place, scene)
                if not ledger.findings():
                    missed.append(f"{at}/{key}")
                node.clear()
                node.update(former)  # with the order that it had
    assert missed == []


def _given_away(node: dict[str, Any]) -> set[str]:
    """Return the keywords that say nothing beside the others: what has fields is an object without saying so."""
    given = {"type"} if {"properties", "items"} & node.keys() else set()
    return given | ({"additionalProperties"} if node.get("additionalProperties") is True else set())


def _nodes(node: Any, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict) and "$ref" not in node:
        yield at, node
        for key, child in node.items():
            if key != "enum":
                yield from _nodes(child, f"{at}/{key}")
