"""The records of a queue: list, add, delete."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from arize_queues.emulator._formats.problems import Answer
from arize_queues.emulator._formats.times import to_text
from arize_queues.emulator._state import ids
from arize_queues.emulator._state.store import Row
from arize_queues.emulator._state.world import Call, World

from .cursors import Listing, page
from .sources import Subject, resolve

SELECT = """
SELECT r.id, r.queue_id, r.granularity, r.subject, r.trace, r.session,
       coalesce(s.data, e.data) AS data, coalesce(s.evaluations, e.evaluations) AS evaluations
FROM records r LEFT JOIN spans s ON s.id = r.span LEFT JOIN examples e ON e.id = r.example"""


def list_annotation_queue_records(world: World, call: Call) -> Answer:
    """Answer a page of records in the order in which they were added."""
    queue = world.queue(call.path["annotation_queue_id"])
    listing = Listing(select=SELECT, conditions=["r.queue_id = ?"], values=[queue["id"]], key="r.id")
    rows, pagination = page(world.store, call, listing)
    return Answer(200, {"records": records_json(world, queue, rows), "pagination": pagination})


def create_annotation_queue_record(world: World, call: Call) -> Answer:
    """Add records that the queue does not have: 201 with the new records, 200 if there are none."""
    queue = world.queue(call.path["annotation_queue_id"])
    subjects = resolve(world, queue["space_id"], call.body["record_sources"])
    first = add_subjects(world, queue, subjects)
    rows = world.store.rows(f"{SELECT} WHERE r.queue_id = ? AND r.id >= ? ORDER BY r.id", (queue["id"], first))
    return Answer(201 if rows else 200, {"record_sources": records_json(world, queue, rows)})


def delete_annotation_queue_record(world: World, call: Call) -> Answer:
    """Delete records; unknown IDs and IDs of another queue are ignored."""
    queue = world.queue(call.path["annotation_queue_id"])
    numbers = [ids.decode("AnnotationQueueRecord", record_id) for record_id in call.body["record_ids"]]
    world.store.run_many(
        "DELETE FROM records WHERE queue_id = ? AND id = ?", [(queue["id"], number) for number in numbers]
    )
    return Answer(204)


def add_subjects(world: World, queue: Row, subjects: list[Subject]) -> int:
    """Add subjects to a queue and assign them; return the number of the first new record."""
    store = world.store
    first: int = 1 + (store.value("SELECT seq FROM sqlite_sequence WHERE name = 'records'") or 0)
    store.run_many(
        """INSERT INTO records (queue_id, granularity, subject, trace, session, span, example)
           SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
           WHERE NOT EXISTS (SELECT 1 FROM records WHERE queue_id = ?1 AND subject = ?3)""",
        [(queue["id"], s.granularity, s.key, s.trace, s.session, s.span, s.example) for s in subjects],
    )
    new = store.rows("SELECT id FROM records WHERE queue_id = ? AND id >= ?", (queue["id"], first))
    _assign_annotators(world, queue, [row["id"] for row in new])
    return first


def _assign_annotators(world: World, queue: Row, records: list[int]) -> None:
    sql = "SELECT user_id FROM queue_annotators WHERE queue_id = ? ORDER BY position"
    annotators = [row["user_id"] for row in world.store.rows(sql, (queue["id"],))]
    rows: list[tuple[int, int, int]] = []
    for record in records:
        chosen = annotators
        if queue["assignment_method"] == "random" and annotators:
            chosen = [annotators[_lot(record) % len(annotators)]]
        rows.extend((record, position, user) for position, user in enumerate(chosen))
    sql = "INSERT INTO assignments (record_id, position, user_id, status) VALUES (?, ?, ?, 'pending')"
    world.store.run_many(sql, rows)


def _lot(record: int) -> int:
    """Return a pseudo-random number that is the same in every run."""
    return int.from_bytes(hashlib.sha256(str(record).encode()).digest()[:8], "big")


def identity(row: Row) -> dict[str, Any]:
    """Return the fields that identify a record in every answer."""
    return {
        "id": ids.encode("AnnotationQueueRecord", row["id"]),
        "annotation_queue_id": ids.encode("AnnotationQueue", row["queue_id"]),
        "source_type": "spans" if row["granularity"] else "dataset",
        "granularity": row["granularity"],
    }


def records_json(world: World, queue: Row, rows: list[Row]) -> list[dict[str, Any]]:
    """Return whole records as the API does."""
    allowed = set(json.loads(queue["column_allowlist"])) if queue["column_allowlist"] else None
    numbers = [row["id"] for row in rows]
    assigned, notes = assignments_json(world, numbers), annotations_json(world, numbers)
    return [
        {
            **identity(row),
            "data": _visible(json.loads(row["data"]), allowed),
            **_annotations(row, notes),
            "evaluations": json.loads(row["evaluations"]),
            "assigned_users": assigned[row["id"]],
        }
        for row in rows
    ]


def _annotations(row: Row, notes: dict[str | None, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the annotations of a record, its trace and its session, each once, at its level."""
    levels = ("span", "trace", "session")
    own = levels.index(row["granularity"] or "span")
    subjects = (row["subject"], row["trace"], row["session"])
    names = ("annotations", "trace_annotations", "session_annotations")
    return {name: notes[subjects[level]] if level >= own else [] for level, name in enumerate(names)}


def _visible(data: dict[str, Any], allowed: set[str] | None) -> dict[str, Any]:
    return data if allowed is None else {key: value for key, value in data.items() if key in allowed}


def assignments_json(world: World, records: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the users of each record, with their completion status."""
    rows = world.store.rows(
        """SELECT a.record_id, a.status, u.id, u.email FROM assignments a JOIN users u ON u.id = a.user_id
           WHERE a.record_id IN (SELECT value FROM json_each(?)) ORDER BY a.record_id, a.position""",
        (json.dumps(list(records)),),
    )
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        user = {"id": ids.encode("User", row["id"]), "email": row["email"]}
        found[row["record_id"]].append({"user": user, "completion_status": row["status"]})
    return found


def annotations_json(world: World, records: Iterable[int]) -> dict[str | None, list[dict[str, Any]]]:
    """Return the annotations of the data of each record, and of its trace and session."""
    # By the records' numbers and not by their subjects: json_each ends a text at its first NUL.
    rows = world.store.rows(
        """WITH chosen AS (SELECT subject, trace, session FROM records WHERE id IN (SELECT value FROM json_each(?)))
           SELECT a.*, u.email FROM annotations a JOIN users u ON u.id = a.user_id WHERE a.subject IN (
           SELECT subject FROM chosen UNION SELECT trace FROM chosen UNION SELECT session FROM chosen)
           ORDER BY a.subject, a.name""",
        (json.dumps(list(records)),),
    )
    found: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        note = {key: row[key] for key in ("name", "score", "label", "text") if row[key] is not None}
        note["updated_at"] = to_text(row["updated_at"])
        note["annotator"] = {"id": ids.encode("User", row["user_id"]), "email": row["email"]}
        found[row["subject"]].append(note)
    return found
