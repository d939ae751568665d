"""A server in a process of its own that answers with prepared bytes, so that only the client's work is measured.

`python -m tests.benchmarks.prepared_server --records 1000 --latency 0.02` prints its port and ends with its standard
input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from arize_queues_raw.limits import DEFAULT_PAGE_SIZE, MAX_RECORDS_PER_REQUEST

from . import payloads

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


class Answers:
    """The bytes of every answer, made once."""

    def __init__(self, records: int) -> None:
        self._records = records
        self._texts: dict[int, bytes] = {}
        self._queue = _answer(200, json.dumps(payloads.queue()).encode())
        result = {name: payloads.record(1)[name] for name in ("id", "annotation_queue_id", "source_type")}
        self._annotated = _answer(200, json.dumps({**result, "annotations": payloads.annotations(1)}).encode())

    def to(self, method: str, target: str) -> bytes:
        """Answer a request."""
        path = urlsplit(target).path
        if path.endswith("/annotate"):
            return self._annotated
        if not path.endswith("/records"):
            return self._queue
        if method == "DELETE":
            return _NO_CONTENT
        return self._page(method, target)

    def _page(self, method: str, target: str) -> bytes:
        if method == "POST":
            return _answer(201, b'{"record_sources":%b}' % self._text(MAX_RECORDS_PER_REQUEST))
        query = parse_qs(urlsplit(target).query)
        first, limit = int(query.get("cursor", ["0"])[0]), int(query.get("limit", [DEFAULT_PAGE_SIZE])[0])
        after = first + limit
        count = min(limit, self._records - first)
        return _answer(200, payloads.page("records", self._text(count), after if after < self._records else None))

    def _text(self, count: int) -> bytes:
        if count not in self._texts:
            self._texts[count] = payloads.records_json(0, count)
        return self._texts[count]


class Connection(asyncio.Protocol):
    """One connection; requests on it come one after another."""

    answers: ClassVar[Answers]
    latency: ClassVar[float]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer once a request is here as a whole."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._buffer = b""
        method, target, _ = head.partition(b"\r\n")[0].decode().split(" ")
        answer = self.answers.to(method, target)
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _answer(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return f"{head}x-request-id: req_1\r\n\r\n".encode() + body


async def _serve(records: int, latency: float) -> None:
    loop = asyncio.get_running_loop()
    Connection.answers, Connection.latency = Answers(records), latency
    server = await loop.create_server(Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Serve until the standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=MAX_RECORDS_PER_REQUEST)
    parser.add_argument("--latency", type=float, default=0.0)
    options = parser.parse_args()
    asyncio.run(_serve(options.records, options.latency))


if __name__ == "__main__":
    main()
