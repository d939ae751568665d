"""Every snippet of the contract's page runs, sync and async, with only the package's name changed in its imports."""

from __future__ import annotations

import ast
import inspect
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from arize_queues import Name, NameNotFoundError, SpaceRequiredError
from arize_queues.emulator import Emulator
from tests.support.clients import async_client_of, client_of

PAGE = Path(__file__).parents[1] / "fixtures" / "contract" / "python-annotation-queues.txt"
REVIEWERS = ["reviewer@example.com", "lead@example.com"]

# What each snippet must have had sent last; the status tells that the server did it.
SENT = {
    "list": ("GET", "annotation-queues", 200),
    "create": ("POST", "annotation-queues", 201),
    "get": ("GET", "QUEUE", 200),
    "update": ("PATCH", "QUEUE", 200),
    "delete": ("DELETE", "QUEUE", 204),
    "list_records": ("GET", "QUEUE/records", 200),
    "add_records": ("POST", "QUEUE/records", 201),
    "annotate_record": ("POST", "QUEUE/records/RECORD/annotate", 200),
    "assign_record": ("POST", "QUEUE/records/RECORD/assign", 200),
    "delete_records": ("DELETE", "QUEUE/records", 204),
}


def _snippets() -> Iterator[str]:
    """Find the code on the page: the longest runs of lines that are Python and call something."""
    lines = PAGE.read_text().splitlines()
    start = 0
    while start < len(lines):
        for end in range(len(lines), start, -1):
            code = "\n".join(lines[start:end])
            if _is_code(code):
                yield code
                start = end - 1
                break
        start += 1


def _is_code(code: str) -> bool:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return False
    return any(isinstance(node, ast.Call) for node in ast.walk(tree)) and not isinstance(tree.body[-1], ast.Import)


def _method(snippet: str) -> str:
    return re.findall(r"client\.annotation_queues\.(\w+)\(", snippet)[-1]


SNIPPETS = {_method(snippet): snippet for snippet in _snippets()}


@attrs.define
class World:
    """An emulator with what the page takes to be there."""

    emulator: Emulator
    space: str
    config: str
    queue: str
    project: str
    records: list[str]


@pytest.fixture(params=["2026-05", "2026-10"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Run it in each revision."""
    with Emulator(revision=request.param) as emulator:
        space = emulator.add_space("Support")
        project = emulator.add_project(space, "chat")
        emulator.add_spans(project, [{"span_id": f"s{n}", "start_time": "2026-03-02T00:00:00Z"} for n in range(4)])
        configs = [emulator.add_annotation_config(space, "accuracy", "categorical", values=["correct", "wrong"])]
        configs.append(emulator.add_annotation_config(space, "quality"))
        for email in REVIEWERS:
            emulator.add_user(email)
        with client_of(emulator) as client:
            common: dict[str, Any] = {"space": space, "annotation_config_ids": configs, "annotator_emails": REVIEWERS}
            made = client.annotation_queues.create(name="Quality Review Queue", **common)
            source = {"record_type": "span", "project_id": project, "span_ids": ["s0", "s1"]}
            window = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-08T00:00:00Z"}
            client.annotation_queues.add_records(annotation_queue=made.id, record_sources=[{**source, **window}])
        records = [record["id"] for record in emulator.records(made.id)]
        emulator.clear_requests()
        yield World(emulator, space, configs[0], made.id, project, records)


def _filled_in(snippet: str, world: World, by: str) -> str:
    """Put real ids or names in place of the placeholders, and our name in place of the package's."""
    has_space = "space=" in snippet
    queue = "Quality Review Queue" if by == "name" and has_space else world.queue
    values = {
        "your-space-name-or-id": "Support" if by == "name" else world.space,
        "your-annotation-config-id": world.config,
        "your-queue-name-or-id": queue,
        "your-queue-id": world.queue,
        "your-project-id": world.project,
        "your-span-id": "s3",
        "your-record-id-1": world.records[0],
        "your-record-id-2": world.records[1],
        "your-record-id": world.records[0],
    }
    for placeholder, value in values.items():
        snippet = snippet.replace(f'"{placeholder}"', repr(value))
    assert "your-" not in snippet
    return re.sub(r"^from arize\b", "from arize_queues", snippet, flags=re.MULTILINE)


class _Awaiting(ast.NodeTransformer):
    """Awaits every call on the client."""

    def visit_Call(self, node: ast.Call) -> ast.AST:  # the name that ast asks for
        self.generic_visit(node)
        ours = ast.unparse(node.func).startswith("client.annotation_queues.")
        return ast.copy_location(ast.Await(node), node) if ours else node


def _run_sync(code: str, world: World) -> dict[str, Any]:
    with client_of(world.emulator) as client:
        names: dict[str, Any] = {"client": client}
        exec(code, names)
    return names


def _run_async(code: str, world: World, run_async: Any) -> dict[str, Any]:
    tree = ast.fix_missing_locations(_Awaiting().visit(ast.parse(code)))
    compiled = compile(tree, "<page>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {}

    async def run() -> None:
        async with async_client_of(world.emulator) as client:
            names["client"] = client
            coroutine = eval(compiled, names)
            assert inspect.iscoroutine(coroutine)
            await coroutine

    run_async(run)
    return names


def _check(method: str, names: dict[str, Any], world: World) -> None:
    """See that the last request was the snippet's, and that what it gave is what the page shows."""
    last = world.emulator.requests[-1]
    verb, path, status = SENT[method]
    target = names["queue"].id if method == "create" else world.queue
    path = path.replace("QUEUE", f"annotation-queues/{target}").replace("RECORD", world.records[0])
    assert (last.method, last.path, last.status) == (verb, f"/v2/{path}", status)
    given = {
        "list": lambda: [found.id for found in names["resp"].annotation_queues] == [world.queue],
        "create": lambda: names["queue"].instructions.startswith("Review each span"),
        "get": lambda: names["queue"].name == "Quality Review Queue",
        "update": lambda: names["queue"].name == "Updated Queue Name",
        "delete": lambda: world.emulator.queues() == [],
        "list_records": lambda: [record.id for record in names["resp"].records] == world.records,
        "add_records": lambda: names["records_resp"].record_sources[0].data["context.span_id"] == "s3",
        "annotate_record": lambda: {item.name for item in names["result"].annotations} == {"accuracy", "quality"},
        "assign_record": lambda: names["result"].assigned_users[0].user.email == "reviewer@example.com",
        "delete_records": lambda: world.emulator.records(world.queue) == [],
    }
    assert given[method]()


def test_the_page_has_a_snippet_for_each_method():
    """The contract page has one whole snippet for each method."""
    assert list(SNIPPETS) == list(SENT)
    assert PAGE.read_text().count("client.annotation_queues.") == sum(
        code.count("client.annotation_queues.") for code in SNIPPETS.values()
    )


def _make_way(method: str, world: World) -> None:
    """The page creates a queue of the name that it gets later."""
    if method == "create":
        with client_of(world.emulator) as client:
            client.annotation_queues.update(annotation_queue=world.queue, name="Older")


@pytest.mark.parametrize("by", ["id", "name"])
@pytest.mark.parametrize("method", SENT)
def test_every_snippet_runs(method, by, world, capsys):
    """Every snippet of the contract page runs, with IDs, and with names if the snippet has a space."""
    _make_way(method, world)
    _check(method, _run_sync(_filled_in(SNIPPETS[method], world, by), world), world)
    assert bool(capsys.readouterr().out) is ("print(" in SNIPPETS[method])


@pytest.mark.parametrize("method", SENT)
def test_every_snippet_runs_in_async(method, world, run_async):
    """Every snippet runs on the async client, on asyncio and trio, with its calls awaited."""
    _make_way(method, world)
    _check(method, _run_async(_filled_in(SNIPPETS[method], world, "name"), world, run_async), world)


@pytest.mark.parametrize("method", [method for method in SENT if "space=" not in SNIPPETS[method]])
def test_a_name_where_the_page_gives_no_space_is_refused_with_both_ways_out(method, world):
    """A snippet with a name but no space is refused, because several queues may have the name."""
    code = _filled_in(SNIPPETS[method], world, "id").replace(repr(world.queue), "'Quality Review Queue'")
    with pytest.raises(SpaceRequiredError, match="space="):
        _run_sync(code, world)
    assert world.emulator.requests == []


def test_a_name_that_looks_like_an_id_can_be_said_to_be_one(world):
    """`Name` is accepted wherever the page says "name-or-id"."""
    with (
        client_of(world.emulator) as client,
        pytest.raises(NameNotFoundError),
    ):
        client.annotation_queues.get(annotation_queue=Name(world.queue), space="Support")


def test_the_promised_notice_comes_once(world, caplog):
    """The first use of an operation in stage alpha or beta warns, and no later one."""
    caplog.set_level(logging.WARNING, logger="arize_queues")
    for _ in range(2):
        for method in ("list_records", "annotate_record", "assign_record"):
            _run_sync(_filled_in(SNIPPETS[method], world, "id"), world)
    assert [entry.getMessage().partition(" is at")[0] for entry in caplog.records] == [
        "[BETA] annotate_annotation_queue_record",
        "[BETA] assign_annotation_queue_record",
    ]
