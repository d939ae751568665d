"""The `Emulator` class: start, fill, inspect and disturb the emulator."""

from __future__ import annotations

import math
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

from arize_queues.emulator._formats.spelling import REVISIONS
from arize_queues.emulator._http.app import build_app
from arize_queues.emulator._http.control import control_routes
from arize_queues.emulator._http.faults import FaultScript
from arize_queues.emulator._http.gate import Gate
from arize_queues.emulator._http.journal import Journal, ReceivedRequest
from arize_queues.emulator._http.server import Server
from arize_queues.emulator._rules.labelling import set_completed
from arize_queues.emulator._rules.queues import queue_json
from arize_queues.emulator._rules.records import SELECT, records_json
from arize_queues.emulator._seeding import checks, demo
from arize_queues.emulator._seeding.seed import Seeding
from arize_queues.emulator._state import ids
from arize_queues.emulator._state.store import Store
from arize_queues.emulator._state.world import KEY_OWNER, UnknownIds, World

# To listen at all addresses is no address to send to.
_ANY_ADDRESS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - named to be avoided

RevisionName = Literal["2026-05", "2026-10", "contract"]


class Emulator(Seeding):
    """A local server of the annotation-queues API that keeps its state.

    Args:
        revision: The revision to speak: "2026-10" or "2026-05". ("contract" is the spec as it is written:
            what 2026-10 has, spelled in lower case. No real server speaks it; tests of the spec use it.)
        db: A SQLite file that keeps the state, and serves one emulator at a time; in memory, when not given.
        host: The address to listen on.
        port: The port to listen on; any free one, when 0.
        latency: Seconds that every answer takes longer; requests wait side by side. It may be set later, too.
        unknown_ids: What to do with a source's spans, traces, sessions and examples that do not exist:
            "refuse" the request, or "create" them.
        api_key: The key that requests must bear.

    Attributes:
        revision: The revision that it speaks.
        api_key: The key to give to a client, beside `url`.
        latency: Seconds that every answer takes longer, from the next request on.
        faults: The faults in waiting: `faults.add(Fault(status=503))`, `faults.pending`, `faults.clear()`.

    Raises:
        ValueError: An argument is not one of those above, or `db` is not a database of an emulator's, or is in use.
    """

    def __init__(
        self,
        *,
        revision: RevisionName = "2026-10",
        db: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        latency: float = 0.0,
        unknown_ids: UnknownIds = "refuse",
        api_key: str = "emulator-key",
    ) -> None:
        if revision not in REVISIONS:
            raise ValueError(f"revision={revision!r}: must be one of {', '.join(get_args(RevisionName))}")
        if unknown_ids not in get_args(UnknownIds):
            raise ValueError(f"unknown_ids={unknown_ids!r}: must be one of {', '.join(get_args(UnknownIds))}")
        self.revision = revision
        self.api_key = api_key
        self.latency = latency
        self.faults = FaultScript()
        self._host, self._port = host, port
        self._journal = Journal()
        self._server: Server | None = None
        store = Store(db)
        self._close = weakref.finalize(self, store.close)
        self._world = World(store=store, revision=REVISIONS[revision], unknown_ids=unknown_ids)
        self._world.key_owner()

    @property
    def latency(self) -> float:
        """Seconds of latency of every answer; can be set at any time."""
        return self._latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        if not (isinstance(seconds, int | float) and 0 <= seconds < math.inf):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"latency={seconds!r}: must be a number of seconds that is not negative")
        self._latency = seconds

    def start(self) -> Self:
        """Start to answer requests; after a stop, at the same address.

        Raises:
            RuntimeError: The emulator was closed.
        """
        if not self._close.alive:
            raise RuntimeError("the emulator is closed: create another one")
        if self._server is None:
            gate = Gate(
                app=build_app(self._world, control_routes(self)),
                api_key=self.api_key,
                journal=self._journal,
                faults=self.faults,
                latency=lambda: self.latency,
            )
            self._server = Server(gate, self._host, self._port)
            self._port = self._server.port
        return self

    def stop(self) -> None:
        """Stop to answer requests; the state stays, for another start."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def close(self) -> None:
        """Stop for good: a state in memory is lost, a file is complete."""
        self.stop()
        self._close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The base URL for clients on this machine."""
        if not self._port:
            raise RuntimeError("the emulator has no address before its first start")
        host = _ANY_ADDRESS.get(self._host, self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that arrived so far, in order, without orders under `/_emulator/`."""
        return list(self._journal.requests)

    @property
    def key_owner(self) -> str:
        """The email address of the API key's user, who makes all annotations."""
        return KEY_OWNER

    def clear_requests(self) -> None:
        """Forget the requests that arrived so far."""
        self._journal.requests.clear()

    def queues(self) -> list[dict[str, Any]]:
        """Return all queues, oldest first, with every field and in the contract's spelling."""
        with self._store.lock:
            return [queue_json(self._world, row) for row in self._store.rows("SELECT * FROM queues ORDER BY id")]

    def records(self, queue_id: str) -> list[dict[str, Any]]:
        """Return all records of a queue, in the order in which they were added, with every field."""
        with self._store.lock:
            queue = self._store.one("SELECT * FROM queues WHERE id = ?", (ids.decode("AnnotationQueue", queue_id),))
            if queue is None:
                raise KeyError(f"no queue {queue_id!r}")
            rows = self._store.rows(f"{SELECT} WHERE r.queue_id = ? ORDER BY r.id", (queue["id"],))
            return records_json(self._world, queue, rows)

    def complete(self, queue_id: str, record_id: str, email: str) -> None:
        """Mark a record as completed by a user who is assigned to it."""
        for name, value in (("queue_id", queue_id), ("record_id", record_id), ("email", email)):
            checks.text(name, value)
        numbers = ids.decode("AnnotationQueueRecord", record_id), ids.decode("AnnotationQueue", queue_id)
        with self._store.transaction():
            record = self._store.value("SELECT id FROM records WHERE id = ? AND queue_id = ?", numbers)
            user = self._store.value("SELECT id FROM users WHERE email = ?", (email,))
            if record is None or user is None or not set_completed(self._world, record, user):
                raise ValueError(f"{email} is not assigned to a record {record_id!r} of queue {queue_id!r}")

    def seed(self, *, spans: int = 200, examples: int = 20) -> dict[str, Any]:
        """Add the ready-made world, and return the IDs of its parts.

        It has a space "demo" with two projects of `spans` spans each, a dataset of `examples` examples,
        three annotation configs (accuracy, helpfulness, notes), three annotators and a tag. Seeding again
        makes another such space, with the same annotators.
        """
        for name, count in (("spans", spans), ("examples", examples)):
            if not isinstance(count, int) or count < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ValueError(f"{name}={count!r}: must be a whole number that is not negative")
        with self._store.transaction():
            return demo.fill(self, spans=spans, examples=examples)

    def seeded_space(self) -> str | None:
        """Return the ID of the first space that `seed` created, if it still exists."""
        # Somebody's own space may have the same name: it would neither be described alike nor have the dataset.
        number = self._store.value(
            """SELECT id FROM spaces WHERE name = ? AND description = ? AND EXISTS (
               SELECT 1 FROM datasets WHERE space_id = spaces.id AND name = ?) ORDER BY id""",
            (demo.SPACE, demo.DESCRIPTION, demo.DATASET),
        )
        return None if number is None else ids.encode("Space", number)

    def reset(self) -> None:
        """Forget everything: the state, the faults and the requests."""
        self._store.clear()
        self._world.key_owner()
        self.faults.clear()
        self.clear_requests()
