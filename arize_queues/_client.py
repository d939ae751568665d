"""The two clients."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

import httpx

from arize_queues._runtime.http import AsyncForwardingTransport, ForwardingTransport, client_options
from arize_queues.annotation_queues._sync import AnnotationQueues

from ._base_client import BaseClient

if TYPE_CHECKING:
    import anyio
    from arize_queues_raw.client import AuthenticatedClient

    from arize_queues.annotation_queues._async import AsyncAnnotationQueues


class ArizeClient(BaseClient[httpx.Client]):
    """A client of the annotation queues of Arize AX. Threads may share it.

    Args:
        api_key: The API key; by default ARIZE_API_KEY of the environment.
        base_url: URL of the API; by default ARIZE_BASE_URL, or the URL of `region` or of ARIZE_API_HOST (with
            ARIZE_API_SCHEME and ARIZE_API_PORT), or https://api.arize.com.
        region: Region of the API, such as "eu-west-1a"; by default ARIZE_REGION.
        timeout: Seconds for each phase of a request (at most 5 for connecting), an `httpx.Timeout`, or None for no
            limit.
        max_retries: Upper bound of retries of a request after a fault or a 408, 429 or 5xx; 0 turns retries off.
        max_concurrency: Upper bound of requests of a bulk call under way at once.
        api_revision: "auto" learns the revision of the API from the server; "2026-05" or "2026-10" fixes it.
        default_headers: Headers of every request.
        ssl_context: TLS settings, for certificates of your own.
        http_client: The `httpx.Client` to send requests with; closing it stays your task.
        on_response: Function that is called with a `ResponseInfo` after every answer; it is not awaited.

    Raises:
        ConfigurationError: The API key is missing, or a setting is malformed or contradicts another.

    Attributes:
        annotation_queues: The calls on annotation queues.
    """

    _http_class = httpx.Client

    def _attach(self) -> None:
        self.annotation_queues = AnnotationQueues(self._context, self._builder)

    def _make_semaphore(self, width: int) -> threading.Semaphore:
        return threading.Semaphore(width)

    @property
    def raw(self) -> AuthenticatedClient:
        """The generated client on the same connections, for operations that this client lacks."""
        http = self._connection.get()
        if not self._serves_as_raw(http):
            http = httpx.Client(**client_options(self._context.settings, None), transport=ForwardingTransport(http))
        return self._raw().set_httpx_client(http)

    def close(self) -> None:
        """Close the connections."""
        if (http := self._connection.end()) is not None:
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class AsyncArizeClient(BaseClient[httpx.AsyncClient]):
    """A client of the annotation queues of Arize AX for asyncio and trio. Tasks of one event loop may share it.

    In another event loop, such as that of a second `asyncio.run`, it opens new connections.

    It takes the arguments of `ArizeClient`; `http_client` is an `httpx.AsyncClient`.

    Attributes:
        annotation_queues: The calls on annotation queues.
    """

    _http_class = httpx.AsyncClient

    def _attach(self) -> None:
        from arize_queues.annotation_queues._async import AsyncAnnotationQueues  # noqa: PLC0415  # not needed by sync programs

        self.annotation_queues: AsyncAnnotationQueues = AsyncAnnotationQueues(self._context, self._builder)

    def _make_semaphore(self, width: int) -> anyio.Semaphore:
        import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

        return anyio.Semaphore(width, fast_acquire=True)

    def _loop(self) -> object:
        import asyncio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

        try:
            return asyncio.get_running_loop()
        except RuntimeError:  # no loop, or trio, whose connections outlive a run
            return None

    @property
    def raw(self) -> AuthenticatedClient:
        """The generated client on the same connections, for operations that this client lacks."""
        http = self._connection.get()
        if not self._serves_as_raw(http):
            http = httpx.AsyncClient(
                **client_options(self._context.settings, None), transport=AsyncForwardingTransport(http)
            )
        return self._raw().set_async_httpx_client(http)

    async def aclose(self) -> None:
        """Close the connections."""
        if (http := self._connection.end()) is not None:
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()
