"""The faces: methods, annotations, documentation, and the generation of the sync one."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import arize_queues
import arize_queues.types
from arize_queues import ArizeClient, AsyncArizeClient, SpanSource
from arize_queues.annotation_queues._async import AsyncAnnotationQueues
from arize_queues.annotation_queues._sync import AnnotationQueues
from arize_queues.emulator import Emulator
from scripts.codegen.faces import sources, stale_faces, write_faces
from tests.support.clients import async_client_of

WINDOW: dict[str, Any] = {"start_time": "2026-03-02", "end_time": "2026-03-09"}

METHODS = [
    "list", "iter", "get", "create", "update", "delete", "list_records", "iter_records", "plan_records", "add_records",
    "delete_records", "annotate_record", "annotate_records", "assign_record", "assign_records", "list_tags", "add_tags",
]  # fmt: skip


def public(kind: type) -> dict[str, Any]:
    """Return the public methods of a class, in the order of their definition."""
    return {name: value for name, value in vars(kind).items() if not name.startswith("_")}


def test_the_async_face_has_the_documented_methods_in_order():
    """The face that is written by hand has no method more and none less."""
    assert list(public(AsyncAnnotationQueues)) == METHODS


def test_the_sync_face_is_generated_from_the_async_one():
    """The checked-in sync face is, byte for byte, the output of the generator."""
    root = Path(arize_queues.__file__).parents[1]
    assert [path.relative_to(root).as_posix() for path in sources(root)] == ["arize_queues/annotation_queues/_async.py"]
    assert stale_faces(root) == []


def test_a_sync_face_that_was_edited_is_stale(tmp_path):
    """An edit of the sync face, or of the async one alone, is reported with the path of the file."""
    package = tmp_path / "arize_queues" / "things"
    package.mkdir(parents=True)
    (package / "_async.py").write_text('"""Things, async: all."""\n\n\nclass AsyncThings:\n    pass\n')
    assert [path.name for path in write_faces(tmp_path)] == ["_sync.py"]
    assert "class Things:" in (package / "_sync.py").read_text()
    assert stale_faces(tmp_path) == []
    (package / "_async.py").write_text('"""Things, async: some."""\n')
    assert stale_faces(tmp_path) == ["arize_queues/things/_sync.py: is not what generation writes"]


@pytest.mark.parametrize("kind", [AnnotationQueues, AsyncAnnotationQueues, ArizeClient, AsyncArizeClient])
def test_the_annotations_of_every_public_method_can_be_resolved(kind):
    """`typing.get_type_hints` resolves each method with the names of `arize_queues.types`."""
    for name, method in public(kind).items():
        if inspect.isfunction(method):
            hints = get_type_hints(method, vars(arize_queues.types))
            assert set(inspect.signature(method).parameters) - {"self"} <= set(hints), name
            assert "return" in hints


@pytest.mark.parametrize("name", METHODS)
def test_all_arguments_are_keyword_only_and_documented(name):
    """Each argument of a method is keyword-only, and its docstring names it."""
    method = getattr(AsyncAnnotationQueues, name)
    parameters = list(inspect.signature(method).parameters.values())[1:]
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters)
    section = (inspect.getdoc(method) or "").partition("Args:")[2]
    assert [p.name for p in parameters if f"\n    {p.name}: " not in section] == []


def test_every_body_is_one_line():
    """The faces only pass arguments on; the operations tell what a call does."""
    (tree,) = ast.parse(inspect.getsource(AsyncAnnotationQueues)).body
    assert isinstance(tree, ast.ClassDef)
    for method in tree.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and method.name in METHODS:
            docstring, body = method.body
            assert isinstance(docstring, ast.Expr)
            assert isinstance(body, ast.Return)


def test_the_two_clients_take_the_same_settings():
    """Both clients take the same settings, in the same order and with the same defaults."""
    assert inspect.signature(ArizeClient).parameters == inspect.signature(AsyncArizeClient).parameters
    ours = {name for name in dir(ArizeClient) if not name.startswith("_")} - {"close"}
    theirs = {name for name in dir(AsyncArizeClient) if not name.startswith("_")} - {"aclose"}
    assert ours == theirs


def test_every_call_is_the_same_in_async(run_async):
    """Every method works in an async story, on asyncio and on trio."""

    async def story() -> list[str]:
        with Emulator() as emulator:
            ids = emulator.seed(spans=5)
            async with async_client_of(emulator) as client:
                calls = client.annotation_queues
                made = await calls.create(
                    name="Triage", space="demo", annotation_config_ids=["notes"], annotator_emails=ids["annotators"]
                )
                where: dict[str, Any] = {"annotation_queue": "Triage", "space": "demo"}
                sources = [SpanSource(project="support-chat", span_ids=["support-chat-span-00000"], **WINDOW)]
                sources.append(SpanSource(project="search-answers", span_ids=["search-answers-span-00000"], **WINDOW))
                assert len((await calls.plan_records(**where, record_sources=sources)).requests) == 1
                assert len(await calls.add_records(**where, record_sources=sources)) == 2
                records = [record.id async for record in calls.iter_records(**where)]
                note = [{"name": "notes", "text": "x"}]
                assert (await calls.annotate_record(**where, record_id=records[0], annotations=note)).annotations
                assert await calls.annotate_records(**where, annotations=dict.fromkeys(records, note))
                emails = ids["annotators"][:1]
                assert (await calls.assign_record(**where, record_id=records[0], assigned_user_emails=emails)).id
                assert await calls.assign_records(**where, assignments={records[1]: emails})
                assert (await calls.list_tags(**where)).tags == []
                assert await calls.add_tags(**where, tag_ids=list(ids["tags"].values()))
                assert (await calls.get(**where)).id == made.id
                assert (await calls.update(**where, instructions="Go.")).instructions == "Go."
                assert len(await calls.list_records(**where)) == 2
                await calls.delete_records(**where, record_ids=records)
                assert [found.name async for found in calls.iter()] == ["Triage"]
                await calls.delete(**where)
                return [found.name for found in await calls.list()]

    assert run_async(story) == []
