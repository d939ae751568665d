"""The parts that both clients share: settings, connections, options, pickling."""

from __future__ import annotations

import copy
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

import httpx
from arize_queues_raw.unset import UNSET, Unset

from arize_queues._clock import Clock
from arize_queues._names.cache import NameCache
from arize_queues._request.context import ClientContext
from arize_queues._runtime.http import (
    Connection,
    RequestBuilder,
    client_options,
    most_under_way,
    timeout_of,
)

from ._base_url import warn_if_unprotected
from ._settings import (
    DEFAULT_MAX_CONCURRENCY,
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT,
    check_count,
    check_timeout,
    resolve,
)
from .errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

    from arize_queues_raw.client import AuthenticatedClient

    from ._results import ResponseInfo

H = TypeVar("H", httpx.Client, httpx.AsyncClient)


class BaseClient(ABC, Generic[H]):
    """Base class of the two clients."""

    _http_class: ClassVar[type[httpx.Client] | type[httpx.AsyncClient]]

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        region: str | None = None,
        timeout: float | httpx.Timeout | None = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_concurrency: int = DEFAULT_MAX_CONCURRENCY,
        api_revision: str = "auto",
        default_headers: Mapping[str, str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        http_client: H | None = None,
        on_response: Callable[[ResponseInfo], object] | None = None,
    ) -> None:
        settings = resolve(
            api_key=api_key,
            base_url=base_url,
            region=region,
            timeout=timeout,
            max_retries=max_retries,
            max_concurrency=max_concurrency,
            api_revision=api_revision,
            default_headers=default_headers,
        )
        self._check_http_client(http_client, ssl_context)
        _check_on_response(on_response)
        clock = Clock()
        self._context = ClientContext(settings, NameCache(clock), on_response, clock)
        self._ssl_context = ssl_context
        self._http_client: H | None = http_client
        self._last_builder: RequestBuilder[H] | None = None
        self._connection: Connection[H] = Connection(
            self._make, self._make_semaphore, self._loop, borrowed=http_client is not None
        )
        self._attach()
        warn_if_unprotected(settings.base_url)

    def _check_http_client(self, http_client: object, ssl_context: object) -> None:
        if http_client is None:
            return
        if ssl_context is not None:
            raise ConfigurationError("http_client and ssl_context contradict each other: give http_client its context")
        if not isinstance(http_client, self._http_class):
            raise ConfigurationError(
                f"http_client: a {type(http_client).__name__} is not an httpx.{self._http_class.__name__}"
            )

    @abstractmethod
    def _attach(self) -> None:
        """Create the face, on this client's context."""

    def _make(self) -> H:
        if self._http_client is not None:
            return self._http_client
        return cast("H", self._http_class(**client_options(self._context.settings, self._ssl_context)))

    @abstractmethod
    def _make_semaphore(self, width: int) -> Any:
        """Return a semaphore for so many requests under way."""

    def _loop(self) -> object:
        """Return the event loop that new connections belong to, or None."""
        return None

    def _builder(self) -> RequestBuilder[H]:
        """Return the builder of requests; it is reused while its httpx client stays the same."""
        http, builder = self._connection.get(), self._last_builder
        if builder is None or builder.http is not http:
            connection, settings = self._connection, self._context.settings
            semaphore = connection.semaphore(most_under_way(settings))
            builder = self._last_builder = RequestBuilder(http, semaphore, settings, borrowed=connection.borrowed)
        return builder

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | Unset | None = UNSET,
        max_retries: int | Unset = UNSET,
        max_concurrency: int | Unset = UNSET,
    ) -> Self:
        """Return a client with other options that shares the connections and everything learned.

        Closing one of them closes the connections of both.

        Raises:
            ConfigurationError: An option is malformed.
        """
        changes: dict[str, Any] = {}
        if not isinstance(timeout, Unset):
            check_timeout(timeout)
            changes["timeout"] = timeout
        for name, value, least in (("max_retries", max_retries, 0), ("max_concurrency", max_concurrency, 1)):
            if not isinstance(value, Unset):
                check_count(name, value, least=least)
                changes[name] = value
        other = copy.copy(self)
        other._context = self._context.with_settings(self._context.settings._replace(**changes))  # noqa: SLF001
        other._last_builder = None  # noqa: SLF001
        other._attach()  # noqa: SLF001
        return other

    def _serves_as_raw(self, http: H) -> bool:
        """Return True if an httpx client has the settings of this client."""
        return not self._connection.borrowed and http.timeout == timeout_of(self._context.settings)

    def _raw(self) -> AuthenticatedClient:
        from arize_queues_raw.client import AuthenticatedClient  # noqa: PLC0415  # rarely used

        settings = self._context.settings
        return AuthenticatedClient(settings.base_url, settings.api_key).with_timeout(timeout_of(settings))

    def __repr__(self) -> str:
        settings = self._context.settings
        return f"{type(self).__name__}(base_url={settings.base_url!r}, api_revision={settings.api_revision!r})"

    def __copy__(self) -> Self:
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings, the API key among them, without connections and everything learned.

        Raises:
            ConfigurationError: The client has an httpx client or an SSL context of the user.
        """
        for name, value in {"http_client": self._http_client, "ssl_context": self._ssl_context}.items():
            if value is not None:
                raise ConfigurationError(f"a client with {name}= cannot be pickled: make one where it is needed")
        return _restore, (type(self), {**self._context.settings._asdict(), "on_response": self._context.on_response})


def _check_on_response(on_response: object) -> None:
    if on_response is None:
        return
    if not callable(on_response):
        raise ConfigurationError(f"on_response: a {type(on_response).__name__} cannot be called")
    called = (on_response, type(on_response).__call__)
    if any(inspect.iscoroutinefunction(function) for function in called):
        raise ConfigurationError("on_response: it is called and not awaited, so it must not be an async function")


def _restore(kind: type[BaseClient[Any]], settings: dict[str, Any]) -> BaseClient[Any]:
    return kind(**settings)
