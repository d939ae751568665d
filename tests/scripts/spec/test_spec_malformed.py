"""Whatever stands in an upstream document, `make spec` says what is wrong in lines of its own, and writes nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.spec import __main__ as program
from scripts.spec import overlay
from tests.support.upstream import QUEUES, operation, properties, schema, taken
from tests.support.upstream import run as run_diff

pytestmark = pytest.mark.slow

LIST = f"{QUEUES}/get"


@pytest.fixture
def make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[Any], tuple[int, list[str], str | None]]:
    """Run the program on a document or the text of one; give its status, its complaints and what it wrote."""

    def made(upstream: Any) -> tuple[int, list[str], str | None]:
        source, output = tmp_path / "upstream", tmp_path / "spec.yaml"
        source.write_text(upstream if isinstance(upstream, str) else json.dumps(upstream))
        output.unlink(missing_ok=True)
        status = program.main(["--upstream", str(source), "--output", str(output)])
        complaints = [line.removeprefix("spec: ") for line in capsys.readouterr().err.splitlines()]
        return status, complaints, output.read_text() if output.exists() else None

    return made


def _set(*where: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: Any) -> None:
        for key in where[:-1]:
            document = document[key]
        document[where[-1]] = value

    return change


PATH = ("paths", "/v2/annotation-queues")
QUEUE = ("components", "schemas", "AnnotationQueue")
MALFORMED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "parameter without a name": (lambda d: operation(d, LIST)["parameters"][0].pop("name"), "parameters/0 has no name"),
    "parameters null": (_set(*PATH, "get", "parameters", value=None), "parameters must be a list, not null"),
    "tag as text": (_set("tags", value=["x"]), "/tags/0 must be an object, not 'x'"),
    "operation null": (_set(*PATH, "get", value=None), "annotation-queues/get must be an object, not null"),
    "operation without answers": (lambda d: operation(d, LIST).pop("responses"), "get has no responses"),
    "path as text": (_set(*PATH, value="x"), "/paths/~1v2~1annotation-queues must be an object, not 'x'"),
    "components null": (_set("components", value=None), "/components must be an object, not null"),
    "properties as a list": (_set(*QUEUE, "properties", value=[1]), "properties must be an object, not a list"),
    "property as a number": (_set(*QUEUE, "properties", "id", value=1), "properties/id must be an object, not 1"),
    "union of texts": (_set(*QUEUE, "oneOf", value=["A"]), "oneOf/0 must be an object, not 'A'"),
    "required as text": (_set(*QUEUE, "required", value="id"), "required must be a list, not 'id'"),
    "discriminator as text": (_set(*QUEUE, "discriminator", value="type"), "discriminator must be an object"),
    "server without a URL": (_set("servers", value=[{}]), "/servers/0 has no url"),
    "operation without an id": (
        lambda d: operation(d, LIST).pop("operationId"),
        "GET /v2/annotation-queues has no operationId",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_document_is_one_line_with_the_place(make, case):
    """What is no OpenAPI is named with its place, and what is wrong with it; nothing is written."""
    change, complaint = MALFORMED[case]
    document = taken()
    change(document)
    status, complaints, written = make(document)
    assert (status, len(complaints), written) == (2, 1, None)
    assert complaint in complaints[0]
    status, _, complaints = run_diff(document)
    assert status in {1, 2}
    assert len(complaints) <= 1


def test_nothing_in_a_document_ends_in_a_traceback(make):
    """Any value in any place is either taken or refused in lines, and only what is taken is written."""
    dice = random.Random(20_260_301)
    places = [*_places(taken())]
    for where in dice.sample(places, 40):
        document = taken()
        _set(*where, value=dice.choice([None, 1, "x", [], [1], {}, {"x": 1}, True]))(document)
        status, complaints, written = make(document)
        assert status in {0, 2}, where
        assert (status == 0) == (written is not None) == (not complaints), where
        assert run_diff(document)[0] in {0, 1, 2}


def test_answer_that_upstream_promises_again_is_no_fault(make):
    """A list that is a set, such as `required`, holds what both upstream and the overlay state once."""
    document = taken()
    schema(document, "AnnotationQueue")["required"] = ["id", "name"]
    status, complaints, written = make(document)
    assert (status, complaints) == (0, [])
    required = yaml.safe_load(str(written))["components"]["schemas"]["AnnotationQueue"]["required"]
    assert {"id", "name", "space_id"} <= {*required}
    assert len(required) == len(set(required))


def test_other_lists_are_added_to_as_the_overlay_specification_says():
    """Only sets lose what they have already; any other list gets every item of the update."""
    before = {"a": {"required": ["x"], "enum": ["x"], "servers": ["x"], "paths": {}}}
    update = {"required": ["x", "y"], "enum": ["y", "x"], "servers": ["x"]}
    made = overlay.apply(before, {"actions": [{"target": "$.a", "update": update}]})["a"]
    assert (made["required"], made["enum"], made["servers"]) == (["x", "y"], ["x", "y"], ["x", "x"])
    made = overlay.apply(before, {"actions": [{"target": "$.a.required", "update": ["x", "y"]}]})["a"]
    assert made["required"] == ["x", "y"]


def test_invalid_result_is_told_with_its_place_and_the_correction(make):
    """The place is that in the whole document, the text is short, and the action that touched it is named."""
    document = taken()
    schema(document, "AnnotationQueue")["required"] = ["id", "id"]
    properties(document, "Tag")["space_id"]["type"] = "strin"
    _, complaints, _ = make(document)
    first, second = sorted(complaints)
    assert first.startswith("the result is not valid at /components/schemas/AnnotationQueue/required: ")
    assert "target $.components.schemas.AnnotationQueue, had a hand in it" in first
    assert second.startswith("the result is not valid at /components/schemas/Tag/properties/space_id/type: 'strin'")
    assert max(map(len, complaints)) < 400


def test_aliases_that_grow_without_end_are_refused(make):
    """A few lines of YAML that stand for gigabytes are refused before they are written out."""
    for form in ("b{}: &a{} [{}]", "b{}: &a{} {{<<: [{}]}}"):
        lines = ["a: &a0 {text: " + "x" * 50 + "}"]
        lines += [form.format(level, level, ",".join([f"*a{level - 1}"] * 10)) for level in range(1, 12)]
        status, complaints, written = make("\n".join(lines))
        assert (status, len(complaints), written) == (2, 1, None)
    assert "aliases repeat beyond reason" in make("\n".join(lines).replace("{<<: [", "[[").replace("]}", "]]"))[1][0]


def test_aliases_within_reason_are_read(make):
    """A document may say a thing once and name it where it is wanted again."""
    document = taken()
    text = yaml.safe_dump(document)
    status = operation(document, LIST)["responses"]["401"]
    document["paths"]["/v2/spaces"]["get"]["responses"]["401"] = status
    aliased = yaml.dump(document, Dumper=yaml.SafeDumper)
    assert "*id" in aliased
    assert make(aliased)[2] == make(text)[2]


@pytest.mark.parametrize("source", ["", "ftp://example.com/arize.json", "file:///somewhere/arize.json"])
def test_upstream_that_is_neither_file_nor_page_is_told_what_it_must_be(source, capsys):
    """No document at all, and a URL that is not read, are one line that says what is wanted."""
    assert program.main(["--upstream", source]) == 2
    (complaint,) = capsys.readouterr().err.splitlines()
    assert "http(s) URL" in complaint
    assert "file" in complaint


def _places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the keys to every value below a node."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in pairs:
        yield (*at, key)
        yield from _places(child, (*at, key))
