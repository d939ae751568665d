"""The httpx clients that requests go through."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from ._config import CONNECT_TIMEOUT, Config
from ._version import __version__

if TYPE_CHECKING:
    import ssl

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# Enough for threads or tasks that share a client; each bulk call keeps to its own max_concurrency.
_LIMITS = httpx.Limits(max_connections=256, max_keepalive_connections=64)


class Route(NamedTuple):
    """Sends through a client that has other settings than these.

    Attributes:
        http: An `httpx.Client` or `httpx.AsyncClient`: the user's own, or one shared with a client of other options.
        base_url: What the paths are appended to, or "" where `http` has it.
        headers: Sent with every request, beside those of `http`.
        timeout: In place of that of `http`.
    """

    http: Any
    base_url: str
    headers: dict[str, str]
    timeout: httpx.Timeout

    def __repr__(self) -> str:
        return f"Route({self.base_url!r})"

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """Send, or give the coroutine that sends."""
        headers = {**self.headers, **kwargs.pop("headers", {})}
        kwargs.setdefault("timeout", self.timeout)
        return self.http.request(method, self.base_url + url, headers=headers, follow_redirects=False, **kwargs)


def headers(config: Config) -> dict[str, str]:
    """Give the headers of every request."""
    return config.headers(user_agent())


def settings(config: Config, ssl_context: ssl.SSLContext | None) -> dict[str, Any]:
    """Give the arguments of httpx's clients. Redirects are not followed: the key stays with its host."""
    return {
        "base_url": config.base_url,
        "headers": headers(config),
        "timeout": timeout_of(config),
        "verify": True if ssl_context is None else ssl_context,
        "limits": _LIMITS,
    }


def timeout_of(config: Config) -> httpx.Timeout:
    """Give the time limits of each phase of a request."""
    if isinstance(config.timeout, httpx.Timeout):
        return config.timeout
    connect = None if config.timeout is None else min(CONNECT_TIMEOUT, config.timeout)
    return httpx.Timeout(config.timeout, connect=connect)


def is_unprotected(base_url: str) -> bool:
    """Say whether the key would travel in the clear."""
    parts = urlsplit(base_url)
    return parts.scheme == "http" and parts.hostname not in _LOOPBACK


def user_agent() -> str:
    """Name this package, Python and httpx, with their versions."""
    return f"arize-queues/{__version__} Python/{platform.python_version()} httpx/{httpx.__version__}"
