"""The tags of a queue: list and attach. As in the API, tags cannot be detached."""

from __future__ import annotations

from typing import Any

from arize_queues.emulator._formats.problems import Answer, Refusal
from arize_queues.emulator._formats.times import to_text
from arize_queues.emulator._state import ids
from arize_queues.emulator._state.store import Row
from arize_queues.emulator._state.world import Call, World


def list_annotation_queue_tags(world: World, call: Call) -> Answer:
    """Answer all tags of a queue, the most recently updated first; never paginated."""
    return _all_tags(world, world.queue(call.path["annotation_queue_id"]))


def add_annotation_queue_tags(world: World, call: Call) -> Answer:
    """Attach tags of the queue's space; attaching one again changes nothing."""
    queue = world.queue(call.path["annotation_queue_id"])
    numbers = [_tag_number(world, queue, tag_id) for tag_id in call.body["tag_ids"]]
    world.store.run_many(
        "INSERT OR IGNORE INTO queue_tags (queue_id, tag_id) VALUES (?, ?)",
        [(queue["id"], number) for number in numbers],
    )
    return _all_tags(world, queue)


def _tag_number(world: World, queue: Row, tag_id: str) -> int:
    number = ids.decode("Tag", tag_id)
    space = world.store.value("SELECT space_id FROM tags WHERE id = ?", (number,))
    if number is None or space != queue["space_id"]:
        raise Refusal(422, f"tag_ids: {tag_id!r} is not a tag of the queue's space.")
    return number


def _all_tags(world: World, queue: Row) -> Answer:
    rows = world.store.rows(
        """SELECT t.* FROM queue_tags q JOIN tags t ON t.id = q.tag_id WHERE q.queue_id = ?
           ORDER BY t.updated_at DESC, t.id DESC""",
        (queue["id"],),
    )
    return Answer(200, {"tags": [_tag_json(row) for row in rows], "pagination": {"has_more": False}})


def _tag_json(row: Row) -> dict[str, Any]:
    return {
        "id": ids.encode("Tag", row["id"]),
        "name": row["name"],
        "description": row["description"],
        "color": row["color"],
        "space_id": ids.encode("Space", row["space_id"]),
        "created_at": to_text(row["created_at"]),
        "updated_at": to_text(row["updated_at"]),
    }
