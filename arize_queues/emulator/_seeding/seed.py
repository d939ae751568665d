"""Methods that fill the emulator: spaces, projects, spans, datasets, annotation configs, users and tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from arize_queues.emulator._state import ids
from arize_queues.emulator._state.store import Store
from arize_queues.emulator._state.world import World

from . import checks as check
from .rows import config_fields, example_rows, span_values

_TABLES = {"Space": "spaces", "Project": "projects", "Dataset": "datasets"}

Span = Mapping[str, Any]


class Seeding:
    """The methods of `Emulator` that add data. IDs are strings, as on the wire.

    What cannot be put in is a ValueError that names the field, the value and the rule; then nothing is put in.
    """

    _world: World

    @property
    def _store(self) -> Store:
        return self._world.store

    def add_space(self, name: str, *, description: str = "") -> str:
        """Add a space and return its ID. Two spaces may have one name."""
        sql = "INSERT INTO spaces (name, description, created_at) VALUES (?, ?, ?)"
        about = check.text("description", description) if description != "" else ""
        return ids.encode("Space", self._store.run(sql, (check.text("name", name), about, self._world.now())))

    def add_project(self, space: str, name: str, *, project_type: str | None = "application") -> str:
        """Add a project to a space and return its ID."""
        sql = "INSERT INTO projects (space_id, name, project_type, created_at) VALUES (?, ?, ?, ?)"
        kind = check.choice("project_type", project_type, "ProjectType")
        values = (self._number("Space", space), check.text("name", name), kind, self._world.now())
        return ids.encode("Project", self._store.run(sql, values))

    def add_spans(self, project: str, spans: Iterable[Span]) -> int:
        """Add spans to a project, replacing spans of the same ID; return their number.

        Args:
            project: The project's ID.
            spans: Dicts with `span_id`, and as wanted `trace_id`, `session_id`, `parent_id`, `start_time` (a
                datetime or ISO 8601; now, when not given), `data` (flat: column to value) and `evaluations`.
        """
        number = self._number("Project", project)
        count = 0

        def rows() -> Iterator[tuple[Any, ...]]:
            nonlocal count
            for span in check.items("spans", spans):
                yield number, *span_values(f"spans[{count}]", span, self._world.now())
                count += 1

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
        """Add a dataset with the examples of its first version; return its ID.

        An example is a flat dict. Its `id` is made up where there is none; `evaluations` are kept apart.
        """
        now = self._world.now()
        sql = "INSERT INTO datasets (space_id, name, created_at, updated_at) VALUES (?, ?, ?, ?)"
        with self._store.transaction():
            number = self._store.run(sql, (self._number("Space", space), check.text("name", name), now, now))
            dataset = ids.encode("Dataset", number)
            self.add_dataset_version(dataset, examples)
        return dataset

    def add_dataset_version(self, dataset: str, examples: Iterable[Mapping[str, Any]]) -> str:
        """Add a version with exactly these examples, as the latest one; return its ID."""
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
                example_rows(version, examples),
            )
        return ids.encode("DatasetVersion", version)

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
        text = check.as_json("fields", config_fields(type, fields))
        with self._store.transaction():
            key = (self._number("Space", space), check.text("name", name))
            if self._store.one("SELECT 1 FROM annotation_configs WHERE space_id = ? AND name = ?", key):
                raise check.error("name", name, "the space has an annotation config of this name already")
            number = self._store.run(sql, (*key, type, text, self._world.now()))
        return ids.encode("AnnotationConfig", number)

    def add_user(self, email: str, name: str | None = None, spaces: Sequence[str] | None = None) -> str:
        """Add a user with access to these spaces, or to all, also later ones; return the user's ID."""
        sql = "INSERT INTO users (email, name, everywhere, created_at) VALUES (?, ?, ?, ?)"
        address = check.email("email", email)
        called = check.text_or_none("name", name) or address.partition("@")[0]
        with self._store.transaction():
            admitted = [self._number("Space", space) for space in check.items("spaces", spaces or ())]
            if self._store.one("SELECT 1 FROM users WHERE email = ?", (address,)):
                raise check.error("email", email, "there is a user of this address already")
            number = self._store.run(sql, (address, called, spaces is None, self._world.now()))
            self._admit(number, admitted)
        return ids.encode("User", number)

    def admit_user(self, email: str, space: str) -> str:
        """Grant a user access to a space, adding an unknown user with access to all; return the user's ID."""
        with self._store.transaction():
            number = self._store.value("SELECT id FROM users WHERE email = ?", (check.email("email", email),))
            if number is None:
                return self.add_user(email)
            self._admit(number, [self._number("Space", space)])
        return ids.encode("User", number)

    def _admit(self, user: int, spaces: list[int]) -> None:
        sql = "INSERT OR IGNORE INTO user_spaces (user_id, space_id) VALUES (?, ?)"
        self._store.run_many(sql, [(user, space) for space in spaces])

    def add_tag(self, space: str, name: str, *, color: str | None = None, description: str | None = None) -> str:
        """Add a tag to a space and return its ID."""
        now = self._world.now()
        number = self._store.run(
            """INSERT INTO tags (space_id, name, description, color, created_at, updated_at)
               VALUES (?, ?, ?, ?, ?, ?)""",
            (
                self._number("Space", space),
                check.text("name", name),
                check.text_or_none("description", description),
                check.choice("color", color, "TagColor"),
                now,
                now,
            ),
        )
        return ids.encode("Tag", number)

    def _number(self, kind: str, identifier: str) -> int:
        field = kind.lower()
        number = ids.decode(kind, check.text(field, identifier))
        sql = f"SELECT 1 FROM {_TABLES[kind]} WHERE id = ?"  # noqa: S608 - our own tables
        if number is None:
            raise check.error(field, identifier, f"is not the ID of a {field}")
        if self._store.one(sql, (number,)) is None:
            raise check.error(field, identifier, f"there is no such {field}")
        return number
