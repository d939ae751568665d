"""Helpers that run spec-diff on original or modified documents and inspect its findings."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from scripts.spec import overlay, references
from scripts.specdiff import __main__ as program

ROOT = Path(__file__).resolve().parents[2]

# Two frozen documents to compare; the document that the spec is made from does change.
OLDER = ROOT / "tests/fixtures/upstream/arize-v2-2026-05.json"
NEWER = ROOT / "tests/fixtures/upstream/arize-v2-2026-10.json"
FROZEN = ("--against", str(NEWER))
SPEC = ROOT / "openapi/annotation-queues.yaml"
TAKEN = ROOT / "openapi/annotation-queues.upstream.json"
OVERLAY = overlay.load_overlay(str(ROOT / "openapi/overlay.yaml"))

SCHEMAS = "/components/schemas"
QUEUES = "/paths/~1v2~1annotation-queues"
QUEUE = f"{QUEUES}~1{{annotation_queue_id}}"
SPANS = "AnnotationQueueSpanRecordInput"
Findings = list[dict[str, Any]]


def run(source: Any, *arguments: str) -> tuple[int, str, list[str]]:
    """Run spec-diff on a document or a source; return its exit status, its output and its error lines."""
    output, complaints = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as directory:
        if isinstance(source, dict):
            path = Path(directory, "upstream.json")
            path.write_text(json.dumps(source))
            source = path
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(complaints):
            status = program.main(["--upstream", str(source), *arguments])
    return status, output.getvalue(), complaints.getvalue().splitlines()


def found(source: Any, *arguments: str) -> Findings:
    """Run spec-diff with `--json`; return its findings, checked against the exit status."""
    status, printed, complaints = run(source, "--json", *arguments)
    findings: Findings = json.loads(printed)
    assert complaints == []
    assert status == any(finding["severity"] == "breaking" for finding in findings)
    return findings


def one(findings: Findings, kind: str) -> dict[str, Any]:
    """Return the only finding of a kind."""
    (finding,) = [finding for finding in findings if finding["kind"] == kind]
    return finding


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a schema of a document."""
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def properties(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the fields of a document's schema."""
    found: dict[str, Any] = schema(document, name)["properties"]
    return found


def operation(document: dict[str, Any], place: str = f"{QUEUE}/get") -> dict[str, Any]:
    """Return an operation of a document; by default the one that gets a queue."""
    found: dict[str, Any] = references.resolve(document, "#" + place)
    return found


def newer() -> dict[str, Any]:
    """Return a fresh copy of the newer frozen document, which the test may modify."""
    document: dict[str, Any] = json.loads(NEWER.read_text())
    return document


def taken() -> dict[str, Any]:
    """Return a fresh copy of the document that the spec is made from, which the test may modify."""
    document: dict[str, Any] = json.loads(TAKEN.read_text())
    return document
