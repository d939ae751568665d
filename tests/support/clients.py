"""Clients for tests: of an emulator, or of a function that answers requests."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import attrs
import httpx

from arize_queues import ArizeClient, AsyncArizeClient
from arize_queues.emulator import Emulator
from tests.support.answers import BASE_URL, KEY
from tests.support.clock import ManualClock

# Loading the CA certificates takes longer than a whole test on loopback, which needs none.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client_of(emulator: Emulator, **options: Any) -> ArizeClient:
    """Return a client of an emulator that always draws the shortest backoff."""
    return _hasty(ArizeClient(api_key=emulator.api_key, base_url=emulator.url, ssl_context=NO_TLS, **options))


def async_client_of(emulator: Emulator, **options: Any) -> AsyncArizeClient:
    """Return an async client of an emulator that always draws the shortest backoff."""
    return _hasty(AsyncArizeClient(api_key=emulator.api_key, base_url=emulator.url, ssl_context=NO_TLS, **options))


def _hasty(client: Any) -> Any:
    client._context.random = lambda: 0.0
    return client


@attrs.define
class Server:
    """Server that gives a list of answers in order, and repeats the last one."""

    answers: list[httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]]
    requests: list[httpx.Request] = attrs.field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Record a request and answer it."""
        self.requests.append(request)
        assert len(self.requests) < 1000, "the client asks without an end"
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, httpx.Response):
            return answer(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self, clock: ManualClock | None = None, **options: Any) -> ArizeClient:
        """Return a client of this server."""
        http = httpx.Client(transport=httpx.MockTransport(self))
        return _timed(ArizeClient(api_key=KEY, base_url=BASE_URL, http_client=http, **options), clock)

    def async_client(self, clock: ManualClock | None = None, **options: Any) -> AsyncArizeClient:
        """Return an async client of this server."""
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return _timed(AsyncArizeClient(api_key=KEY, base_url=BASE_URL, http_client=http, **options), clock)


def serve(*answers: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]) -> Server:
    """Return a server that gives these answers."""
    return Server(list(answers))


def _timed(client: Any, clock: ManualClock | None) -> Any:
    context, manual = client._context, clock or ManualClock()
    context.clock = context.names.clock = manual.as_clock()
    context.random = lambda: 1.0
    return client
