"""The words of docstrings, read from the source with `ast`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("arize_queues", "scripts", "tests", "openapi/runtime")

# Verbs that avoid the name of what a function does: it returns, checks, reads, records or raises something.
FORBIDDEN = re.compile(r"(Give|Say|Take|Let|Tell)s?\b")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the place and the docstring of each module, class and function of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
            yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}", text


def test_no_docstring_begins_with_a_verb_that_says_nothing():
    """No docstring begins with Give, Say, Take, Let or Tell."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [place for path in paths for place, text in docstrings(path) if FORBIDDEN.match(text)]
    assert len(paths) > 200
    assert found == []
