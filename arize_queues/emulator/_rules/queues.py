"""The queues themselves: list, create, get, update, delete."""

from __future__ import annotations

import json
from typing import Any

from arize_queues.emulator._formats.problems import Answer, Refusal
from arize_queues.emulator._formats.spelling import ADDED_FIELDS
from arize_queues.emulator._formats.times import to_text
from arize_queues.emulator._state import ids
from arize_queues.emulator._state.store import Row
from arize_queues.emulator._state.world import Call, World

from .cursors import Listing, page
from .listings import config_json, scoped
from .records import add_subjects
from .sources import resolve

_UPDATABLE = frozenset({"annotation_config_ids", "annotator_emails", "column_allowlist", "instructions", "name"})


def list_annotation_queues(world: World, call: Call) -> Answer:
    """Answer a page of queues, newest first."""
    conditions, values = scoped(world, call)
    listing = Listing(select="SELECT * FROM queues", conditions=conditions, values=values, newest_first=True)
    rows, pagination = page(world.store, call, listing)
    queues = [queue_json(world, row) for row in rows]
    return Answer(200, {"annotation_queues": queues, "pagination": pagination})


def get_annotation_queue(world: World, call: Call) -> Answer:
    """Answer one queue."""
    return Answer(200, queue_json(world, world.queue(call.path["annotation_queue_id"])))


def create_annotation_queue(world: World, call: Call) -> Answer:
    """Create a queue and its first records in one transaction."""
    body, store = call.body, world.store
    space = world.space_number(body["space_id"])
    configs = _config_numbers(world, space, body["annotation_config_ids"])
    annotators = world.user_numbers(space, body["annotator_emails"])
    _require_free_name(world, space, body["name"])
    now = world.now()
    number = store.run(
        """INSERT INTO queues (space_id, name, instructions, assignment_method, column_allowlist, created_at,
           updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (
            space,
            body["name"],
            body.get("instructions") or None,
            body.get("assignment_method", "all"),
            _allowlist_text(body.get("column_allowlist")),
            now,
            now,
        ),
    )
    _replace_list(world, "queue_configs", "config_id", number, configs)
    _replace_list(world, "queue_annotators", "user_id", number, annotators)
    queue = world.queue(ids.encode("AnnotationQueue", number))
    add_subjects(world, queue, resolve(world, space, body.get("record_sources", [])))
    return Answer(201, queue_json(world, queue))


def update_annotation_queue(world: World, call: Call) -> Answer:
    """Change the given fields; lists replace the old ones."""
    body = call.body
    queue = world.queue(call.path["annotation_queue_id"])
    updatable = _UPDATABLE if world.revision.additions else _UPDATABLE - ADDED_FIELDS
    if not body.keys() & updatable:
        raise Refusal(422, f"At least one of {', '.join(sorted(updatable))} must be given.")
    number, space = queue["id"], queue["space_id"]
    if body.get("name", queue["name"]) != queue["name"]:
        _require_free_name(world, space, body["name"])
    if "annotation_config_ids" in body:
        configs = _config_numbers(world, space, body["annotation_config_ids"])
        _replace_list(world, "queue_configs", "config_id", number, configs)
    if "annotator_emails" in body:
        annotators = world.user_numbers(space, body["annotator_emails"])
        _replace_list(world, "queue_annotators", "user_id", number, annotators)
    instructions = body["instructions"] or None if "instructions" in body else queue["instructions"]
    allowlist = queue["column_allowlist"]
    if "column_allowlist" in body:
        allowlist = _allowlist_text(body["column_allowlist"])
    world.store.run(
        "UPDATE queues SET name = ?, instructions = ?, column_allowlist = ?, updated_at = ? WHERE id = ?",
        (body.get("name", queue["name"]), instructions, allowlist, world.now(), number),
    )
    return get_annotation_queue(world, call)


def delete_annotation_queue(world: World, call: Call) -> Answer:
    """Delete a queue with its records; annotations stay with the spans and examples."""
    queue = world.queue(call.path["annotation_queue_id"])
    world.store.run("DELETE FROM queues WHERE id = ?", (queue["id"],))
    return Answer(204)


def queue_json(world: World, row: Row) -> dict[str, Any]:
    """Write a queue as the API does."""
    configs = world.store.rows(
        """SELECT c.* FROM queue_configs q JOIN annotation_configs c ON c.id = q.config_id
           WHERE q.queue_id = ? ORDER BY q.position""",
        (row["id"],),
    )
    annotators = world.store.rows(
        """SELECT u.id, u.email FROM queue_annotators q JOIN users u ON u.id = q.user_id
           WHERE q.queue_id = ? ORDER BY q.position""",
        (row["id"],),
    )
    return {
        "id": ids.encode("AnnotationQueue", row["id"]),
        "name": row["name"],
        "space_id": ids.encode("Space", row["space_id"]),
        "instructions": row["instructions"],
        "annotation_configs": [config_json(config) for config in configs],
        "annotators": [{"id": ids.encode("User", user["id"]), "email": user["email"]} for user in annotators],
        "created_at": to_text(row["created_at"]),
        "updated_at": to_text(row["updated_at"]),
        "column_allowlist": json.loads(row["column_allowlist"]) if row["column_allowlist"] else None,
    }


def _require_free_name(world: World, space: int, name: str) -> None:
    if world.store.one("SELECT 1 FROM queues WHERE space_id = ? AND name = ?", (space, name)):
        raise Refusal(409, f"An active annotation queue named {name!r} already exists in this space.")


def _config_numbers(world: World, space: int, config_ids: list[str]) -> list[int]:
    numbers: list[int] = []
    for config_id in config_ids:
        number = ids.require("AnnotationConfig", config_id, "annotation config")
        found = world.store.value("SELECT space_id FROM annotation_configs WHERE id = ?", (number,))
        if found is None:
            raise ids.not_found("annotation config", config_id)
        if found != space:
            raise Refusal(422, f"Annotation config {config_id!r} belongs to another space than the queue.")
        numbers.append(number)
    return list(dict.fromkeys(numbers))


def _replace_list(world: World, table: str, column: str, queue: int, numbers: list[int]) -> None:
    world.store.run(f"DELETE FROM {table} WHERE queue_id = ?", (queue,))  # noqa: S608 - our own table names
    rows = [(queue, position, number) for position, number in enumerate(numbers)]
    sql = f"INSERT INTO {table} (queue_id, position, {column}) VALUES (?, ?, ?)"  # noqa: S608 - as above
    world.store.run_many(sql, rows)


def _allowlist_text(columns: list[str] | None) -> str | None:
    # An empty list means what no list means: unrestricted.
    return json.dumps(columns) if columns else None
