"""What can be imported, and what importing costs nothing."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import arize_queues
import arize_queues.annotation_queues.types
import arize_queues.types

# The names that Arize's documentation imports, of May 2026 and since.
OFFICIAL = [
    "AnnotationInput",
    "AnnotationQueue",
    "AnnotationQueueCompletionStatus",
    "AnnotationQueueExampleRecordInput",
    "AnnotationQueueListResponse",
    "AnnotationQueueRecord",
    "AnnotationQueueRecordAnnotateResult",
    "AnnotationQueueRecordAssignResult",
    "AnnotationQueueRecordCreateResponse",
    "AnnotationQueueRecordInput",
    "AnnotationQueueRecordListResponse",
    "AnnotationQueueSessionRecordInput",
    "AnnotationQueueSourceType",
    "AnnotationQueueSpanRecordInput",
    "AnnotationQueueTraceRecordInput",
    "AnnotateAnnotationQueueRecordResponse",
    "AssignAnnotationQueueRecordResponse",
    "AssignmentMethod",
    "CreateAnnotationQueueRecordResponse",
    "ListAnnotationQueueRecordsResponse",
    "ListAnnotationQueuesResponse",
    "PaginationMetadata",
]


@pytest.mark.parametrize("module", ["arize_queues", "arize_queues.types", "arize_queues.annotation_queues.types"])
def test_every_public_name_is_there_once(module):
    """`__all__` is sorted, complete, and names only what exists."""
    found = importlib.import_module(module)
    assert len(set(found.__all__)) == len(found.__all__)
    assert all(hasattr(found, name) for name in found.__all__)


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_official_names_are_there(name):
    """The official package's names can be imported from both places, as the same objects."""
    assert name in arize_queues.types.__all__
    assert getattr(arize_queues.types, name) is getattr(arize_queues.annotation_queues.types, name)


def test_the_package_has_the_documented_names():
    """The package exports the clients, the sources, `Id`, `Name` and every error."""
    documented = {"ArizeClient", "AsyncArizeClient", "SpanSource", "TraceSource", "SessionSource", "ExampleSource"}
    documented |= {"Id", "Name", "__version__"}
    errors = {name for name in arize_queues.__all__ if name.endswith("Error")}
    assert set(arize_queues.__all__) == documented | errors
    defined = {name for name in vars(importlib.import_module("arize_queues.errors")) if name.endswith("Error")}
    assert errors == defined


def test_the_version_is_the_installed_one():
    """The version is that of the installed package, in the form of a version."""
    assert arize_queues.__version__ == version("arize-queues")


def test_the_package_is_typed():
    """The package carries the marker py.typed."""
    assert (Path(arize_queues.__file__).parent / "py.typed").exists()


def python(code: str) -> str:
    """Run code in a process of its own, with warnings as errors; give what it writes."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_importing_the_package_imports_nothing_heavy():
    """Importing the package loads no extra, and nothing heavy beyond httpx."""
    loaded = set(python("import httpx, arize_queues, sys; print(*sys.modules)").split())
    httpx_alone = set(python("import httpx, sys; print(*sys.modules)").split())
    heavy = {"anyio", "asyncio", "trio", "pandas", "numpy", "narwhals", "tqdm", "dateutil", "sqlite3"}
    heavy |= {"starlette", "uvicorn", "jsonschema_rs", "arize_queues.emulator"}
    assert (loaded - httpx_alone) & heavy == set()


def test_importing_the_package_touches_no_logging():
    """Importing the package configures no logging."""
    assert python("import logging, arize_queues; print(logging.root.handlers, end='')") == "[]"
    assert python("import logging, arize_queues; print(logging.getLogger('arize_queues').handlers, end='')") == "[]"
