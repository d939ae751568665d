"""Who may send and sleep, read from the source with `ast`; import-linter checks who imports whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import arize_queues

OURS = Path(arize_queues.__file__).parent

SEND = {"_runtime.http", "_runtime.drivers", "_runtime.timed"}
SLEEP = {"_runtime.drivers", "_runtime.workers", "_clock"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Return the name and the syntax tree of each module of the package, without the emulator."""
    for path in sorted(OURS.rglob("*.py")):
        parts = path.relative_to(OURS).with_suffix("").parts
        if parts[0] != "emulator":
            name = ".".join(parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text())


TREES = dict(modules())


def imports(tree: ast.AST) -> Iterator[str]:
    """Return the full names of what a tree imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = "." * node.level + (node.module or "")
            yield from ([base] if node.module else [base + alias.name for alias in node.names])
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def calls(tree: ast.AST) -> set[str]:
    """Return the names of the methods and functions that a tree calls."""
    functions = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {ast.unparse(function) for function in functions}


def test_only_these_modules_send():
    """Only the listed modules of `_runtime` send requests."""
    ends = ("http.send", "http.request", "http.stream")
    assert {name for name, tree in TREES.items() if any(call.endswith(ends) for call in calls(tree))} <= SEND
    makers = {"httpx.Client", "httpx.AsyncClient", "httpx.request", "httpx.get", "httpx.post", "httpx.stream"}
    assert {name for name, tree in TREES.items() if makers & calls(tree)} <= {"_client"}


def test_only_these_modules_sleep_or_read_the_clock():
    """Only the clock and the drivers sleep or read the time, so that tests can pass a clock."""
    assert {name for name, tree in TREES.items() if "time" in set(imports(tree))} == {"_clock", "_runtime.timed"}
    sleeping = {name for name, tree in TREES.items() if any(call.endswith(("sleep", "asleep")) for call in calls(tree))}
    assert sleeping <= SLEEP
    assert not [
        name for name, tree in TREES.items() if any("datetime.now" in call for call in calls(tree)) and name != "_clock"
    ]


def test_only_the_background_makes_threads_and_tasks():
    """Only the workers create threads and tasks."""
    makers = ("ThreadPoolExecutor", "Thread", "ensure_future", "create_task", "spawn_system_task", "create_task_group")
    making = {name for name, tree in TREES.items() if any(call.rpartition(".")[2] in makers for call in calls(tree))}
    assert making == {"_runtime.workers"}


@pytest.mark.parametrize("name", sorted(TREES))
def test_no_module_is_a_drawer(name):
    """No module has a name such as utils or helpers."""
    words = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert not words & set(name.replace(".", "_").split("_"))


def test_no_limit_is_typed_again():
    """No module repeats the number of a limit of the API."""
    from arize_queues_raw import limits

    numbers = {value for name, value in vars(limits).items() if name.isupper() and value > 20}
    equal = {
        name: {500} for name in ("_operations.create", "errors", "_request.attempts", "_request.retry")
    }  # the HTTP status
    equal["_request.pagination"] = {100}  # a bound of our own
    for name, tree in TREES.items():
        typed = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is int}
        assert not (typed & numbers) - equal.get(name, set()), name
