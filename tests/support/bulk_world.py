"""Helpers for tests of bulk calls: callers of each client kind, an emulator world and jobs to run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import attrs
import httpx
from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE, MAX_RECORD_SOURCES_PER_REQUEST

from arize_queues import ArizeClient, AsyncArizeClient, PartialFailureError, SpanSource
from arize_queues._results import AddSummary, BulkSummary
from arize_queues.emulator import Emulator
from tests.support.clients import NO_TLS
from tests.support.clock import ManualClock

QUEUES = "/v2/annotation-queues"
START = datetime(2026, 3, 2, tzinfo=UTC)
ANA, BEN, CHI = "ana@example.com", "ben@example.com", "chi@example.com"
NOTE = "seen in bulk"

# The write requests of each bulk call: method and path, in the form that `Fault` takes.
WRITES = {
    "add_records": ("POST", "*/records"),
    "create": ("POST", "*/records"),
    "delete_records": ("DELETE", "*/records"),
    "annotate_records": ("POST", "*/annotate"),
    "assign_records": ("POST", "*/assign"),
}


@attrs.define(kw_only=True)
class Caller:
    """Calls a method on a new client of one kind: "sync", "asyncio" or "trio".

    Attributes:
        kind: Kind of client.
        url: Base URL of the server.
        api_key: API key that the server accepts.
        clock: Clock for the client; None for the real one.
        transport: Sync and async transport that replaces the network; None for the network.
    """

    kind: str
    url: str = "https://api.test"
    api_key: str = "a-key"
    clock: ManualClock | None = attrs.field(factory=ManualClock)
    transport: Any = None

    def __call__(self, method: str, *, client: Mapping[str, Any] | None = None, **arguments: Any) -> Any:
        """Call a method; `client` holds settings of the client."""
        settings = {"api_key": self.api_key, "base_url": self.url, "api_revision": "2026-10", **(client or {})}
        if self.transport is None:
            settings["ssl_context"] = NO_TLS
        if self.kind == "sync":
            return self._call(method, settings, arguments)
        return anyio.run(self.acall, method, settings, arguments, backend=self.kind)

    def _call(self, method: str, settings: dict[str, Any], arguments: dict[str, Any]) -> Any:
        http = httpx.Client(transport=self.transport) if self.transport else None
        with ArizeClient(**settings, http_client=http) as client:
            self.set_clock(client)
            try:
                return getattr(client.annotation_queues, method)(**arguments)
            finally:
                if http:
                    http.close()

    async def acall(self, method: str, settings: dict[str, Any], arguments: dict[str, Any]) -> Any:
        """Call a method of an async client."""
        http = httpx.AsyncClient(transport=self.transport) if self.transport else None
        async with AsyncArizeClient(**settings, http_client=http) as client:
            self.set_clock(client)
            try:
                return await getattr(client.annotation_queues, method)(**arguments)
            finally:
                if http:
                    await http.aclose()

    def set_clock(self, client: ArizeClient | AsyncArizeClient) -> None:
        """Replace a client's clock, unless this caller uses the real one."""
        if self.clock is not None:
            client._context.clock = self.clock.as_clock()


class Handled(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sync and async transport that answers with a function."""

    def __init__(
        self,
        handle: Callable[[httpx.Request], httpx.Response],
        ahandle: Callable[[httpx.Request], Awaitable[httpx.Response]] | None = None,
    ) -> None:
        self._handle, self._ahandle = handle, ahandle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a sync client."""
        request.read()
        return self._handle(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client."""
        await request.aread()
        return await self._ahandle(request) if self._ahandle else self._handle(request)


@attrs.define
class World:
    """Emulator with a space, a project and annotation configs."""

    emulator: Emulator
    space: str
    project: str
    configs: list[str]

    @classmethod
    def on(cls, emulator: Emulator, *, spans: int = 0) -> World:
        """Reset the emulator and build the world on it."""
        emulator.reset()
        emulator.latency = 0.0
        space = emulator.add_space("prod")
        project = emulator.add_project(space, "chat")
        emulator.add_spans(project, ({"span_id": span_id(n), "start_time": START} for n in range(spans)))
        configs = [
            emulator.add_annotation_config(space, "accuracy", "categorical", values=["correct", "incorrect"]),
            emulator.add_annotation_config(space, "score", "continuous", minimum_score=0, maximum_score=10),
            emulator.add_annotation_config(space, "notes", "freeform"),
        ]
        for email in (ANA, BEN, CHI):
            emulator.add_user(email)
        return cls(emulator, space, project, configs)

    def caller(self, kind: str, *, fake_clock: bool = True) -> Caller:
        """Return a caller for the emulator."""
        clock = ManualClock(1000.0) if fake_clock else None
        return Caller(kind=kind, url=self.emulator.url, api_key=self.emulator.api_key, clock=clock)

    def queue_fields(self, name: str = "Triage") -> dict[str, Any]:
        """Return arguments for `create`."""
        return {
            "name": name,
            "space": self.space,
            "annotation_config_ids": self.configs,
            "annotator_emails": [ANA],
        }

    def create_queue(self, name: str = "Triage", *, spans: int = 0) -> str:
        """Create a queue with the first `spans` spans, and clear the recorded requests."""
        with ArizeClient(
            api_key=self.emulator.api_key, base_url=self.emulator.url, ssl_context=NO_TLS, api_revision="2026-10"
        ) as client:
            sources = [self.source(range(spans))] if spans else None
            queue = client.annotation_queues.create(**self.queue_fields(name), record_sources=sources)
        self.emulator.clear_requests()
        return queue.id

    def record_ids(self, queue: str) -> list[str]:
        """Return the IDs of the records in a queue."""
        return [record["id"] for record in self.emulator.records(queue)]

    def source(self, numbers: Iterable[int], window: int = 0) -> SpanSource:
        """Build a span source; sources with different windows are never merged."""
        start = START - timedelta(seconds=window)
        return SpanSource(
            project=self.project,
            start_time=start,
            end_time=START + timedelta(days=1),
            span_ids=[span_id(number) for number in numbers],
        )

    def sources(self, requests: int) -> list[SpanSource]:
        """Build sources that fill this many requests, with two spans in each source."""
        count = requests * MAX_RECORD_SOURCES_PER_REQUEST
        return [self.source((2 * number, 2 * number + 1), window=number + 1) for number in range(count)]

    def writes(self, method: str) -> list[Any]:
        """Return the write requests of a bulk call in order of arrival."""
        verb, path = WRITES[method]
        return [r for r in self.emulator.requests if r.method == verb and r.path.endswith(path[1:])]

    def state(self) -> Any:
        """Return the server state that a resumed job must share with an undisturbed one."""
        return [
            sorted(
                (
                    record["data"]["context.span_id"],
                    sorted((n["name"], n.get("score"), n.get("label"), n.get("text")) for n in record["annotations"]),
                    [(a["user"]["email"], a["completion_status"]) for a in record["assigned_users"]],
                )
                for record in self.emulator.records(queue["id"])
            )
            for queue in self.emulator.queues()
        ]


@attrs.define
class Job:
    """Bulk call with its input, and a query for the part of it that the server has applied."""

    world: World
    method: str
    queue: str
    given: Any

    @classmethod
    def of(cls, world: World, method: str, requests: int) -> Job:
        """Prepare a job that takes this many requests."""
        if method in ("add_records", "create"):
            world.emulator.add_spans(
                world.project, ({"span_id": span_id(n), "start_time": START} for n in range(4 * requests))
            )
            queue = world.create_queue() if method == "add_records" else ""
            return cls(world, method, queue, world.sources(requests))
        size = requests * MAX_RECORD_IDS_PER_DELETE if method == "delete_records" else requests
        world.emulator.add_spans(world.project, ({"span_id": span_id(n), "start_time": START} for n in range(size)))
        queue = world.create_queue(spans=size)
        ids = world.record_ids(queue)
        if method == "delete_records":
            return cls(world, method, queue, ids)
        if method == "annotate_records":
            return cls(world, method, queue, {name: [{"name": "notes", "text": f"{NOTE} {name}"}] for name in ids})
        return cls(world, method, queue, {name: [BEN, CHI] for name in ids})

    def arguments(self, given: Any) -> dict[str, Any]:
        """Return the arguments of the call for an input."""
        if self.method == "create":
            return {**self.world.queue_fields(), "record_sources": given}
        field = {
            "add_records": "record_sources",
            "delete_records": "record_ids",
            "annotate_records": "annotations",
            "assign_records": "assignments",
        }[self.method]
        return {"annotation_queue": self.queue, field: given}

    def ids(self, given: Any) -> list[str]:
        """Return the IDs in an input."""
        if self.method in ("add_records", "create"):
            return [name for source in given for name in source.ids]
        return list(given)

    def applied(self) -> set[str]:
        """Return the IDs of the job that the server has applied."""
        wanted = set(self.ids(self.given))
        if self.method == "create":
            return {row[0] for queue in self.world.state() for row in queue} & wanted
        records = self.world.emulator.records(self.queue)
        if self.method == "add_records":
            return {record["data"]["context.span_id"] for record in records} & wanted
        if self.method == "delete_records":
            return wanted - {record["id"] for record in records}
        if self.method == "annotate_records":
            texts = {record["id"]: [note.get("text") for note in record["annotations"]] for record in records}
            return {name for name in wanted if texts[name] == [f"{NOTE} {name}"]}
        emails = {record["id"]: [user["user"]["email"] for user in record["assigned_users"]] for record in records}
        return {name for name in wanted if emails[name] == [BEN, CHI]}

    def after(self, partial: PartialFailureError) -> Job:
        """Return the job for the input that a partial failure left."""
        if self.method == "create":
            return Job(self.world, "add_records", partial.completed.id, partial.remaining)
        return Job(self.world, self.method, self.queue, partial.remaining)


def span_id(number: int) -> str:
    """Return the ID of a numbered span."""
    return f"span-{number:05}"


def check_sums(summary: AddSummary | BulkSummary) -> None:
    """Check that the counts add up to `submitted` and that none is negative."""
    counts = attrs.asdict(summary)
    counts.pop("requests_sent")
    submitted = counts.pop("submitted")
    assert sum(counts.values()) == submitted, summary
    assert all(count >= 0 for count in counts.values()), summary


def done_in(summary: AddSummary | BulkSummary) -> int:
    """Return the number of successful records."""
    return summary.created + summary.already_present if isinstance(summary, AddSummary) else summary.done


# Functions that run before a call has an account of its records, or after it has handed the account over.
OUTSIDE = {"close", "__del__", "_run", "_http", "__enter__", "__exit__", "__init__", "_open", "_create", "open_ledger"}


class Press:
    """Trace function that raises KeyboardInterrupt at the n-th line of the library, outside of `OUTSIDE`."""

    def __init__(self, lines: int, ours: str) -> None:
        self._left = lines
        self._ours = ours

    def __call__(self, frame: Any, event: str, _: Any) -> Any:
        """Count a line, and raise at the last one."""
        if not frame.f_code.co_filename.startswith(self._ours) or frame.f_code.co_name in OUTSIDE:
            return None
        self._left -= event == "line"
        if self._left == 0:
            self._left = -1
            raise KeyboardInterrupt
        return self
