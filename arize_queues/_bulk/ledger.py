"""The ledger of a bulk call: finished records, on disk as they finish, so that a killed job can go on.

One SQLite file per job. It holds the IDs of finished records, and counts; never payloads or API keys. The file is
locked while a job uses it, and the lock ends with the process, however that ends.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from arize_queues.errors import LedgerError

_APPLICATION_ID = 0x41514C31  # "AQL1", in the file's header: tells our files from other SQLite files

_SCHEMA = (
    f"PRAGMA application_id = {_APPLICATION_ID}",
    "CREATE TABLE job (field TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE done (key TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE counts (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",
)


def fingerprint(items: Iterable[str]) -> str:
    """Return a digest of strings, in order."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(item.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


class Ledger:
    """The ledger of one job. A call that is refused before `begin` leaves no file behind.

    Args:
        path: Path of the file.

    Attributes:
        before: The counts of earlier runs.

    Raises:
        LedgerError: The path cannot be that of a file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        if str(self._path) == ":memory:":
            raise LedgerError("ledger ':memory:': it must be a file, to be there after a crash")
        self._job: dict[str, str] = {}
        self._done: set[str] = set()
        self._db: sqlite3.Connection | None = None
        self.before: Counter[str] = Counter()

    def open(self, job: Mapping[str, str]) -> None:
        """Read an existing file, and check that it belongs to the job: its operation, queue and input.

        Raises:
            LedgerError: The file is not a ledger, is broken, in use, or belongs to another job.
        """
        self._job = dict(job)
        if self._path.exists():
            self._connect(self._check)

    def begin(self) -> None:
        """Create the file, unless it exists.

        Raises:
            LedgerError: It cannot be written, or another process has created it meanwhile.
        """
        self._connect(self._create if self._db is None else self._complete)

    def _connect(self, then: Callable[[sqlite3.Connection], None]) -> None:
        try:
            if self._db is None:
                self._db = sqlite3.connect(self._path, isolation_level=None, timeout=0.0, check_same_thread=False)
                self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            then(self._db)
        except sqlite3.Error as error:
            self.close()
            raise LedgerError(f"ledger {self._path}: {_reason(error)}") from error
        except BaseException:
            self.close()
            raise

    def _check(self, db: sqlite3.Connection) -> None:
        if not _has_tables(db):
            return
        (application_id,) = db.execute("PRAGMA application_id").fetchone()
        if application_id != _APPLICATION_ID:
            raise LedgerError(f"ledger {self._path}: it is a SQLite file, but not a ledger")
        recorded = dict(db.execute("SELECT field, value FROM job"))
        differing = [field for field, value in self._job.items() if recorded.get(field) != value]
        if differing:
            raise LedgerError(
                f"ledger {self._path}: it belongs to another job; {', '.join(differing)} of this one differs"
            )
        self._done = {key for (key,) in db.execute("SELECT key FROM done")}
        self.before = Counter(dict(db.execute("SELECT name, number FROM counts")))

    def _complete(self, db: sqlite3.Connection) -> None:
        if not _has_tables(db):
            self._create(db)

    def _create(self, db: sqlite3.Connection) -> None:
        if _has_tables(db):  # it did not exist when `open` looked
            raise LedgerError(f"ledger {self._path}: another process has begun it")
        # WAL with NORMAL loses nothing when the process dies. Only a power cut can take the last entries; their
        # records are then sent again, which the server ignores.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            db.execute(statement)
        db.executemany("INSERT INTO job VALUES (?, ?)", list(self._job.items()))
        db.execute("COMMIT")

    def has(self, key: str) -> bool:
        """Return True if a record is finished."""
        return key in self._done

    def __len__(self) -> int:
        return len(self._done)

    def write(self, keys: Iterable[str], counts: Mapping[str, int]) -> None:
        """Record finished records, and add to the counts, all or nothing. `begin` comes first.

        Raises:
            LedgerError: It cannot be written.
        """
        assert self._db is not None  # noqa: S101  # `begin` has opened it
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR IGNORE INTO done VALUES (?)", [(key,) for key in keys])
            self._db.executemany(
                "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET number = number + excluded.number",
                list(counts.items()),
            )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise LedgerError(f"ledger {self._path}: it cannot be written ({error})") from error
        finally:
            if self._db.in_transaction:  # a fault, or Ctrl-C
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file, and unlock it."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _has_tables(db: sqlite3.Connection) -> bool:
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(tables)


def _reason(error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return "it is in use by another process"
    return text if "unable to open" in text else f"it is not a ledger, or is broken ({text})"
