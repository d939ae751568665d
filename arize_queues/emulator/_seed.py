"""Filling the emulator: spaces, projects with spans, datasets, annotation configs, users and tags."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from . import _ids
from ._store import Store
from ._times import to_micros, to_text
from ._world import World

_SPAN_FIELDS = frozenset({"span_id", "trace_id", "session_id", "parent_id", "start_time", "data", "evaluations"})

Span = Mapping[str, Any]


class Seeding:
    """The half of the emulator's Python face that puts things into it. IDs are strings, as on the wire."""

    _world: World

    @property
    def _store(self) -> Store:
        return self._world.store

    def add_space(self, name: str, *, description: str = "") -> str:
        """Add a space and return its ID. Two spaces may have one name."""
        sql = "INSERT INTO spaces (name, description, created_at) VALUES (?, ?, ?)"
        return _ids.encode("Space", self._store.run(sql, (name, description, self._world.now())))

    def add_project(self, space: str, name: str, *, project_type: str | None = "application") -> str:
        """Add a project to a space and return its ID."""
        sql = "INSERT INTO projects (space_id, name, project_type, created_at) VALUES (?, ?, ?, ?)"
        values = (self._number("Space", space), name, project_type and project_type.lower(), self._world.now())
        return _ids.encode("Project", self._store.run(sql, values))

    def add_spans(self, project: str, spans: Iterable[Span]) -> int:
        """Add spans to a project, replacing those of the same ID; return how many were given.

        Args:
            project: The project's ID.
            spans: Dicts with `span_id`, and as wanted `trace_id`, `session_id`, `parent_id`, `start_time` (a
                datetime or ISO 8601; now, when not given), `data` (flat: column to value) and `evaluations`.
        """
        number = self._number("Project", project)
        count = 0

        def rows() -> Iterator[tuple[Any, ...]]:
            nonlocal count
            for span in spans:
                count += 1
                yield number, *_span_values(span, self._world.now())

        with self._store.transaction():
            self._store.run_many(
                """INSERT INTO spans
                   (project_id, span_id, trace_id, session_id, parent_id, start_time, data, evaluations)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, span_id) DO UPDATE SET
                   trace_id = excluded.trace_id, session_id = excluded.session_id,
                   parent_id = excluded.parent_id, start_time = excluded.start_time,
                   data = excluded.data, evaluations = excluded.evaluations""",
                rows(),
            )
        return count

    def add_dataset(self, space: str, name: str, examples: Iterable[Mapping[str, Any]] = ()) -> str:
        """Add a dataset whose first version holds these examples; return its ID.

        An example is a flat dict. Its `id` is made up where there is none; `evaluations` are kept apart.
        """
        now = self._world.now()
        sql = "INSERT INTO datasets (space_id, name, created_at, updated_at) VALUES (?, ?, ?, ?)"
        with self._store.transaction():
            number = self._store.run(sql, (self._number("Space", space), name, now, now))
            dataset = _ids.encode("Dataset", number)
            self.add_dataset_version(dataset, examples)
        return dataset

    def add_dataset_version(self, dataset: str, examples: Iterable[Mapping[str, Any]]) -> str:
        """Add a version that holds exactly these examples, from now on the latest; return its ID."""
        number, now = self._number("Dataset", dataset), self._world.now()
        with self._store.transaction():
            count = self._store.value("SELECT count(*) FROM dataset_versions WHERE dataset_id = ?", (number,))
            version = self._store.run(
                "INSERT INTO dataset_versions (dataset_id, name, created_at) VALUES (?, ?, ?)",
                (number, f"v{count + 1}", now),
            )
            self._store.run("UPDATE datasets SET updated_at = ? WHERE id = ?", (now, number))
            self._store.run_many(
                "INSERT INTO examples (version_id, example_id, data, evaluations) VALUES (?, ?, ?, ?)",
                (_example_values(version, position, example) for position, example in enumerate(examples, 1)),
            )
        return _ids.encode("DatasetVersion", version)

    def add_annotation_config(
        self,
        space: str,
        name: str,
        type: Literal["continuous", "categorical", "freeform"] = "freeform",  # noqa: A002 - the API's own word
        **fields: Any,
    ) -> str:
        """Add an annotation config and return its ID.

        Args:
            space: The space's ID.
            name: The config's name, unique in its space.
            type: "continuous", "categorical" or "freeform".
            **fields: For continuous ones `minimum_score` and `maximum_score` (0 and 1); for categorical ones
                `values`, labels or dicts with `label` and `score`; for both `optimization_direction`.
        """
        sql = "INSERT INTO annotation_configs (space_id, name, type, fields, created_at) VALUES (?, ?, ?, ?, ?)"
        text = json.dumps(_config_fields(type, fields))
        number = self._store.run(sql, (self._number("Space", space), name, type, text, self._world.now()))
        return _ids.encode("AnnotationConfig", number)

    def add_user(self, email: str, name: str | None = None, spaces: Sequence[str] | None = None) -> str:
        """Add a user with access to these spaces, or to all, also later ones; return the user's ID."""
        sql = "INSERT INTO users (email, name, everywhere, created_at) VALUES (?, ?, ?, ?)"
        values = (email, name or email.partition("@")[0], spaces is None, self._world.now())
        with self._store.transaction():
            number = self._store.run(sql, values)
            rows = [(number, self._number("Space", space)) for space in spaces or ()]
            self._store.run_many("INSERT INTO user_spaces (user_id, space_id) VALUES (?, ?)", rows)
        return _ids.encode("User", number)

    def add_tag(self, space: str, name: str, *, color: str | None = None, description: str | None = None) -> str:
        """Add a tag to a space and return its ID."""
        now = self._world.now()
        number = self._store.run(
            """INSERT INTO tags (space_id, name, description, color, created_at, updated_at)
               VALUES (?, ?, ?, ?, ?, ?)""",
            (self._number("Space", space), name, description, color and color.lower(), now, now),
        )
        return _ids.encode("Tag", number)

    def _number(self, kind: str, identifier: str) -> int:
        number = _ids.decode(kind, identifier)
        if number is None:
            raise ValueError(f"{identifier!r} is not the ID of a {kind}")
        return number


def _span_values(span: Span, now: int) -> tuple[Any, ...]:
    unknown = span.keys() - _SPAN_FIELDS
    if unknown:
        raise ValueError(f"unknown span fields {sorted(unknown)}; known are {sorted(_SPAN_FIELDS)}")
    start = span.get("start_time")
    micros = to_micros(start) if isinstance(start, (datetime, str)) else now
    trace = span.get("trace_id") or f"trace-{span['span_id']}"
    data = {"context.span_id": span["span_id"], "context.trace_id": trace, "start_time": to_text(micros)}
    for column, key in (("attributes.session.id", "session_id"), ("parent_id", "parent_id")):
        if span.get(key):
            data[column] = span[key]
    data |= span.get("data", {})
    return (
        span["span_id"],
        trace,
        span.get("session_id"),
        span.get("parent_id"),
        micros,
        json.dumps(data),
        json.dumps(span.get("evaluations", [])),
    )


def _example_values(version: int, position: int, example: Mapping[str, Any]) -> tuple[Any, ...]:
    data = dict(example)
    evaluations = json.dumps(data.pop("evaluations", []))
    name = data.setdefault("id", f"ex_{version}_{position}")
    return version, name, json.dumps(data), evaluations


def _config_fields(type_: str, fields: dict[str, Any]) -> dict[str, Any]:
    if type_ == "freeform":
        defaults: dict[str, Any] = {}
    elif type_ == "continuous":
        defaults = {"minimum_score": 0, "maximum_score": 1, "optimization_direction": "none"}
    elif type_ == "categorical":
        defaults = {"values": [], "optimization_direction": "none"}
    else:
        raise ValueError(f"type={type_!r}: must be continuous, categorical or freeform")
    if unknown := fields.keys() - defaults.keys():
        raise ValueError(f"unknown fields of a {type_} config: {sorted(unknown)}")
    merged = {**defaults, **fields}
    if type_ == "categorical":
        merged["values"] = [{"label": item} if isinstance(item, str) else item for item in merged["values"]]
        if not merged["values"]:
            raise ValueError("a categorical config needs values")
    return merged
