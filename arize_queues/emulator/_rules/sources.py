"""Record sources: which spans, traces, sessions and examples a request names."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from arize_queues_raw import limits
from attrs import frozen

from arize_queues.emulator._formats.problems import Refusal
from arize_queues.emulator._formats.times import parse, to_micros
from arize_queues.emulator._state import ids as identifiers
from arize_queues.emulator._state.store import Row
from arize_queues.emulator._state.world import World

_NAMED = 3


@frozen(kw_only=True)
class Subject:
    """The data of a record; `key` identifies it in every queue, because annotations belong to the data."""

    key: str
    granularity: str | None = None
    trace: str | None = None
    session: str | None = None
    span: int | None = None
    example: int | None = None


def resolve(world: World, space: int, sources: list[dict[str, Any]]) -> list[Subject]:
    """Return the subjects of the sources, in order and each once, or refuse the whole request."""
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
    number = identifiers.require(kind, identifier, noun)
    owner = world.store.value(f"SELECT space_id FROM {table} WHERE id = ?", (number,))  # noqa: S608 - ours
    if owner is None:
        raise identifiers.not_found(noun, identifier)
    if owner != space:
        raise Refusal(422, f"{kind} {identifier!r} belongs to another space than the queue.")
    return number


# The span that stands for an id: itself, a trace's root, or the root of a session's first trace. Where a trace has
# no root at all, its first span will do; a root outside of the window will not.
_FIND_SPAN = """
SELECT id FROM spans AS found WHERE project_id = ?1 AND {column} = ?2 AND start_time BETWEEN ?3 AND ?4 AND (
    parent_id IS NULL OR NOT EXISTS (SELECT 1 FROM spans WHERE project_id = ?1 AND {column} = ?2
        AND trace_id = found.trace_id AND parent_id IS NULL))
ORDER BY start_time, id LIMIT 1"""
_EVER = (-(2**62), 2**62)


def _span_subjects(world: World, space: int, source: dict[str, Any]) -> list[Subject]:
    kind = source["record_type"]
    project = _owned(world, "projects", "Project", source["project_id"], space)
    window = _window(source)
    numbers = {name: _find_span(world, project, kind, name, window) for name in _ids_of(source)}
    missing = [name for name, number in numbers.items() if number is None]
    if missing:
        _require_creation(world, source, missing)
        numbers.update((name, _create_span(world, project, kind, name, window[0])) for name in missing)
    found = [number for number in numbers.values() if number is not None]
    spans = _by_number(world, "spans", "id, project_id, span_id, trace_id, session_id", found)
    return [_span_subject(kind, spans[number]) for number in found]


def _find_span(world: World, project: int, kind: str, name: str, window: tuple[int, int]) -> int | None:
    if kind == "span":
        sql = "SELECT id FROM spans WHERE project_id = ?1 AND span_id = ?2 AND start_time BETWEEN ?3 AND ?4"
    else:
        sql = _FIND_SPAN.format(column=f"{kind}_id")
    number: int | None = world.store.value(sql, (project, name, *window))
    return number


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
        return [_example_subject(dataset, name, number) for name, number in _whole(world, version)]
    sql = "SELECT id FROM examples WHERE version_id = ? AND example_id = ?"
    numbers = {name: world.store.value(sql, (version, name)) for name in ids}
    missing = [name for name, number in numbers.items() if number is None]
    if missing:
        _require_creation(world, source, missing)
        numbers.update((name, _create_example(world, version, name)) for name in missing)
    return [_example_subject(dataset, name, number) for name, number in numbers.items()]


def _whole(world: World, version: int) -> list[tuple[str, int]]:
    """Return all examples of a version, their IDs and numbers."""
    count = world.store.value("SELECT count(*) FROM examples WHERE version_id = ?", (version,))
    if count > limits.MAX_RECORDS_PER_REQUEST:
        raise _too_many("records", count, limits.MAX_RECORDS_PER_REQUEST)
    rows = world.store.rows("SELECT id, example_id FROM examples WHERE version_id = ? ORDER BY id", (version,))
    return [(row["example_id"], row["id"]) for row in rows]


def _example_subject(dataset: int, name: str, number: int) -> Subject:
    return Subject(key=f"example:{dataset}:{name}", example=number)


def _version(world: World, dataset: int, version_id: str | None) -> int:
    if version_id is None:
        sql = "SELECT max(id) FROM dataset_versions WHERE dataset_id = ?"
        latest: int = world.store.value(sql, (dataset,))
        return latest
    number = identifiers.require("DatasetVersion", version_id, "dataset version")
    sql = "SELECT id FROM dataset_versions WHERE id = ? AND dataset_id = ?"
    if world.store.one(sql, (number, dataset)) is None:
        raise identifiers.not_found("dataset version", version_id)
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
    """Create a span that a lenient emulator is asked for, or find it outside of the window."""
    found = _find_span(world, project, kind, name, _EVER)
    if found is not None:
        return found
    span = name if kind == "span" else _free_name(world, project, "span", f"span-of-{kind}-{name}")
    trace = name if kind == "trace" else _free_name(world, project, "trace", f"trace-of-{kind}-{name}")
    session = name if kind == "session" else None
    data = {"context.span_id": span, "context.trace_id": trace}
    if session:
        data["attributes.session.id"] = session
    sql = """INSERT INTO spans (project_id, span_id, trace_id, session_id, start_time, data, evaluations)
             VALUES (?, ?, ?, ?, ?, ?, '[]')"""
    return world.store.run(sql, (project, span, trace, session, start, json.dumps(data)))


def _free_name(world: World, project: int, kind: str, name: str) -> str:
    """Return the name, or a similar one if a span or trace has it already."""
    sql = f"SELECT 1 FROM spans WHERE project_id = ? AND {kind}_id = ?"  # noqa: S608 - our own columns
    while world.store.one(sql, (project, name)):
        name += "+"
    return name


def _create_example(world: World, version: int, name: str) -> int:
    sql = "INSERT INTO examples (version_id, example_id, data, evaluations) VALUES (?, ?, ?, '[]')"
    return world.store.run(sql, (version, name, json.dumps({"id": name})))
