"""The httpx clients that requests go through, and how a request is built for them."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode

import httpx
from arize_queues_raw.types import dumps

from arize_queues._plans.steps import Send
from arize_queues._settings import CONNECT_TIMEOUT, Settings
from arize_queues._version import __version__
from arize_queues.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

# Requests of all threads or tasks of a client that are under way at once. More would wait in httpx's pool, which
# looks through all its connections for each waiting request whenever one ends, and compares the idle ones in pairs.
_MOST_UNDER_WAY = 32


class Connection(Generic[H]):
    """The httpx client of one or more of our clients: made when it is needed, and anew where it cannot go.

    That is another process, after a fork, and another event loop than the one that its connections belong to.
    """

    def __init__(
        self, make: Callable[[], H], make_gate: Callable[[int], Any], loop: Callable[[], object], *, borrowed: bool
    ) -> None:
        self._make: Callable[[], H] = make
        self._make_gate = make_gate
        self._loop_here = loop
        self._gates: dict[int, Any] = {}
        self._http: H | None = None
        self._process = 0
        self._loop: object = None
        self._lock = (os.getpid(), threading.Lock())
        self.borrowed = borrowed
        self.closed = False

    def get(self) -> H:
        """Give the httpx client.

        Raises:
            ConfigurationError: It was closed.
        """
        if self.closed:
            raise ConfigurationError("this client is closed: make a new one")
        loop = self._loop_here()
        if self._http is None or self._is_elsewhere(loop):
            with self._lock_here():
                if self._http is None or self._is_elsewhere(loop):
                    self._http, self._gates = self._make(), {}
                    self._process = os.getpid()
                    self._loop = loop
        elif self._loop is None:
            self._loop = loop
        if self._http.is_closed:
            raise ConfigurationError("the httpx client is closed: make a new one")
        return self._http

    def gate(self, width: int) -> Any:
        """Give the semaphore that lets so many requests be under way; those of one width share it."""
        return self._gates.get(width) or self._gates.setdefault(width, self._make_gate(width))

    def end(self) -> H | None:
        """Give the httpx client up; None if there is nothing of ours to close here."""
        self.closed = True
        return None if self.borrowed or self._is_elsewhere(self._loop_here()) else self._http

    def _lock_here(self) -> threading.Lock:
        """Give the lock; a new one after a fork, as whoever held it may not have come along."""
        if self._lock[0] != os.getpid():
            self._lock = (os.getpid(), threading.Lock())
        return self._lock[1]

    def _is_elsewhere(self, loop: object) -> bool:
        return self._process != os.getpid() or (loop is not self._loop and None not in (loop, self._loop))


class Wire(Generic[H]):
    """Builds requests, with the settings of one of our clients, for an httpx client.

    For an httpx client of our own the request is built directly, which takes a third of the time that httpx's
    `build_request` takes to merge both sides' settings. A user's own client has settings that must be merged.

    Attributes:
        http: What sends the requests. Redirects are not followed, so the key stays with its host.
        gate: Lets only so many requests be under way at once: a semaphore, for threads or for tasks.
    """

    def __init__(self, http: H, gate: Any, config: Settings, *, borrowed: bool) -> None:
        self.http: H = http
        self.gate = gate
        self._base_url = config.base_url
        self._borrowed = borrowed
        # An httpx client of ours was made with the headers of the settings, and httpx's own beside them.
        self._headers = httpx.Headers(headers(config) if borrowed else http.headers)
        # The user's own Content-Type, if there is one, comes after ours and takes its place.
        self._json_headers = httpx.Headers({"Content-Type": "application/json"})
        self._json_headers.update(self._headers)
        self._timeout = timeout_of(config).as_dict()

    def build(self, send: Send) -> httpx.Request:
        """Build the request of a step."""
        kwargs = send.kwargs
        url = self._base_url + kwargs["url"]
        if params := kwargs.get("params"):
            url = f"{url}?{urlencode(params)}"
        body = kwargs.get("json")
        fields: dict[str, Any] = {
            "headers": self._headers if body is None else self._json_headers,
            "content": None if body is None else dumps(body),
            "extensions": {"timeout": self._timeout if send.within is None else self._within(send.within)},
        }
        if self._borrowed:
            return self.http.build_request(kwargs["method"], url, **fields)
        return httpx.Request(kwargs["method"], _url(url), **fields)

    def _within(self, seconds: float) -> dict[str, float | None]:
        return {phase: seconds if most is None else min(most, seconds) for phase, most in self._timeout.items()}


class Through(httpx.BaseTransport):
    """Sends through a user's client, for the generated client, which would send without our address and key."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        return self._http.send(request, stream=True, auth=None, follow_redirects=False)


class AsyncThrough(httpx.AsyncBaseTransport):
    """Sends through a user's client, for the generated client, which would send without our address and key."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        return await self._http.send(request, stream=True, auth=None, follow_redirects=False)


@lru_cache(maxsize=1024)
def _url(url: str) -> httpx.URL:
    return httpx.URL(url)


def most_under_way(config: Settings) -> int:
    """Say how many requests of a client may be under way at once."""
    return max(_MOST_UNDER_WAY, config.max_concurrency)


def headers(config: Settings) -> dict[str, str]:
    """Give the headers of every request."""
    return config.headers(user_agent())


def settings(config: Settings, ssl_context: ssl.SSLContext | None) -> dict[str, Any]:
    """Give the arguments of an httpx client of ours; the generated client sends through it, too."""
    return {
        "base_url": config.base_url,
        "headers": headers(config),
        "timeout": timeout_of(config),
        "verify": True if ssl_context is None else ssl_context,
        "limits": httpx.Limits(max_connections=None, max_keepalive_connections=None),  # the gates bound them
    }


def timeout_of(config: Settings) -> httpx.Timeout:
    """Give the time limits of each phase of a request."""
    if isinstance(config.timeout, httpx.Timeout):
        return config.timeout
    connect = None if config.timeout is None else min(CONNECT_TIMEOUT, config.timeout)
    return httpx.Timeout(config.timeout, connect=connect)


def user_agent() -> str:
    """Name this package, Python and httpx, with their versions."""
    return f"arize-queues/{__version__} Python/{platform.python_version()} httpx/{httpx.__version__}"
