"""The work on a record: annotate, assign, complete."""

from __future__ import annotations

import json
from typing import Any

from arize_queues.emulator._formats.problems import Answer, Refusal
from arize_queues.emulator._state import ids
from arize_queues.emulator._state.store import Row
from arize_queues.emulator._state.world import Call, World

from .records import annotations_json, assignments_json, identity


def annotate_annotation_queue_record(world: World, call: Call) -> Answer:
    """Write annotations by config name as the API key's user; fields and configs not named stay."""
    record = _record(world, call)
    configs = _configs(world, record["queue_id"])
    given: dict[str, dict[str, Any]] = {}
    for item in call.body["annotations"]:
        given.setdefault(item["name"], {}).update(item)
    user = world.key_owner()
    for name, item in given.items():
        _judge(configs, name, item)
        _upsert(world, record["subject"], user["id"], item)
    notes = {note["name"]: note for note in annotations_json(world, [record["id"]])[record["subject"]]}
    if configs.keys() <= notes.keys():
        set_completed(world, record["id"], user["id"])
    return Answer(200, {**identity(record), "annotations": [notes[name] for name in given]})


def assign_annotation_queue_record(world: World, call: Call) -> Answer:
    """Replace the assignment of a record; all its users are pending, even those who had completed it."""
    record = _record(world, call)
    space = world.store.value("SELECT space_id FROM queues WHERE id = ?", (record["queue_id"],))
    users = world.user_numbers(space, call.body["assigned_user_emails"])
    world.store.run("DELETE FROM assignments WHERE record_id = ?", (record["id"],))
    world.store.run_many(
        "INSERT INTO assignments (record_id, position, user_id, status) VALUES (?, ?, ?, 'pending')",
        [(record["id"], position, user) for position, user in enumerate(users)],
    )
    assigned = assignments_json(world, [record["id"]])[record["id"]]
    return Answer(200, {**identity(record), "assigned_users": assigned})


def set_completed(world: World, record: int, user: int) -> bool:
    """Mark a user's assignment as completed; return False if the user is not assigned."""
    where = "record_id = ? AND user_id = ?"
    if world.store.one(f"SELECT 1 FROM assignments WHERE {where}", (record, user)) is None:  # noqa: S608
        return False
    world.store.run(f"UPDATE assignments SET status = 'completed' WHERE {where}", (record, user))  # noqa: S608
    return True


def _record(world: World, call: Call) -> Row:
    queue = world.queue(call.path["annotation_queue_id"])
    record_id = call.path["annotation_queue_record_id"]
    number = ids.require("AnnotationQueueRecord", record_id, "annotation queue record")
    found = world.store.one("SELECT * FROM records WHERE id = ? AND queue_id = ?", (number, queue["id"]))
    if found is None:
        raise ids.not_found("annotation queue record", record_id)
    return found


def _configs(world: World, queue: int) -> dict[str, Row]:
    rows = world.store.rows(
        """SELECT c.name, c.type, c.fields FROM queue_configs q
           JOIN annotation_configs c ON c.id = q.config_id WHERE q.queue_id = ?""",
        (queue,),
    )
    return {row["name"]: row for row in rows}


def _judge(configs: dict[str, Row], name: str, item: dict[str, Any]) -> None:
    config = configs.get(name)
    if config is None:
        raise Refusal(422, f"annotations: {name!r} is not an annotation config of this queue.")
    fields = json.loads(config["fields"])
    if config["type"] == "categorical" and "label" in item:
        labels = [value["label"] for value in fields["values"]]
        if item["label"] not in labels:
            raise Refusal(422, f"annotations: {name}: {item['label']!r} is not one of {', '.join(labels)}.")
    if config["type"] == "continuous" and "score" in item:
        low, high = fields["minimum_score"], fields["maximum_score"]
        if not low <= item["score"] <= high:
            raise Refusal(422, f"annotations: {name}: score {item['score']} is not within {low} to {high}.")


def _upsert(world: World, subject: str, user: int, item: dict[str, Any]) -> None:
    values = [item.get(key) for key in ("score", "label", "text")]
    if all(value is None for value in values):
        sql = "SELECT 1 FROM annotations WHERE subject = ? AND name = ?"
        if world.store.one(sql, (subject, item["name"])) is None:
            raise Refusal(422, f"annotations: {item['name']}: a score, a label or a text must be given.")
        return
    world.store.run(
        """INSERT INTO annotations (subject, name, score, label, text, user_id, updated_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (subject, name) DO UPDATE SET
               score = coalesce(excluded.score, score), label = coalesce(excluded.label, label),
               text = coalesce(excluded.text, text), user_id = excluded.user_id,
               updated_at = excluded.updated_at""",
        (
            subject,
            item["name"],
            None if values[0] is None else float(values[0]),
            *values[1:],
            user,
            world.now(),
        ),
    )
