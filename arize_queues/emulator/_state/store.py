"""The emulator's state in SQLite, in memory or in a file that survives a restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from .schema import APPLICATION_ID, COUNTED, FIRST_NUMBER, SCHEMA, SCHEMA_VERSION

Row = sqlite3.Row


# Seconds for another emulator to let go of the file, in case it is just stopping.
_PATIENCE = 1.0


class NotOurDatabaseError(ValueError):
    """The file is not a database of the emulator, or another process uses it."""


class Store:
    """One connection to the state, shared by the server's thread and the caller's under a lock."""

    def __init__(self, path: str | Path | None) -> None:
        if path is not None and not str(path):
            raise NotOurDatabaseError("db='': must name a file; without db the state is kept in memory")
        self.path = path
        self.lock = RLock()
        self.connection = _open(path)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return all the rows of a query."""
        with self.lock:
            return self.connection.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a query, or None."""
        with self.lock:
            row: Row | None = self.connection.execute(sql, values).fetchone()
            return row

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row of a query, or None."""
        row = self.one(sql, values)
        return None if row is None else row[0]

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Carry out a statement; return the number of the row that an insert made."""
        with self.lock:
            return self.connection.execute(sql, values).lastrowid or 0

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Carry out a statement for each row of values."""
        with self.lock:
            self.connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Run a block in a transaction, which can be nested; an error rolls it back."""
        with self.lock:
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def clear(self) -> None:
        """Forget everything, the numbering included."""
        with self.transaction():
            # Children before parents: the schema names parents first.
            names = [row[0] for row in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            for name in reversed([name for name in names if not name.startswith("sqlite_")]):
                self.run(f"DELETE FROM {name}")  # noqa: S608 - a name out of our own schema
            self.run("DELETE FROM sqlite_sequence")
            _start_numbering(self.connection)

    def close(self) -> None:
        """Close the connection; a file is left complete."""
        with self.lock:
            self.connection.close()


def _open(path: str | Path | None) -> sqlite3.Connection:
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            path or ":memory:", timeout=_PATIENCE, check_same_thread=False, isolation_level=None
        )
        _prepare(connection, path)
    except (sqlite3.DatabaseError, NotOurDatabaseError) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, NotOurDatabaseError):
            raise
        reason = f"cannot be used as a database: {error}"
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            reason = "is in use by another emulator or program"
        raise NotOurDatabaseError(f"{path} {reason}") from error
    return connection


def _prepare(connection: sqlite3.Connection, path: str | Path | None) -> None:
    connection.row_factory = sqlite3.Row
    if path is not None:
        # From its first look the file is this emulator's alone: another would get in its way at any request.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.create_function("folded", 1, _folded, deterministic=True)
    marks = (
        connection.execute("PRAGMA application_id").fetchone()[0],
        connection.execute("PRAGMA user_version").fetchone()[0],
    )
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if not is_empty and marks != (APPLICATION_ID, SCHEMA_VERSION):
        raise NotOurDatabaseError(f"{path} is not a database of this emulator's version.")
    if path is not None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    if is_empty:
        connection.executescript(f"BEGIN; {SCHEMA} COMMIT;")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        _start_numbering(connection)


def _start_numbering(connection: sqlite3.Connection) -> None:
    rows = [(name, FIRST_NUMBER) for name in COUNTED]
    connection.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", rows)


def _folded(text: str) -> str:
    return text.casefold()
