"""The gate of the emulator: API keys, request IDs, latency, faults, and the journal."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arize_queues.emulator._formats.json_text import is_array, is_object
from arize_queues.emulator._formats.problems import problem

from .faults import NO_CONTENT, Fault, FaultScript
from .journal import Journal, ReceivedRequest

CONTROL = "/_emulator/"

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_PIECES = 10


@define
class Reply:
    """An answer that is held back while faults change it."""

    status: int
    headers: dict[str, str]
    content: bytes

    @classmethod
    def problem(cls, status: int, detail: str, request: ReceivedRequest) -> Reply:
        """Build an error of the API's form."""
        body = problem(status, detail, raw_path=request.raw_path, request_id=request.request_id)
        return cls(status, {"content-type": "application/problem+json"}, json.dumps(body).encode())


@define(kw_only=True)
class Gate:
    """An ASGI application around that of the API."""

    app: ASGIApp
    api_key: str
    journal: Journal
    faults: FaultScript
    latency: Callable[[], float]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        content = await _read(receive)
        if content is None:
            return
        # IDs may hold encoded slashes, so the routes look at the path as it came.
        scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        request = self.journal.receive(scope, content)
        scope["emulator.request_id"] = request.request_id
        if scope["path"].startswith(CONTROL):
            await _send(send, await self._perform(scope, request), request)
            return
        self.journal.requests.append(request)
        fault = self.faults.take(request)
        await asyncio.sleep(self.latency() + (fault.delay if fault else 0))
        if fault is None:
            reply = await self._perform(scope, request)
            request.status = reply.status
            await _send(send, reply, request)
        else:
            await self._misbehave(fault, scope, request, receive, send)

    async def _misbehave(
        self, fault: Fault, scope: Scope, request: ReceivedRequest, receive: Receive, send: Send
    ) -> None:
        if fault.drop and fault.when == "before":
            await _reset(scope, receive)
            return
        reply = await self._faulty_reply(fault, scope, request)
        # An answer with no content is complete with its head: it cannot be cut but before that.
        if fault.drop or (fault.cut and not reply.content):
            await _reset(scope, receive)
            return
        request.status = reply.status
        if fault.cut:
            await _send(send, reply, request, stop_at=len(reply.content) // 2)
            await _reset(scope, receive)
            return
        await _send(send, reply, request, seconds=fault.trickle)

    async def _faulty_reply(self, fault: Fault, scope: Scope, request: ReceivedRequest) -> Reply:
        rejected = fault.rejected(request)
        if rejected:
            return Reply.problem(422, f"Not acceptable: {', '.join(rejected)}.", request)
        if fault.status is not None and fault.when == "before":
            return _spoil(fault, Reply.problem(fault.status, "A fault of the emulator's script.", request))
        reply = await self._perform({**scope, "emulator.page_fault": fault.page}, request)
        if fault.status is not None:
            reply = Reply.problem(fault.status, "A fault of the emulator's script.", request)
        if fault.changes_answer and reply.content:
            reply.content = json.dumps(_change(fault, json.loads(reply.content), depth=0)).encode()
        return _spoil(fault, reply)

    async def _perform(self, scope: Scope, request: ReceivedRequest) -> Reply:
        """Call the API, if the API key is right."""
        sent = dict(scope["headers"]).get(b"authorization", b"")
        scheme, _, key = sent.partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(key.strip(), self.api_key.encode()):
            reply = Reply.problem(401, "The API key is missing or not valid.", request)
            reply.headers["www-authenticate"] = "Bearer"
            return reply
        reply = Reply(500, {}, b"")

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers.update((name.decode(), value.decode()) for name, value in message["headers"])
            else:
                reply.content += message.get("body", b"")

        async def resend() -> Message:
            return {"type": "http.request", "body": request.content, "more_body": False}

        try:
            await self.app(scope, resend, hold)
        except Exception:
            # Starlette raises again what it has answered with 500 and logged.
            if reply.status != 500 or not reply.content:
                raise
        return reply


async def _read(receive: Receive) -> bytes | None:
    """Return the body of the request, or None if the connection was lost before its end."""
    content = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece: bytes = message.get("body", b"")
        content += piece
        if not message.get("more_body", False):
            return content


async def _send(
    send: Send, reply: Reply, request: ReceivedRequest, *, seconds: float = 0, stop_at: int | None = None
) -> None:
    headers = {**reply.headers, "x-request-id": request.request_id}
    if reply.status not in NO_CONTENT:
        headers["content-length"] = str(len(reply.content))
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    if stop_at is not None:
        await send({"type": "http.response.body", "body": reply.content[:stop_at], "more_body": True})
        return
    for piece in _pieces(reply.content) if seconds else ():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(seconds / _PIECES)
    await send({"type": "http.response.body", "body": b"" if seconds else reply.content})


def _pieces(content: bytes) -> Iterable[bytes]:
    size = -(-len(content) // _PIECES) or 1
    return (content[start : start + size] for start in range(0, len(content), size))


async def _reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection, and wait until the server notices, so that it sends nothing more."""
    # What was sent so far must leave before the reset throws away what is buffered.
    await asyncio.sleep(0.01)
    scope["emulator.reset"]()
    while (await receive())["type"] != "http.disconnect":
        pass


def _spoil(fault: Fault, reply: Reply) -> Reply:
    if (retry_after := fault.retry_after_text()) is not None:
        reply.headers["retry-after"] = retry_after
    if fault.body == "html":
        # The page of a proxy that stands in for an answer without content has a status that allows for one.
        reply.status = 200 if reply.status in NO_CONTENT else reply.status
        reply.headers["content-type"], reply.content = "text/html; charset=utf-8", _HTML
    elif fault.body == "empty" or reply.status in NO_CONTENT:
        # Content after such a status would be taken for the beginning of the next answer.
        reply.headers.pop("content-type", None)
        reply.content = b""
    elif fault.body == "truncated":
        reply.content = reply.content[: len(reply.content) // 2]
    return reply


def _change(fault: Fault, value: Any, *, depth: int) -> Any:
    """Add, replace and remove fields, except in the data of a record."""
    if is_array(value):
        return [_change(fault, item, depth=depth) for item in value]
    if not is_object(value):
        return value
    changed = {
        name: item if name == "data" else _change(fault, item, depth=depth + 1)
        for name, item in value.items()
        if name not in fault.remove
    }
    changed.update((name, item) for name, item in fault.replace.items() if name in changed)
    return {**changed, **fault.add} if depth <= 1 else changed
