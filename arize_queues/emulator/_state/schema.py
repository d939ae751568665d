"""The tables of the emulator's database."""

from __future__ import annotations

# Marks a file as ours ("aqem" in ASCII), so that somebody else's database is never written to.
APPLICATION_ID = 0x6171656D
SCHEMA_VERSION = 1
FIRST_NUMBER = 10_000

SCHEMA = """
CREATE TABLE spaces (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, description TEXT NOT NULL,
    created_at INTEGER NOT NULL);
CREATE TABLE projects (id INTEGER PRIMARY KEY AUTOINCREMENT, space_id INTEGER NOT NULL REFERENCES spaces,
    name TEXT NOT NULL, project_type TEXT, created_at INTEGER NOT NULL);
CREATE TABLE spans (id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects,
    span_id TEXT NOT NULL, trace_id TEXT NOT NULL, session_id TEXT, parent_id TEXT,
    start_time INTEGER NOT NULL, data TEXT NOT NULL, evaluations TEXT NOT NULL, UNIQUE (project_id, span_id));
CREATE INDEX spans_by_trace ON spans (project_id, trace_id, start_time);
CREATE INDEX spans_by_session ON spans (project_id, session_id, start_time);
CREATE TABLE datasets (id INTEGER PRIMARY KEY AUTOINCREMENT, space_id INTEGER NOT NULL REFERENCES spaces,
    name TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE dataset_versions (id INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id INTEGER NOT NULL REFERENCES datasets, name TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE examples (id INTEGER PRIMARY KEY AUTOINCREMENT,
    version_id INTEGER NOT NULL REFERENCES dataset_versions, example_id TEXT NOT NULL, data TEXT NOT NULL,
    evaluations TEXT NOT NULL, UNIQUE (version_id, example_id));
CREATE TABLE annotation_configs (id INTEGER PRIMARY KEY AUTOINCREMENT,
    space_id INTEGER NOT NULL REFERENCES spaces, name TEXT NOT NULL, type TEXT NOT NULL, fields TEXT NOT NULL,
    created_at INTEGER NOT NULL, UNIQUE (space_id, name));
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL COLLATE NOCASE UNIQUE,
    name TEXT NOT NULL, everywhere INTEGER NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE user_spaces (user_id INTEGER NOT NULL REFERENCES users,
    space_id INTEGER NOT NULL REFERENCES spaces,
    PRIMARY KEY (user_id, space_id)) WITHOUT ROWID;
CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, space_id INTEGER NOT NULL REFERENCES spaces,
    name TEXT NOT NULL, description TEXT, color TEXT, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL);
CREATE TABLE queues (id INTEGER PRIMARY KEY AUTOINCREMENT, space_id INTEGER NOT NULL REFERENCES spaces,
    name TEXT NOT NULL, instructions TEXT, assignment_method TEXT NOT NULL, column_allowlist TEXT,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (space_id, name));
CREATE TABLE queue_configs (queue_id INTEGER NOT NULL REFERENCES queues ON DELETE CASCADE,
    position INTEGER NOT NULL, config_id INTEGER NOT NULL REFERENCES annotation_configs,
    PRIMARY KEY (queue_id, position)) WITHOUT ROWID;
CREATE TABLE queue_annotators (queue_id INTEGER NOT NULL REFERENCES queues ON DELETE CASCADE,
    position INTEGER NOT NULL, user_id INTEGER NOT NULL REFERENCES users,
    PRIMARY KEY (queue_id, position)) WITHOUT ROWID;
CREATE TABLE queue_tags (queue_id INTEGER NOT NULL REFERENCES queues ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags, PRIMARY KEY (queue_id, tag_id)) WITHOUT ROWID;
CREATE TABLE records (id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue_id INTEGER NOT NULL REFERENCES queues ON DELETE CASCADE, granularity TEXT, subject TEXT NOT NULL,
    trace TEXT, session TEXT, span INTEGER REFERENCES spans, example INTEGER REFERENCES examples,
    UNIQUE (queue_id, subject));
CREATE INDEX records_by_queue ON records (queue_id, id);
CREATE TABLE assignments (record_id INTEGER NOT NULL REFERENCES records ON DELETE CASCADE,
    position INTEGER NOT NULL, user_id INTEGER NOT NULL REFERENCES users, status TEXT NOT NULL,
    PRIMARY KEY (record_id, position)) WITHOUT ROWID;
CREATE TABLE annotations (subject TEXT NOT NULL, name TEXT NOT NULL, score REAL, label TEXT, text TEXT,
    user_id INTEGER NOT NULL REFERENCES users, updated_at INTEGER NOT NULL,
    PRIMARY KEY (subject, name)) WITHOUT ROWID;
"""

# The tables whose rows have numbers, and so IDs.
COUNTED = (
    "spaces",
    "projects",
    "spans",
    "datasets",
    "dataset_versions",
    "examples",
    "annotation_configs",
    "users",
    "tags",
    "queues",
    "records",
)
