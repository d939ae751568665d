"""Settings: argument, then environment, then default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from arize_queues._inputs.messages import problem

from ._base_url import base_url_of
from ._clock import LONGEST_WAIT
from .errors import ConfigurationError

DEFAULT_TIMEOUT = 60.0
CONNECT_TIMEOUT = 5.0
DEFAULT_MAX_RETRIES = 5
DEFAULT_MAX_CONCURRENCY = 8
REVISIONS = ("2026-05", "2026-10")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"([!-~]([\t -~]*[!-~])?)?")


class Settings(NamedTuple):
    """The settings of a client, checked.

    Attributes:
        api_key: The API key; the repr does not show it.
        base_url: Scheme, host and optional path prefix, without a slash at the end.
        timeout: Seconds for each phase of a request, an `httpx.Timeout`, or None for no limit.
        max_retries: Upper bound of retries of a request.
        max_concurrency: Upper bound of requests of one bulk call under way at once.
        api_revision: "auto", "2026-05" or "2026-10".
        default_headers: Headers of every request.
    """

    api_key: str
    base_url: str
    timeout: Any = DEFAULT_TIMEOUT
    max_retries: int = DEFAULT_MAX_RETRIES
    max_concurrency: int = DEFAULT_MAX_CONCURRENCY
    api_revision: str = "auto"
    default_headers: Mapping[str, str] = MappingProxyType({})

    def __repr__(self) -> str:
        return f"Settings(base_url={self.base_url!r}, api_revision={self.api_revision!r})"

    def headers(self, user_agent: str) -> dict[str, str]:
        """Return the headers of every request."""
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
) -> Settings:
    """Return the settings of the arguments, else of the environment, else the defaults.

    Raises:
        ConfigurationError: A setting is missing, malformed, or contradicts another.
    """
    if api_revision not in ("auto", *REVISIONS):
        raise ConfigurationError(f"api_revision: {api_revision!r} is none of auto, {', '.join(REVISIONS)}")
    check_timeout(timeout)
    check_count("max_retries", max_retries, least=0)
    check_count("max_concurrency", max_concurrency, least=1)
    return Settings(
        api_key=_api_key(api_key),
        base_url=base_url_of(base_url, region),
        timeout=timeout,
        max_retries=max_retries,
        max_concurrency=max_concurrency,
        api_revision=api_revision,
        default_headers=_headers({} if default_headers is None else default_headers),
    )


def check_count(name: str, value: object, *, least: int) -> None:
    """Check a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigurationError(problem(name, value, f"is not a whole number of at least {least}"))


def check_timeout(value: object) -> None:
    """Check a timeout: positive seconds, an `httpx.Timeout`, or None."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and not 0 < value <= LONGEST_WAIT:  # type: ignore[operator]  # `number` says it is one; NaN fails here too
        raise ConfigurationError(problem("timeout", value, f"is not a number of seconds up to {LONGEST_WAIT}"))
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


def _headers(headers: object) -> dict[str, str]:
    """Refuse headers that h11 would refuse at every request. Error texts omit their values, which may be tokens."""
    if not isinstance(headers, Mapping):
        raise ConfigurationError("default_headers: it is not a mapping of names to values")
    given = cast("Mapping[object, object]", headers)
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ConfigurationError(f"default_headers: {name!r} and its value must be strings")
        if name.lower() == "authorization":
            raise ConfigurationError("default_headers: Authorization contradicts api_key; pass api_key")
        if name.lower() in ("content-length", "transfer-encoding"):
            raise ConfigurationError(f"default_headers: {name} differs from request to request")
        if not _HEADER_NAME.fullmatch(name):
            raise ConfigurationError(f"default_headers: {name!r} cannot be the name of a header")
        if not _HEADER_VALUE.fullmatch(value):
            raise ConfigurationError(
                f"default_headers: the value of {name} must be printable ASCII without blanks around it"
            )
    return cast("dict[str, str]", dict(given))
