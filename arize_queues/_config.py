"""Settings: argument, then environment, then default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ._errors import ConfigurationError

DEFAULT_BASE_URL = "https://api.arize.com"
DEFAULT_TIMEOUT = 60.0
CONNECT_TIMEOUT = 5.0
DEFAULT_MAX_RETRIES = 5
DEFAULT_MAX_CONCURRENCY = 8
REVISIONS = ("2026-05", "2026-10")


class Config(NamedTuple):
    """What a client was told, checked.

    Attributes:
        api_key: The bearer key; left out of the repr.
        base_url: Scheme, host and optional path prefix, without a slash at the end.
        timeout: Seconds for each phase of a request, an `httpx.Timeout`, or None for no limit.
        max_retries: How often a request is sent again, at most.
        max_concurrency: How many requests of one bulk call are under way at once, at most.
        api_revision: "auto", "2026-05" or "2026-10".
        default_headers: Sent with every request.
    """

    api_key: str
    base_url: str
    timeout: Any = DEFAULT_TIMEOUT
    max_retries: int = DEFAULT_MAX_RETRIES
    max_concurrency: int = DEFAULT_MAX_CONCURRENCY
    api_revision: str = "auto"
    default_headers: Mapping[str, str] = MappingProxyType({})

    def __repr__(self) -> str:
        return f"Config(base_url={self.base_url!r}, api_revision={self.api_revision!r})"

    def headers(self, user_agent: str) -> dict[str, str]:
        """Give the headers of every request."""
        given = {name.lower() for name in self.default_headers}
        ours = {"User-Agent": user_agent, "Accept": "application/json, application/problem+json"}
        return {
            **{name: value for name, value in ours.items() if name.lower() not in given},
            **self.default_headers,
            "Authorization": f"Bearer {self.api_key}",
        }


def resolve(
    *,
    api_key: str | None,
    base_url: str | None,
    region: str | None,
    timeout: Any,
    max_retries: int,
    max_concurrency: int,
    api_revision: str,
    default_headers: Mapping[str, str] | None,
) -> Config:
    """Settle every setting, or say what is wrong.

    Raises:
        ConfigurationError: A setting is missing, malformed, or contradicts another.
    """
    if api_revision not in ("auto", *REVISIONS):
        raise ConfigurationError(f"api_revision: {api_revision!r} is none of auto, {', '.join(REVISIONS)}")
    check_timeout(timeout)
    check_count("max_retries", max_retries, least=0)
    check_count("max_concurrency", max_concurrency, least=1)
    return Config(
        api_key=_api_key(api_key),
        base_url=_base_url(base_url, region),
        timeout=timeout,
        max_retries=max_retries,
        max_concurrency=max_concurrency,
        api_revision=api_revision,
        default_headers=_headers(default_headers or {}),
    )


def check_count(name: str, value: object, *, least: int) -> None:
    """Refuse what is not a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigurationError(f"{name}: {value!r} is not a whole number of at least {least}")


def check_timeout(value: object) -> None:
    """Refuse what is neither a positive number of seconds, an `httpx.Timeout`, nor None."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and not 0 < value < float("inf"):  # type: ignore[operator]  # `number` says it is one; NaN fails here too
        raise ConfigurationError(f"timeout: {value!r} is not a positive number of seconds")
    if not number and value is not None and type(value).__name__ != "Timeout":
        raise ConfigurationError(f"timeout: {value!r} is not seconds, an httpx.Timeout or None")


def _api_key(argument: str | None) -> str:
    key = argument if argument is not None else os.environ.get("ARIZE_API_KEY", "")
    if not isinstance(key, str) or not key.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError("no API key: pass api_key= or set ARIZE_API_KEY")
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        # The key itself stays out of the text.
        raise ConfigurationError("api_key: it has characters that no HTTP header can carry")
    return key


def _base_url(base_url: str | None, region: str | None) -> str:
    return (
        _agreed({"base_url": _checked_url("base_url", base_url), "region": _region_url("region", region)})
        or _agreed(
            {
                "ARIZE_BASE_URL": _checked_url("ARIZE_BASE_URL", os.environ.get("ARIZE_BASE_URL")),
                "ARIZE_REGION": _region_url("ARIZE_REGION", os.environ.get("ARIZE_REGION")),
                "ARIZE_API_HOST": _host_url(),
            }
        )
        or DEFAULT_BASE_URL
    )


def _agreed(urls: dict[str, str | None]) -> str | None:
    """Take the one URL that the settings of one level lead to."""
    given = {name: url for name, url in urls.items() if url}
    if len(set(given.values())) > 1:
        told = ", ".join(f"{name} ({url})" for name, url in given.items())
        raise ConfigurationError(f"these settings contradict each other: {told}; keep one")
    return next(iter(given.values()), None)


def _checked_url(name: str, value: object) -> str | None:
    value = None if value is None else str(value)  # an httpx.URL is welcome
    if not value:
        if value is not None and name == "base_url":
            raise ConfigurationError("base_url: it is empty")
        return None
    try:
        parts = urlsplit(value.strip())
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        port_is_valid, parts = False, urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
        raise ConfigurationError(f"{name}: {value!r} is not a URL such as {DEFAULT_BASE_URL}")
    if parts.username or parts.query or parts.fragment:
        raise ConfigurationError(f"{name}: it must have no user, query or fragment")
    return value.strip().rstrip("/")


def _region_url(name: str, region: str | None) -> str | None:
    if not region:
        return None
    if not region.replace("-", "").isalnum() or not region.isascii():
        raise ConfigurationError(f"{name}: {region!r} is not a region such as 'eu-west-1a'")
    return f"https://api.{region}.arize.com"


def _host_url() -> str | None:
    host, scheme, port = (os.environ.get(f"ARIZE_API_{part}") for part in ("HOST", "SCHEME", "PORT"))
    if not host:
        if scheme or port:
            raise ConfigurationError("ARIZE_API_SCHEME and ARIZE_API_PORT need ARIZE_API_HOST")
        return None
    return _checked_url("ARIZE_API_HOST", f"{scheme or 'https'}://{host}{f':{port}' if port else ''}")


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"default_headers: {name!r} and its value must be strings")
        if name.lower() == "authorization":
            raise ConfigurationError("default_headers: Authorization contradicts api_key; pass api_key")
        if not name.strip() or any(char in name + value for char in "\r\n\0"):
            raise ConfigurationError(f"default_headers: {name!r} has characters that no header can carry")
    return dict(headers)
