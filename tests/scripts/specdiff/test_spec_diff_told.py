"""How spec-diff tells its findings: what is new with all that it allows, and to users in their own words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.upstream import (
    FROZEN,
    NEWER,
    OLDER,
    QUEUE,
    QUEUES,
    SPANS,
    found,
    newer,
    one,
    operation,
    properties,
    run,
    schema,
)

CREATE = "CreateAnnotationQueueRequest"
Document = dict[str, Any]


@pytest.fixture
def upstream() -> Document:
    """The newer snapshot, free to be doctored."""
    return newer()


def entry(upstream: Document) -> list[str]:
    """Return the lines of the CHANGELOG entry, without headings."""
    lines = run(upstream, *FROZEN, "--changelog")[1].splitlines()
    return [line.removeprefix("- ") for line in lines if line.startswith(("- ", "Nothing"))]


# --------------------------------------------------------------------------------------------------- what is new


def test_what_is_new_is_told_with_its_type_values_and_limits():
    """Between the snapshots the caps of sessions, traces and columns stand in the sentences of what has come."""
    told = {finding["path"]: finding["sentence"] for finding in found(NEWER, "--against", str(OLDER))}
    sentences = "\n".join(told.values())
    assert "session_ids: list of 1 to 100 items of string" in sentences
    assert "trace_ids: list of 1 to 500 items of string" in sentences
    assert "record_type: one of SESSION" in sentences
    column = told["/components/schemas/CreateAnnotationQueueRequest/properties/column_allowlist"]
    assert "a new field, list of at most 1000 items of string of at most 512 characters" in column
    assert "/tags is new, takes object with tag_ids: list of 1 to 100 items of string: " in sentences
    assert "granularity is a new field, one of SPAN, TRACE, SESSION or null" in sentences


def test_new_parameter_is_told_with_what_it_takes(upstream):
    """A parameter has a type and limits as well."""
    schema = {"type": "integer", "minimum": 1, "maximum": 10}
    operation(upstream, f"{QUEUES}/get")["parameters"].append({"name": "depth", "in": "query", "schema": schema})
    finding = one(found(upstream, *FROZEN), "parameter-added")
    assert "is new, integer of 1 to 10" in finding["sentence"]
    assert entry(upstream) == ["`list(depth=)`, `iter(depth=)`."]


# -------------------------------------------------------------------------------------------- what the rules say


@pytest.mark.parametrize(
    ("change", "kind", "severity"),
    [
        (lambda d: properties(d, CREATE)["name"].pop("type"), "type-widened", "additive"),
        (lambda d: properties(d, CREATE)["instructions"].update(readOnly=True), "read-only", "breaking"),
        (lambda d: properties(d, CREATE)["instructions"].update(writeOnly=True), "write-only", "cosmetic"),
        (lambda d: properties(d, "Tag")["name"].update(writeOnly=True), "write-only", "breaking"),
        (lambda d: properties(d, "Tag")["name"].update(readOnly=True), "read-only", "cosmetic"),
    ],
)
def test_rules_of_types_and_sides(upstream, change, kind, severity):
    """Any type where there was one lets more through; what is for one side only is gone for the other."""
    change(upstream)
    (finding,) = found(upstream, *FROZEN)
    assert (finding["kind"], finding["severity"]) == (kind, severity)


def test_field_for_the_other_side_is_neither_new_nor_needed(upstream):
    """A new field that only answers have is nothing to those who send, even where it is required."""
    request = schema(upstream, CREATE)
    request["properties"]["id"] = {"type": "string", "readOnly": True}
    request["required"].append("id")
    assert found(upstream, *FROZEN) == []


@pytest.mark.parametrize(("limit", "word"), [(2, "requests that were right are refused"), (None, "refused are right")])
def test_least_numbers_are_told_the_right_way_round(upstream, limit, word):
    """Asking for more items refuses what was right; asking for none lets through what was not."""
    emails = properties(upstream, CREATE)["annotator_emails"]
    emails.update(minItems=limit) if limit else emails.pop("minItems")
    (finding,) = found(upstream, *FROZEN)
    assert word in finding["sentence"]


def test_value_that_becomes_a_union_is_told_as_what_it_was_and_is(upstream):
    """What was text and is now one of several objects has changed its type; nothing is a member of itself."""
    links = [{"$ref": f"#/components/schemas/{name}"} for name in ("Evaluation", "PaginationMetadata")]
    properties(upstream, "AnnotationQueue")["instructions"] = {"oneOf": links}
    finding = one(found(upstream, *FROZEN), "type-changed")
    assert "AnnotationQueue.instructions is one of Evaluation, PaginationMetadata, was string" in finding["sentence"]
    properties(upstream, "AnnotationQueue")["instructions"] = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    finding = one(found(upstream, *FROZEN), "union-member-added")
    assert finding["sentence"].startswith("integer is a new one of the members of AnnotationQueue.instructions")


# ------------------------------------------------------------------------------------------------ authentication


def test_scheme_that_changes_is_told_once(upstream):
    """The operations name their scheme; what stands behind the name is compared."""
    upstream["components"]["securitySchemes"]["bearerAuth"] = {"type": "apiKey", "in": "header", "name": "X-Key"}
    finding = one(found(upstream, *FROZEN), "security-changed")
    assert finding["severity"] == "breaking"
    assert {"list_annotation_queues", "list_spaces"} <= set(finding["operations"])


def test_scheme_with_another_name_or_text_is_no_change(upstream):
    """What a scheme is called is nothing to callers, and neither is what is said of it."""
    schemes = upstream["components"]["securitySchemes"]
    schemes["token"] = {**schemes.pop("bearerAuth"), "description": "A token."}
    upstream["security"] = [{"token": []}]
    for item in upstream["paths"].values():
        for said in item.values():
            if isinstance(said, dict) and "security" in said:
                said["security"] = [{"token": []}]
    assert found(upstream, *FROZEN) == []


# ------------------------------------------------------------------------------------------- operations that move


def test_renamed_placeholder_is_cosmetic(upstream):
    """The wire is the same, whatever stands between the braces; one finding counts the addresses."""
    paths = upstream["paths"]
    for path in [path for path in paths if "{annotation_queue_id}" in path]:
        item = paths[path.replace("{annotation_queue_id}", "{queue_id}")] = paths.pop(path)
        for said in item.values():
            for parameter in said["parameters"]:
                if parameter["name"] == "annotation_queue_id":
                    parameter["name"] = "queue_id"
    (finding,) = found(upstream, *FROZEN)
    assert (finding["kind"], finding["severity"], finding["subject"]) == (
        "placeholder-renamed",
        "cosmetic",
        "10 places",
    )


@pytest.mark.parametrize("renamed", [False, True])
def test_changelog_tells_users_of_operations_that_move(upstream, renamed):
    """Earlier versions of the client call the former address, so users must know; a new id changes nothing of that."""
    item = upstream["paths"].pop("/v2/annotation-queues")
    upstream["paths"]["/v3/annotation-queues"] = item
    properties(upstream, CREATE)["name"]["maxLength"] = 100
    assert (
        "`list`, `iter` call `GET /v3/annotation-queues`, which was `GET /v2/annotation-queues`; "
        "earlier versions of the client fail."
    ) in entry(upstream)
    assert "`create(name=)`: at most 100 characters, was at most 255 characters." in entry(upstream)


# ------------------------------------------------------------------------------------------------ users' own words


def _media_types(document: Document) -> None:
    for answer in operation(document)["responses"].values():
        answer["content"] = {"application/vnd.arize+json": next(iter(answer["content"].values()))}


LINES: dict[str, tuple[Any, list[str]]] = {
    "field of a request no longer required": (
        lambda d: schema(d, CREATE)["required"].remove("annotator_emails"),
        ["`create(annotator_emails=)` may be left out."],
    ),
    "field of a request required": (
        lambda d: schema(d, CREATE)["required"].append("assignment_method"),
        ["`create(assignment_method=)` must be given now."],
    ),
    "field of an answer required": (
        lambda d: schema(d, "Evaluation").update(required=["name"]),
        ["`Evaluation.name` (`list_records`, `iter_records`, `add_records`) is always there now."],
    ),
    "parameter gone": (
        lambda d: operation(d, f"{QUEUE}~1records/get")["parameters"].pop(),
        ["`list_records(limit=)`, `iter_records(limit=)`."],
    ),
    "parameter required": (
        lambda d: operation(d, f"{QUEUE}~1records/get")["parameters"][-1].update(required=True),
        ["`list_records(limit=)`, `iter_records(limit=)` must be given now."],
    ),
    "format": (
        lambda d: properties(d, CREATE)["name"].update(format="uuid"),
        ["`create(name=)` has the form `uuid` now, was anything."],
    ),
    "default": (
        lambda d: properties(d, CREATE)["instructions"].update(default="Look."),
        ["`create(instructions=)` left out means `Look.` now, was nothing."],
    ),
    "type": (
        lambda d: properties(d, "Tag").update(space_id={"type": "integer"}),
        ["`Tag.space_id` (`list_tags`, `add_tags`) is of type `integer` now, was `string`."],
    ),
    "media type": (
        _media_types,
        [
            "`get`: answers are application/vnd.arize+json, no longer application/json.",
            "`get`: answers are application/vnd.arize+json, no longer application/problem+json.",
        ],
    ),
    "least number": (
        lambda d: properties(d, CREATE)["annotator_emails"].update(minItems=2),
        ["`create(annotator_emails=)`: at least 2 items, was at least 1 item."],
    ),
    "no item twice": (
        lambda d: properties(d, SPANS)["span_ids"].update(uniqueItems=True),
        [f"`{SPANS}.span_ids` (`create`, `add_records`): no item may be there twice now."],
    ),
    "pattern": (
        lambda d: properties(d, CREATE)["name"].update(pattern="^a"),
        ["`create(name=)`: text that fits `^a`, was without limit."],
    ),
    "text": (lambda d: schema(d, "Tag").update(description="New words."), ["Nothing that users notice."]),
}


@pytest.mark.parametrize("case", LINES)
def test_changelog_is_in_the_words_of_users(upstream, case):
    """Each change is one line of arguments, attributes and methods, not of schemas and addresses."""
    change, lines = LINES[case]
    change(upstream)
    assert entry(upstream) == lines
