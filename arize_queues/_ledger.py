"""The ledger of a bulk call: what is done, on disk as it happens, so that a killed job can go on.

One SQLite file per job. It holds the ids of what is done, and counts; never payloads or keys. The file is locked
while a job uses it, and the lock ends with the process, however that ends.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from ._errors import LedgerError

_APPLICATION_ID = 0x41514C31  # "AQL1", in the file's header: tells our files from other SQLite files

_SCHEMA = (
    f"PRAGMA application_id = {_APPLICATION_ID}",
    "CREATE TABLE job (field TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE done (key TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE counts (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",
)


def fingerprint(items: Iterable[str]) -> str:
    """Sum up an input, in order."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(item.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


class Ledger:
    """An open ledger.

    Raises:
        LedgerError: The file is not a ledger, is broken, in use, or belongs to another job.
    """

    def __init__(self, path: str | os.PathLike[str], job: Mapping[str, str]) -> None:
        self._path = Path(path)
        try:
            self._db = sqlite3.connect(self._path, isolation_level=None, timeout=0.0, check_same_thread=False)
        except sqlite3.Error as error:
            raise LedgerError(f"ledger {self._path}: {error}") from error
        try:
            self._open(job)
            self._done = {key for (key,) in self._db.execute("SELECT key FROM done")}
            self.counts: Counter[str] = Counter(dict(self._db.execute("SELECT name, number FROM counts")))
        except sqlite3.Error as error:
            self._db.close()
            in_use = "locked" in str(error)
            reason = "is in use by another process" if in_use else f"is not a ledger, or is broken ({error})"
            raise LedgerError(f"ledger {self._path}: it {reason}") from error
        except BaseException:
            self._db.close()
            raise

    def _open(self, job: Mapping[str, str]) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            self._create(job)
        (application_id,) = self._db.execute("PRAGMA application_id").fetchone()
        if application_id != _APPLICATION_ID:
            raise LedgerError(f"ledger {self._path}: it is a SQLite file, but not a ledger")
        recorded = dict(self._db.execute("SELECT field, value FROM job"))
        differing = [field for field, value in job.items() if recorded.get(field) != value]
        if differing:
            raise LedgerError(
                f"ledger {self._path}: it belongs to another job; {', '.join(differing)} of this one differs"
            )

    def _create(self, job: Mapping[str, str]) -> None:
        # WAL with NORMAL loses nothing when the process dies; only a power cut can take the last entries, and
        # what is missing is then sent again, which the server ignores.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            self._db.execute(statement)
        self._db.executemany("INSERT INTO job VALUES (?, ?)", list(job.items()))
        self._db.execute("COMMIT")

    def has(self, key: str) -> bool:
        """Say whether something is done."""
        return key in self._done

    def __len__(self) -> int:
        return len(self._done)

    def write(self, keys: Iterable[str], counts: Mapping[str, int]) -> None:
        """Take down that these are done, and add to the counts, all or nothing.

        Raises:
            LedgerError: It cannot be written.
        """
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
        self.counts.update(counts)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
