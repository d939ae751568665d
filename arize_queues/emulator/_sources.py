"""Record sources: which spans, traces, sessions and examples a request names."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from arize_queues_raw import limits
from attrs import frozen

from . import _ids
from ._problems import Refusal
from ._store import Row
from ._times import parse, to_micros
from ._world import World

_NAMED = 3


@frozen(kw_only=True)
class Subject:
    """What a record is about; `key` names it in every queue, as annotations belong to the data."""

    key: str
    granularity: str | None = None
    trace: str | None = None
    session: str | None = None
    span: int | None = None
    example: int | None = None


def resolve(world: World, space: int, sources: list[dict[str, Any]]) -> list[Subject]:
    """Find everything that the sources name, in their order and each once, or refuse the whole request."""
    _require_limits(sources)
    found: dict[str, Subject] = {}
    for source in sources:
        subjects = _example_subjects if source["record_type"] == "example" else _span_subjects
        found.update((subject.key, subject) for subject in subjects(world, space, source))
    if len(found) > limits.MAX_RECORDS_PER_REQUEST:
        raise _too_many("records", len(found), limits.MAX_RECORDS_PER_REQUEST)
    return list(found.values())


def _require_limits(sources: list[dict[str, Any]]) -> None:
    # Fields of another kind of source are unknown fields here, and passed over like those.
    records = sessions = 0
    for source in sources:
        ids = len(set(_ids_of(source)))
        records += ids
        sessions += ids if source["record_type"] == "session" else 0
        if source["record_type"] != "example":
            _window(source)
    if records > limits.MAX_RECORDS_PER_REQUEST:
        raise _too_many("records", records, limits.MAX_RECORDS_PER_REQUEST)
    if sessions > limits.MAX_SESSIONS_PER_REQUEST:
        raise _too_many("sessions", sessions, limits.MAX_SESSIONS_PER_REQUEST)


def _too_many(noun: str, count: int, limit: int) -> Refusal:
    return Refusal(422, f"record_sources: at most {limit} {noun} are allowed in one request, not {count}.")


def _field(source: dict[str, Any]) -> str:
    return f"{source['record_type']}_ids"


def _ids_of(source: dict[str, Any]) -> list[str]:
    return source.get(_field(source)) or []


def _window(source: dict[str, Any]) -> tuple[int, int]:
    try:
        start, end = parse(source["start_time"]), parse(source["end_time"])
    except ValueError as error:
        raise Refusal(400, f"start_time, end_time: not a time that exists ({error}).") from error
    if not start < end:
        raise Refusal(422, "start_time must be before end_time.")
    if end - start > timedelta(days=limits.MAX_TIME_RANGE_DAYS):
        raise Refusal(422, f"The time range must not exceed {limits.MAX_TIME_RANGE_DAYS} days.")
    return to_micros(start), to_micros(end)


def _owned(world: World, table: str, kind: str, identifier: str, space: int) -> int:
    noun = kind.lower()
    number = _ids.require(kind, identifier, noun)
    owner = world.store.value(f"SELECT space_id FROM {table} WHERE id = ?", (number,))  # noqa: S608 - ours
    if owner is None:
        raise _ids.not_found(noun, identifier)
    if owner != space:
        raise Refusal(422, f"{kind} {identifier!r} belongs to another space than the queue.")
    return number


# The span that stands for an id: itself, a trace's root, or the root of a session's first trace.
_FIND_SPANS = """
SELECT wanted.value AS wanted, (
    SELECT id FROM spans WHERE project_id = ?1 AND {column} = wanted.value AND start_time BETWEEN ?3 AND ?4
    ORDER BY {order} LIMIT 1) AS span
FROM json_each(?2) AS wanted"""
_ORDERS = {
    "span": "id",
    "trace": "parent_id IS NOT NULL, start_time, id",
    "session": "parent_id IS NOT NULL, start_time, id",
}


def _span_subjects(world: World, space: int, source: dict[str, Any]) -> list[Subject]:
    kind = source["record_type"]
    project = _owned(world, "projects", "Project", source["project_id"], space)
    start, end = _window(source)
    sql = _FIND_SPANS.format(column=f"{kind}_id", order=_ORDERS[kind])
    rows = world.store.rows(sql, (project, json.dumps(_ids_of(source)), start, end))
    missing = [row["wanted"] for row in rows if row["span"] is None]
    numbers = {row["wanted"]: row["span"] for row in rows}
    if missing:
        _require_creation(world, source, missing)
        numbers.update((name, _create_span(world, project, kind, name, start)) for name in dict.fromkeys(missing))
    spans = _by_number(world, "spans", "id, project_id, span_id, trace_id, session_id", list(numbers.values()))
    return [_span_subject(kind, spans[number]) for number in numbers.values()]


def _span_subject(kind: str, span: Row) -> Subject:
    prefix = span["project_id"]
    trace = f"trace:{prefix}:{span['trace_id']}"
    session = f"session:{prefix}:{span['session_id']}" if span["session_id"] else None
    keys = {"span": f"span:{prefix}:{span['span_id']}", "trace": trace, "session": session or ""}
    return Subject(key=keys[kind], granularity=kind, trace=trace, session=session, span=span["id"])


def _example_subjects(world: World, space: int, source: dict[str, Any]) -> list[Subject]:
    dataset = _owned(world, "datasets", "Dataset", source["dataset_id"], space)
    version = _version(world, dataset, source.get("dataset_version_id"))
    ids = _ids_of(source)
    if not ids:
        sql = "SELECT id, example_id FROM examples WHERE version_id = ? ORDER BY id LIMIT ?"
        rows = world.store.rows(sql, (version, limits.MAX_RECORDS_PER_REQUEST + 1))
        return [_example_subject(dataset, row) for row in rows]
    found = world.store.rows(
        """SELECT id, example_id FROM examples WHERE version_id = ? AND example_id IN (
           SELECT value FROM json_each(?))""",
        (version, json.dumps(ids)),
    )
    numbers = {row["example_id"]: row for row in found}
    missing = [name for name in ids if name not in numbers]
    if missing:
        _require_creation(world, source, missing)
        numbers.update((name, _create_example(world, version, name)) for name in dict.fromkeys(missing))
    return [_example_subject(dataset, numbers[name]) for name in ids]


def _example_subject(dataset: int, row: Row) -> Subject:
    return Subject(key=f"example:{dataset}:{row['example_id']}", example=row["id"])


def _version(world: World, dataset: int, version_id: str | None) -> int:
    if version_id is None:
        sql = "SELECT max(id) FROM dataset_versions WHERE dataset_id = ?"
        latest: int = world.store.value(sql, (dataset,))
        return latest
    number = _ids.require("DatasetVersion", version_id, "dataset version")
    sql = "SELECT id FROM dataset_versions WHERE id = ? AND dataset_id = ?"
    if world.store.one(sql, (number, dataset)) is None:
        raise _ids.not_found("dataset version", version_id)
    return number


def _by_number(world: World, table: str, columns: str, numbers: list[int]) -> dict[int, Row]:
    sql = f"SELECT {columns} FROM {table} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own table
    return {row["id"]: row for row in world.store.rows(sql, (json.dumps(numbers),))}


def _require_creation(world: World, source: dict[str, Any], missing: list[str]) -> None:
    if world.unknown_ids == "create":
        return
    shown = ", ".join(missing[:_NAMED])
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    raise Refusal(422, f"{_field(source)}: not found: {shown}{more}.")


def _create_span(world: World, project: int, kind: str, name: str, start: int) -> int:
    """Invent the span that is asked for, or find it outside of the window."""
    sql = f"SELECT id FROM spans WHERE project_id = ? AND {kind}_id = ?"  # noqa: S608 - our own columns
    found: int | None = world.store.value(f"{sql} ORDER BY start_time LIMIT 1", (project, name))
    if found is not None:
        return found
    span = {"span": name, "trace": name if kind == "trace" else f"trace-of-{name}"}.get
    values = (span(kind) if kind == "span" else f"span-of-{name}", span("trace"))
    session = name if kind == "session" else None
    data = {"context.span_id": values[0], "context.trace_id": values[1]}
    if session:
        data["attributes.session.id"] = session
    sql = """INSERT INTO spans (project_id, span_id, trace_id, session_id, start_time, data, evaluations)
             VALUES (?, ?, ?, ?, ?, ?, '[]')"""
    return world.store.run(sql, (project, *values, session, start, json.dumps(data)))


def _create_example(world: World, version: int, name: str) -> Row:
    sql = "INSERT INTO examples (version_id, example_id, data, evaluations) VALUES (?, ?, ?, '[]')"
    number = world.store.run(sql, (version, name, json.dumps({"id": name})))
    return _by_number(world, "examples", "id, example_id", [number])[number]
