"""The requests that arrived, in order."""

from __future__ import annotations

from collections import deque
from typing import Any
from urllib.parse import parse_qsl, unquote

from attrs import define, field

from arize_queues.emulator._formats.json_text import read

_KEPT = 100_000


@define(kw_only=True)
class ReceivedRequest:
    """A request that arrived, without its API key, and the status of its answer.

    `path` is decoded, `raw_path` is as it came. `status` is None while no answer has been sent, and stays
    so where the connection was dropped.
    """

    method: str
    raw_path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes = field(repr=False)
    request_id: str
    status: int | None = None

    @property
    def path(self) -> str:
        """The path, percent-decoded."""
        return unquote(self.raw_path)

    @property
    def body(self) -> Any:
        """The JSON of the body; its text if it is no valid JSON; None if there is none."""
        if not self.content:
            return None
        try:
            return read(self.content)
        except ValueError:
            return self.content.decode(errors="replace")

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain data."""
        fields = ("method", "path", "raw_path", "query", "headers", "body", "request_id", "status")
        return {name: getattr(self, name) for name in fields}


class Journal:
    """The latest requests, up to a bound, and the numbering of all."""

    def __init__(self) -> None:
        self.requests: deque[ReceivedRequest] = deque(maxlen=_KEPT)
        self._count = 0

    def receive(self, scope: Any, content: bytes) -> ReceivedRequest:
        """Add a request of an ASGI scope, with the next request ID."""
        self._count += 1
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        headers.pop("authorization", None)
        return ReceivedRequest(
            method=scope["method"],
            raw_path=scope["raw_path"].decode("latin-1"),
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers=headers,
            content=content,
            request_id=f"req_{self._count:012x}",
        )
