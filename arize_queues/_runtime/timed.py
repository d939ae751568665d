"""Send a request whose whole answer must arrive within some seconds.

httpx limits the wait for each piece of an answer, not for the whole: a server that trickles is never late.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import cast

import httpx

from arize_queues._plans.steps import Send

from .http import RequestBuilder

_NO_SLOT = "no connection was free in time"
_LATE = "the answer did not end in time"


def send_within(builder: RequestBuilder[httpx.Client], send: Send, seconds: float) -> httpx.Response:
    """Send a request in this thread; only a head that comes byte by byte can take longer.

    Raises:
        httpx.PoolTimeout: The request was not sent, because too many others were under way.
        httpx.ReadTimeout: The answer did not end in time.
    """
    until = time.monotonic() + seconds
    if not builder.semaphore.acquire(timeout=seconds):
        raise httpx.PoolTimeout(_NO_SLOT)
    try:
        left = max(until - time.monotonic(), 0.001)
        request = builder.build(send._replace(within=left))
        response = builder.http.send(request, stream=True, auth=None, follow_redirects=False)
        response.stream = _TimedStream(cast("httpx.SyncByteStream", response.stream), request, until)
        try:
            response.read()
        finally:
            response.close()
        return response
    finally:
        builder.semaphore.release()


async def asend_within(builder: RequestBuilder[httpx.AsyncClient], send: Send, seconds: float) -> httpx.Response:
    """Send a request in this task.

    Raises:
        httpx.PoolTimeout: The request was not sent, because too many others were under way.
        httpx.ReadTimeout: The answer did not end in time.
    """
    import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    request = builder.build(send)
    late: httpx.TimeoutException = httpx.PoolTimeout(_NO_SLOT, request=request)
    try:
        with anyio.fail_after(seconds):
            async with builder.semaphore:
                late = httpx.ReadTimeout(_LATE, request=request)
                return await builder.http.send(request, auth=None, follow_redirects=False)
    except TimeoutError:
        raise late from None


class _TimedStream(httpx.SyncByteStream):
    """The body of an answer that must end by a time."""

    def __init__(self, stream: httpx.SyncByteStream, request: httpx.Request, until: float) -> None:
        self._stream = stream
        self._request = request
        self._until = until

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            if time.monotonic() > self._until:
                raise httpx.ReadTimeout(_LATE, request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()
