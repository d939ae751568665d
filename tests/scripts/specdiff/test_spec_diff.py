"""Spec-diff finds what changed upstream, says how bad it is for whom, and says nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.spec import __main__ as spec_program
from scripts.spec import document, references
from scripts.specdiff import compare as specdiff_compare
from scripts.specdiff import rules
from tests.support.upstream import (
    FROZEN,
    NEWER,
    OLDER,
    OVERLAY,
    QUEUE,
    SCHEMAS,
    SPANS,
    SPEC,
    TAKEN,
    Findings,
    found,
    newer,
    one,
    operation,
    properties,
    run,
    schema,
)

Key = tuple[str, str]


@pytest.fixture
def upstream() -> dict[str, Any]:
    """The newer snapshot, free to be doctored."""
    return newer()


@pytest.fixture(scope="module")
def between() -> Findings:
    """What the program finds from the older snapshot to the newer."""
    old, new = (document.load(str(path)) for path in (OLDER, NEWER))
    return [finding.as_data() for finding in specdiff_compare.compare(old, new, OVERLAY)]


def keys(findings: Findings) -> set[Key]:
    """Return the kind and place of each finding."""
    return {(finding["kind"], finding["path"]) for finding in findings}


# ------------------------------------------------------------------------------------------- between the snapshots

ENUMS = {
    "record type": ["AnnotationQueueExampleRecordInput/properties/record_type"],
    "record type of spans": ["AnnotationQueueSpanRecordInput/properties/record_type"],
    "assignment method": ["AssignmentMethod"],
    "source type": ["AnnotationQueueSourceType"],
    "completion status": ["AnnotationQueueCompletionStatus"],
    "config type": [f"{kind}AnnotationConfig/properties/type" for kind in ("Categorical", "Continuous", "Freeform")],
    "optimization direction": ["OptimizationDirection"],
    "users' status and roles": ["UserStatus", "UserRole", "UserRoleAssignmentType"],
}
FIELDS = {
    "granularity": [
        "AnnotationQueueRecord",
        "AnnotateAnnotationQueueRecordResponse",
        "AssignAnnotationQueueRecordResponse",
    ],
    "trace_annotations": ["AnnotationQueueRecord"],
    "session_annotations": ["AnnotationQueueRecord"],
    "metadata": ["Evaluation"],
    "column_allowlist": ["AnnotationQueue", "CreateAnnotationQueueRequest", "UpdateAnnotationQueueRequest"],
}
LISTS = ("annotation-configs", "annotation-queues", "datasets", "projects", "spaces")
ROWS: dict[str, set[Key]] = {
    **{f"{row} respelled": {("enum-respelled", f"{SCHEMAS}/{name}/enum") for name in ENUMS[row]} for row in ENUMS},
    **{
        f"{name} added": {("field-added", f"{SCHEMAS}/{holder}/properties/{name}") for holder in holders}
        for name, holders in FIELDS.items()
    },
    "trace sources": {("union-member-added", f"{SCHEMAS}/AnnotationQueueRecordInput/oneOf/3")},
    "session sources, with their cap": {("union-member-added", f"{SCHEMAS}/AnnotationQueueRecordInput/oneOf/1")},
    "tags": {("operation-added", f"{QUEUE}~1tags/{method}") for method in ("get", "post")},
    "null clears instructions, empty text is refused": {
        ("nullable-added", f"{SCHEMAS}/UpdateAnnotationQueueRequest/properties/instructions/nullable"),
        ("limit-tightened", f"{SCHEMAS}/UpdateAnnotationQueueRequest/properties/instructions/minLength"),
    },
    "most annotations of an annotate": {
        ("limit-tightened", f"{SCHEMAS}/AnnotateAnnotationQueueRecordRequest/properties/annotations/maxItems")
    },
    "most span and example ids": {
        ("limit-tightened", f"{SCHEMAS}/AnnotationQueueSpanRecordInput/properties/span_ids/maxItems"),
        ("limit-tightened", f"{SCHEMAS}/AnnotationQueueExampleRecordInput/properties/example_ids/maxItems"),
    },
    "404 of listings": {("status-added", f"/paths/~1v2~1{name}/get/responses/404") for name in LISTS},
}
OTHERS: set[Key] = {
    ("error-status-removed", "/paths/~1v2~1spaces/get/responses/403"),
    ("parameter-added", "/paths/~1v2~1projects/get/parameters/5"),
    ("field-added", f"{SCHEMAS}/Project/properties/project_type"),
    ("enum-value-added", f"{SCHEMAS}/UserRole/enum"),
    *(
        ("field-added", f"{SCHEMAS}/Space/properties/{name}")
        for name in ("organization_id", "is_private", "default_llm_integration", "default_agent_runtime")
    ),
    *(
        ("field-added", f"{SCHEMAS}/Space/properties/{name}")
        for name in ("ml_models_enabled", "gradient_start_color", "gradient_end_color")
    ),
}
"""What the snapshots differ in apart from the rows, from names, and from fields that answers no longer promise."""


@pytest.mark.parametrize("row", ROWS)
def test_every_known_difference_of_the_snapshots_is_found(between, row):
    """Each difference between the revisions that their documents show is reported at its place."""
    assert ROWS[row] <= keys(between)


def test_nothing_else_is_found_between_the_snapshots(between):
    """Beyond the known differences there are only new names, and promises that 2026-10 dropped."""
    known = set().union(*ROWS.values()) | OTHERS
    rest = [finding for finding in between if (finding["kind"], finding["path"]) not in known]
    assert {finding["kind"] for finding in rest} == {"field-optional", "operation-renamed", "schema-renamed"}
    old, new = (json.loads(path.read_text()) for path in (OLDER, NEWER))
    for finding in rest:
        if finding["kind"] == "field-optional":
            changed = references.resolve(new, "#" + finding["path"].removesuffix("/required"))
            assert set(finding["old"]).isdisjoint(changed.get("required", []))
            assert finding["touches"] == "response"
        elif finding["kind"] == "schema-renamed":
            assert finding["old"] not in new["components"]["schemas"]
            assert finding["new"] not in old["components"]["schemas"]
        else:
            place = "#" + finding["path"]
            assert (references.resolve(old, place), references.resolve(new, place)) == (
                finding["old"],
                finding["new"],
            )


def test_every_promise_that_answers_dropped_is_found_once(between):
    """Each response schema that lost its required fields is one finding that lists all of them."""
    dropped = {finding["path"]: finding["old"] for finding in between if finding["kind"] == "field-optional"}
    queue = dropped[f"{SCHEMAS}/AnnotationQueue/required"]
    assert queue == schema(json.loads(OLDER.read_text()), "AnnotationQueue")["required"]
    assert f"{SCHEMAS}/Problem/required" in dropped
    assert not [path for path in dropped if path.endswith(("Request/required", "Input/required"))]


def test_every_enum_is_respelled_once_with_all_its_values(between):
    """An enum in another spelling is one finding, with the former and the new values side by side."""
    respelled = {f["path"]: (f["old"], f["new"]) for f in between if f["kind"] == "enum-respelled"}
    assert len(respelled) == sum(map(len, ENUMS.values()))
    assert respelled[f"{SCHEMAS}/OptimizationDirection/enum"] == (
        ["maximize", "minimize", "none"],
        ["MAXIMIZE", "MINIMIZE", "NONE"],
    )
    assert one(between, "enum-value-added")["new"] == ["MEMBER_UI_ONLY"]


def test_renamed_operations_are_neither_gone_nor_new(between):
    """All operations of 2026-05 have another name in 2026-10, at the same address."""
    assert not [finding for finding in between if finding["kind"] in {"operation-removed", "operation-moved"}]
    names = {finding["old"]: finding["new"] for finding in between if finding["kind"] == "operation-renamed"}
    assert len(names) == 15
    assert names["annotation_queues_records_assign"] == "assign_annotation_queue_record"


def test_findings_say_whom_they_touch(between):
    """An enum that is sent touches requests, one that is answered responses, one that is both both."""
    touched = {finding["path"]: finding["touches"] for finding in between}
    assert touched[f"{SCHEMAS}/AssignmentMethod/enum"] == "request"
    assert touched[f"{SCHEMAS}/AnnotationQueueSourceType/enum"] == "response"
    assert touched[f"{SCHEMAS}/UserStatus/enum"] == "both"
    operations = {finding["path"]: finding["operations"] for finding in between}
    assert operations[f"{SCHEMAS}/AnnotationQueueSpanRecordInput/properties/span_ids/maxItems"] == [
        "create_annotation_queue",
        "create_annotation_queue_record",
    ]


# ---------------------------------------------------------------------------------------------- the checked-in spec


def test_spec_is_what_the_overlay_makes_of_what_is_kept_of_upstream(tmp_path):
    """The cut beside the spec and the overlay make the spec, byte for byte, and the same cut."""
    output = tmp_path / "annotation-queues.yaml"
    assert spec_program.main(["--upstream", str(TAKEN), "--output", str(output)]) == 0
    assert output.read_bytes() == SPEC.read_bytes()
    assert (tmp_path / TAKEN.name).read_bytes() == TAKEN.read_bytes()


def test_spec_and_cut_are_written_both_or_neither(tmp_path):
    """A cut that cannot be written leaves the former spec, so that the two never disagree."""
    output = tmp_path / "spec.yaml"
    output.write_text("former")
    (tmp_path / "spec.upstream.json").mkdir()
    assert spec_program.main(["--upstream", str(TAKEN), "--output", str(output)]) == 2
    assert output.read_text() == "former"
    assert {path.name for path in tmp_path.iterdir()} == {"spec.yaml", "spec.upstream.json"}


def test_what_the_spec_was_made_from_does_not_differ_from_it():
    """None of our corrections shows as a change of upstream."""
    status, printed, complaints = run(TAKEN)
    assert (status, complaints) == (0, [])
    assert printed.endswith(": no difference\n")


def test_older_snapshot_differs_by_what_the_overlay_cannot_correct():
    """Each action that has nothing to correct is a finding of its own, beside what is gone."""
    findings = found(OLDER)
    mismatches = [finding for finding in findings if finding["kind"] == "overlay-mismatch"]
    assert len({finding["path"] for finding in mismatches}) == len(mismatches) > 1
    assert all("overlay action" in finding["sentence"] for finding in mismatches)
    gone = {finding["path"] for finding in findings if finding["kind"] == "operation-removed"}
    assert {f"{QUEUE}~1tags/{method}" for method in ("get", "post")} <= gone


# ------------------------------------------------------------------------------------------------------- what is said


def test_json_is_stable_and_complete():
    """Two runs print the same; each finding has its keys, a known kind and a known severity."""
    first, second = (run(NEWER, "--against", str(OLDER), "--json")[1] for _ in range(2))
    assert first == second
    for finding in json.loads(first):
        assert set(finding) == {
            *("kind", "severity", "path", "touches", "operations", "sentence", "subject", "old", "new")
        }
        assert finding["kind"] in rules.RULES
        assert finding["severity"] in rules.SEVERITIES
        assert finding["touches"] in {"request", "response", "both"}
        assert finding["path"].startswith("/")


def test_text_is_sorted_by_severity():
    """The worst comes first, under its heading, and every finding stands there."""
    status, printed, _ = run(NEWER, "--against", str(OLDER))
    assert status == 1
    assert printed.index("\nBREAKING\n") < printed.index("\nADDITIVE\n") < printed.index("\nCOSMETIC\n")
    count = len(json.loads(run(NEWER, "--against", str(OLDER), "--json")[1]))
    assert sum(line.startswith("- ") for line in printed.splitlines()) == count


def test_texts_and_orders_are_counted_not_listed(upstream):
    """However many descriptions change, they are one line with their number."""
    for name in ("Evaluation", "Annotation", "Tag"):
        schema(upstream, name)["description"] = "New words."
    (finding,) = found(upstream, *FROZEN)
    assert (finding["severity"], len(finding["new"])) == ("cosmetic", 3)
    assert "3 places" in finding["sentence"]


def test_changelog_speaks_of_methods_fields_and_limits():
    """The entry between the snapshots has what users notice under the headings of Keep a Changelog."""
    status, printed, _ = run(NEWER, "--against", str(OLDER), "--changelog")
    assert status == 1
    added, changed = printed.split("### Changed")
    assert added.startswith("## [Unreleased]\n\n### Added\n")
    for line in (
        "- `list_tags` (`GET /v2/annotation-queues/{annotation_queue_id}/tags`).",
        "- `create(column_allowlist=)`.",
        "- `AnnotationQueueRecord.trace_annotations`, in what `list_records`, `iter_records`, `add_records` return.",
        "- `list`, `iter` may raise `NotFoundError` (404).",
    ):
        assert line in added.splitlines()
    assert "- `update(instructions=)` takes `None`." in changed.splitlines()
    assert "values are given and read as before" in changed
    assert "User" not in printed.replace("AnnotatorUser", "").replace("AssignedUser", "")


def test_changelog_gives_a_raised_limit(upstream):
    """A limit is told with the methods that it bounds, and both numbers."""
    properties(upstream, SPANS)["span_ids"]["maxItems"] = 1234
    expected = "at most 1234 items, was at most 500 items."
    assert f"(`create`, `add_records`): {expected}" in run(upstream, *FROZEN, "--changelog")[1]


def test_changelog_has_what_is_gone_under_removed(upstream):
    """A field and a status that are gone are told as users knew them."""
    del properties(upstream, "AnnotationQueue")["instructions"]
    del operation(upstream)["responses"]["404"]
    removed = run(upstream, *FROZEN, "--changelog")[1].partition("### Removed")[2]
    assert "- `AnnotationQueue.instructions`, in what `list`, `iter`, `create`, `get`, `update` return." in removed
    assert "- `get` is no longer said to raise `NotFoundError` (404)." in removed


def test_changelog_of_no_difference_says_so():
    """Where users notice nothing, the entry says that."""
    assert "Nothing that users notice." in run(TAKEN, "--changelog")[1]


# ---------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("<!DOCTYPE html><html></html>", id="page"),
        pytest.param('{"swagger": "2.0", "paths": {}}', id="swagger"),
        pytest.param("[1, 2", id="broken"),
        pytest.param('{"openapi": "3.0.3", "paths": {"/a": {"get": {"$ref": "#/nowhere"}}}}', id="reference"),
        pytest.param(
            '{"openapi": "3.0.3", "paths": {"/v2/spaces": {"get": {"parameters": 7, "responses": {}}}}}', id="shape"
        ),
    ],
)
def test_bad_input_is_one_line(tmp_path, content):
    """What cannot be compared is refused in one line, with status 2 and nothing printed."""
    source = tmp_path / "bad"
    source.write_text(content)
    status, printed, complaints = run(source)
    assert (status, printed, len(complaints)) == (2, "", 1)
    assert complaints[0].startswith("spec-diff: ")


def test_file_that_is_not_there_is_one_line(tmp_path):
    """A missing upstream, and a missing document to compare with, are named."""
    for arguments in ((tmp_path / "nowhere",), (TAKEN, "--against", str(tmp_path / "nowhere"))):
        status, printed, complaints = run(*arguments)
        assert (status, printed, len(complaints)) == (2, "", 1)
        assert "nowhere" in complaints[0]
