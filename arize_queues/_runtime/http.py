"""The httpx client of a client, and how requests are built for it."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode

import httpx
from arize_queues_raw.encoding import dumps

from arize_queues._plans.steps import Send
from arize_queues._settings import CONNECT_TIMEOUT, Settings
from arize_queues._version import __version__
from arize_queues.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

# Requests of all threads or tasks of a client under way at once. More of them would wait in httpx's pool, which looks
# through all its connections for each waiting request whenever one ends, and compares the idle ones in pairs.
_MOST_UNDER_WAY = 32


class Connection(Generic[H]):
    """The httpx client that one or more of our clients share.

    It is made when it is first needed, and made anew in another process, after a fork, and in another event loop than
    the one that its connections belong to.
    """

    def __init__(
        self, make: Callable[[], H], make_semaphore: Callable[[int], Any], loop: Callable[[], object], *, borrowed: bool
    ) -> None:
        self._make: Callable[[], H] = make
        self._make_semaphore = make_semaphore
        self._loop_here = loop
        self._semaphores: dict[int, Any] = {}
        self._http: H | None = None
        self._process = 0
        self._loop: object = None
        self._lock = (os.getpid(), threading.Lock())
        self.borrowed = borrowed
        self.closed = False

    def get(self) -> H:
        """Return the httpx client.

        Raises:
            ConfigurationError: It was closed.
        """
        if self.closed:
            raise ConfigurationError("this client is closed: make a new one")
        loop = self._loop_here()
        if self._http is None or self._is_elsewhere(loop):
            with self._lock_here():
                if self._http is None or self._is_elsewhere(loop):
                    self._http, self._semaphores = self._make(), {}
                    self._process = os.getpid()
                    self._loop = loop
        elif self._loop is None:
            self._loop = loop
        if self._http.is_closed:
            raise ConfigurationError("the httpx client is closed: make a new one")
        return self._http

    def semaphore(self, width: int) -> Any:
        """Return the semaphore for so many requests under way; clients of one width share it."""
        return self._semaphores.get(width) or self._semaphores.setdefault(width, self._make_semaphore(width))

    def end(self) -> H | None:
        """Mark as closed; return the httpx client to close, or None if it is borrowed or belongs elsewhere."""
        self.closed = True
        return None if self.borrowed or self._is_elsewhere(self._loop_here()) else self._http

    def _lock_here(self) -> threading.Lock:
        """Return the lock; a new one after a fork, because its holder may be a thread of the parent process."""
        if self._lock[0] != os.getpid():
            self._lock = (os.getpid(), threading.Lock())
        return self._lock[1]

    def _is_elsewhere(self, loop: object) -> bool:
        return self._process != os.getpid() or (loop is not self._loop and None not in (loop, self._loop))


class RequestBuilder(Generic[H]):
    """Builds requests, with the settings of one of our clients, for an httpx client.

    Requests for an httpx client of our own are built directly, in a third of the time of httpx's `build_request`, which
    merges the settings of both. A user's httpx client has settings that must be merged.

    Attributes:
        http: The httpx client. It follows no redirects, so that the key stays with its host.
        semaphore: Bounds the requests under way at once, of threads or of tasks.
    """

    def __init__(self, http: H, semaphore: Any, settings: Settings, *, borrowed: bool) -> None:
        self.http: H = http
        self.semaphore = semaphore
        self._base_url = settings.base_url
        self._borrowed = borrowed
        # An httpx client of ours has the headers of the settings, and httpx's own.
        self._headers = httpx.Headers(headers(settings) if borrowed else http.headers)
        # A Content-Type of the user's replaces ours.
        self._json_headers = httpx.Headers({"Content-Type": "application/json"})
        self._json_headers.update(self._headers)
        self._timeout = timeout_of(settings).as_dict()

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


class ForwardingTransport(httpx.BaseTransport):
    """Sends the requests of the generated client, with our base URL and key, through a user's httpx client."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        return self._http.send(request, stream=True, auth=None, follow_redirects=False)


class AsyncForwardingTransport(httpx.AsyncBaseTransport):
    """Sends the requests of the generated client, with our base URL and key, through a user's httpx client."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        return await self._http.send(request, stream=True, auth=None, follow_redirects=False)


@lru_cache(maxsize=1024)
def _url(url: str) -> httpx.URL:
    return httpx.URL(url)


def most_under_way(settings: Settings) -> int:
    """Return the number of requests of a client that may be under way at once."""
    return max(_MOST_UNDER_WAY, settings.max_concurrency)


def headers(settings: Settings) -> dict[str, str]:
    """Return the headers of every request."""
    return settings.headers(user_agent())


def client_options(settings: Settings, ssl_context: ssl.SSLContext | None) -> dict[str, Any]:
    """Return the arguments of an httpx client of ours; the generated client sends through it, too."""
    return {
        "base_url": settings.base_url,
        "headers": headers(settings),
        "timeout": timeout_of(settings),
        "verify": True if ssl_context is None else ssl_context,
        "limits": httpx.Limits(max_connections=None, max_keepalive_connections=None),  # the semaphores bound them
    }


def timeout_of(settings: Settings) -> httpx.Timeout:
    """Return the timeout of each phase of a request."""
    if isinstance(settings.timeout, httpx.Timeout):
        return settings.timeout
    connect = None if settings.timeout is None else min(CONNECT_TIMEOUT, settings.timeout)
    return httpx.Timeout(settings.timeout, connect=connect)


def user_agent() -> str:
    """Return the name and version of this package, Python and httpx."""
    return f"arize-queues/{__version__} Python/{platform.python_version()} httpx/{httpx.__version__}"
