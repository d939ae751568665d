"""Sending a request that must be answered, to the last byte, within some seconds.

httpx limits the wait for each piece of an answer, not the whole: a server that sends a byte now and then is never late.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import cast

import httpx

_LATE = "the answer did not end in time"


def send_within(http: httpx.Client, request: httpx.Request, seconds: float) -> httpx.Response:
    """Send a request in this thread.

    Raises:
        httpx.ReadTimeout: Its answer did not end in time.
    """
    until = time.monotonic() + seconds
    response = http.send(request, stream=True, auth=None, follow_redirects=False)
    response.stream = _Timed(cast("httpx.SyncByteStream", response.stream), request, until)
    try:
        response.read()
    finally:
        response.close()
    return response


async def asend_within(http: httpx.AsyncClient, request: httpx.Request, seconds: float) -> httpx.Response:
    """Send a request in this task.

    Raises:
        httpx.ReadTimeout: Its answer did not end in time.
    """
    import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    try:
        with anyio.fail_after(seconds):
            return await http.send(request, auth=None, follow_redirects=False)
    except TimeoutError:
        raise httpx.ReadTimeout(_LATE, request=request) from None


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
