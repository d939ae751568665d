"""The two faces: the same methods, signatures and docstrings; and the same story told through both."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest

from arize_queues import ArizeClient, AsyncArizeClient, SpanSource
from arize_queues.annotation_queues._async import AsyncAnnotationQueues
from arize_queues.annotation_queues._sync import AnnotationQueues
from arize_queues.emulator import Emulator
from tests.support.clients import async_client_of

WINDOW: dict[str, Any] = {"start_time": "2026-03-02", "end_time": "2026-03-09"}

METHODS = [
    "list", "iter", "get", "create", "update", "delete", "list_records", "iter_records", "plan_records", "add_records",
    "delete_records", "annotate_record", "annotate_records", "assign_record", "assign_records", "list_tags", "add_tags",
]  # fmt: skip
ITERATORS = {"iter", "iter_records"}


def public(kind: type) -> dict[str, Any]:
    """Give the public methods of a class, in the order that they stand in."""
    return {name: value for name, value in vars(kind).items() if not name.startswith("_")}


def test_both_faces_have_the_documented_methods_in_one_order():
    """No more, no less."""
    assert list(public(AnnotationQueues)) == list(public(AsyncAnnotationQueues)) == METHODS


@pytest.mark.parametrize("name", METHODS)
def test_signatures_and_docstrings_are_equal(name):
    """But for what makes one of them async."""
    sync, async_ = getattr(AnnotationQueues, name), getattr(AsyncAnnotationQueues, name)
    ours, theirs = inspect.signature(sync), inspect.signature(async_)
    assert ours.parameters == theirs.parameters
    returned = theirs.return_annotation.replace("AsyncGenerator", "Generator")
    assert ours.return_annotation == returned
    assert inspect.getdoc(sync) == inspect.getdoc(async_)
    assert inspect.iscoroutinefunction(async_) is (name not in ITERATORS)
    assert not inspect.iscoroutinefunction(sync)


@pytest.mark.parametrize("name", METHODS)
def test_all_arguments_are_keyword_only_and_documented(name):
    """Each is named in the docstring."""
    method = getattr(AnnotationQueues, name)
    parameters = list(inspect.signature(method).parameters.values())[1:]
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters)
    section = (inspect.getdoc(method) or "").partition("Args:")[2]
    assert [p.name for p in parameters if f"\n    {p.name}: " not in section] == []


@pytest.mark.parametrize("kind", [AnnotationQueues, AsyncAnnotationQueues])
def test_every_body_is_one_line(kind):
    """What a call does is told elsewhere, once for both."""
    (tree,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(tree, ast.ClassDef)
    for method in tree.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and method.name in METHODS:
            docstring, body = method.body
            assert isinstance(docstring, ast.Expr)
            assert isinstance(body, ast.Return)


def test_the_two_clients_take_the_same_settings():
    """In the same order, with the same defaults."""
    assert inspect.signature(ArizeClient).parameters == inspect.signature(AsyncArizeClient).parameters
    ours = {name for name in dir(ArizeClient) if not name.startswith("_")} - {"close"}
    theirs = {name for name in dir(AsyncArizeClient) if not name.startswith("_")} - {"aclose"}
    assert ours == theirs


def test_every_call_is_the_same_in_async(run_async):
    """One story on asyncio and on trio, through every method."""

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
