"""Sending a request that must be answered, to the last byte, within some seconds.

httpx limits the wait for each piece of an answer, not the whole: a server that sends a byte now and then is never late.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import cast

import httpx

from arize_queues._plans.steps import Send

from .http import Wire

_NO_TURN = "its turn did not come in time"
_LATE = "the answer did not end in time"


def send_within(wire: Wire[httpx.Client], send: Send, seconds: float) -> httpx.Response:
    """Send a request in this thread; only a head that comes byte by byte can take longer.

    Raises:
        httpx.PoolTimeout: Its turn did not come in time, so it was not sent.
        httpx.ReadTimeout: Its answer did not end in time.
    """
    until = time.monotonic() + seconds
    if not wire.gate.acquire(timeout=seconds):
        raise httpx.PoolTimeout(_NO_TURN)
    try:
        left = max(until - time.monotonic(), 0.001)
        request = wire.build(send._replace(within=left))
        response = wire.http.send(request, stream=True, auth=None, follow_redirects=False)
        response.stream = _Timed(cast("httpx.SyncByteStream", response.stream), request, until)
        try:
            response.read()
        finally:
            response.close()
        return response
    finally:
        wire.gate.release()


async def asend_within(wire: Wire[httpx.AsyncClient], send: Send, seconds: float) -> httpx.Response:
    """Send a request in this task.

    Raises:
        httpx.PoolTimeout: Its turn did not come in time, so it was not sent.
        httpx.ReadTimeout: Its answer did not end in time.
    """
    import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    request = wire.build(send)
    late: httpx.TimeoutException = httpx.PoolTimeout(_NO_TURN, request=request)
    try:
        with anyio.fail_after(seconds):
            async with wire.gate:
                late = httpx.ReadTimeout(_LATE, request=request)
                return await wire.http.send(request, auth=None, follow_redirects=False)
    except TimeoutError:
        raise late from None


class _Timed(httpx.SyncByteStream):
    """The body of an answer that must have come by a time."""

    def __init__(self, stream: httpx.SyncByteStream, request: httpx.Request, until: float) -> None:
        self._stream = stream
        self._request = request
        self._until = until

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            if time.monotonic() > self._until:
                raise httpx.ReadTimeout(_LATE, request=self._request)
            yield piece

    def close(self) -> None:
        self._stream.close()
