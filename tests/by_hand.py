"""Plans fed by hand, time as data, and a client whose server is a function."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx

from arize_queues import ArizeClient, AsyncArizeClient
from arize_queues._clock import Clock
from arize_queues._plans.steps import Plan, Send, Sleep
from arize_queues._request.context import Session
from arize_queues._settings import Config
from arize_queues.emulator import Emulator

BASE_URL = "http://localhost"
KEY = "key-that-nobody-may-see"
QUEUES = "/v2/annotation-queues"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Loading the certificates of all authorities takes longer than a test on loopback, which needs none.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@attrs.define
class ManualClock:
    """A clock that runs only while somebody sleeps."""

    elapsed: float = 0.0
    slept: list[float] = attrs.field(factory=list)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.elapsed += seconds

    async def asleep(self, seconds: float) -> None:
        """Let time pass."""
        self.sleep(seconds)

    def wall(self) -> datetime:
        """Give the date and time."""
        return START + timedelta(seconds=self.elapsed)

    def as_clock(self) -> Clock:
        """Give it in the form that sessions take."""
        return Clock(now=lambda: self.elapsed, wall=self.wall, sleep=self.sleep, asleep=self.asleep)


def client_of(emulator: Emulator, **options: Any) -> ArizeClient:
    """Make a client of an emulator; it draws the shortest backoff each time."""
    return _hasty(ArizeClient(api_key=emulator.api_key, base_url=emulator.url, ssl_context=NO_TLS, **options))


def async_client_of(emulator: Emulator, **options: Any) -> AsyncArizeClient:
    """Make an async client of an emulator; it draws the shortest backoff each time."""
    return _hasty(AsyncArizeClient(api_key=emulator.api_key, base_url=emulator.url, ssl_context=NO_TLS, **options))


def _hasty(client: Any) -> Any:
    client._session.random = lambda: 0.0
    return client


def make_session(clock: ManualClock | None = None, **settings: Any) -> Session:
    """Make the state of a client that draws the longest backoff each time."""
    config = Config(api_key=KEY, base_url=BASE_URL, **settings)
    session = Session(config, clock=(clock or ManualClock()).as_clock())
    session.random = lambda: 1.0
    return session


def reply(
    status: int = 200,
    json: Any = None,
    *,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    method: str = "GET",
    path: str = QUEUES,
) -> httpx.Response:
    """Make an answer."""
    body: dict[str, Any] = {"json": json} if content is None else {"content": content}
    return httpx.Response(status, headers=headers, request=httpx.Request(method, BASE_URL + path), **body)


def problem(status: int, detail: str = "no", **fields: Any) -> dict[str, Any]:
    """Make the body of an error."""
    return {"title": "Refused", "status": status, "detail": detail, **fields}


@attrs.define
class Played:
    """What a plan asked for and how it ended."""

    steps: list[Any] = attrs.field(factory=list)
    value: Any = None
    error: BaseException | None = None

    @property
    def sends(self) -> list[dict[str, Any]]:
        """The requests."""
        return [step.kwargs for step in self.steps if isinstance(step, Send)]

    @property
    def bodies(self) -> list[Any]:
        """The bodies of the requests."""
        return [kwargs.get("json") for kwargs in self.sends]

    @property
    def waits(self) -> list[float]:
        """The seconds of the sleeps."""
        return [step.seconds for step in self.steps if isinstance(step, Sleep)]


def play(plan: Plan[Any], *answers: httpx.Response | Exception) -> Played:
    """Carry a plan of sends and sleeps out, with these answers one after another."""
    played, left = Played(), list(answers)
    try:
        step = next(plan)
        while True:
            played.steps.append(step)
            if isinstance(step, Send) and not left:
                raise AssertionError(f"there is no answer left for {step}")
            answer = left.pop(0) if isinstance(step, Send) else None
            step = plan.throw(answer) if isinstance(answer, Exception) else plan.send(answer)
    except StopIteration as end:
        played.value = end.value
    except AssertionError:
        raise
    except Exception as error:  # some tests are about it
        played.error = error
    assert not left, f"{len(left)} answers were not asked for, after {played}"
    return played


@attrs.define
class Server:
    """A server that answers with what it is given, in order, and then with the last of that."""

    answers: list[httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]]
    requests: list[httpx.Request] = attrs.field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.requests.append(request)
        assert len(self.requests) < 1000, "the client asks without an end"
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, httpx.Response):
            return answer(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self, clock: ManualClock | None = None, **options: Any) -> ArizeClient:
        """Make a client of this server."""
        http = httpx.Client(transport=httpx.MockTransport(self))
        return _timed(ArizeClient(api_key=KEY, base_url=BASE_URL, http_client=http, **options), clock)

    def async_client(self, clock: ManualClock | None = None, **options: Any) -> AsyncArizeClient:
        """Make an async client of this server."""
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return _timed(AsyncArizeClient(api_key=KEY, base_url=BASE_URL, http_client=http, **options), clock)


def serve(*answers: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]) -> Server:
    """Make a server."""
    return Server(list(answers))


def _timed(client: Any, clock: ManualClock | None) -> Any:
    session, manual = client._session, clock or ManualClock()
    session.clock = session.names.clock = manual.as_clock()
    session.random = lambda: 1.0
    return client


def queue(**fields: Any) -> dict[str, Any]:
    """Make a queue as servers send it."""
    return {
        "id": "aq_1",
        "name": "Triage",
        "space_id": "spc_1",
        "created_at": "2026-03-01T00:00:00Z",
        "updated_at": "2026-03-01T00:00:00Z",
        "annotation_configs": [],
        "annotators": [],
        **fields,
    }


def config(**fields: Any) -> dict[str, Any]:
    """Make an annotation config as servers send it."""
    common = {"id": "ac_1", "name": "accuracy", "space_id": "spc_1", "created_at": "2026-03-01T00:00:00Z"}
    return {**common, "type": "freeform", **fields}


def record(**fields: Any) -> dict[str, Any]:
    """Make a record as servers send it."""
    lists: dict[str, Any] = {"annotations": [], "evaluations": [], "assigned_users": []}
    return {"id": "aqr_1", "annotation_queue_id": "aq_1", "source_type": "spans", "data": {}, **lists, **fields}


def page(items: str, *things: Any, cursor: str | None = None, has_more: bool | None = None) -> dict[str, Any]:
    """Make a page of a listing."""
    more = cursor is not None if has_more is None else has_more
    return {items: list(things), "pagination": {"has_more": more, "next_cursor": cursor}}
