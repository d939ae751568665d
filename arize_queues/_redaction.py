"""Keep secrets out of texts: the parts of requests and answers that may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import httpx


def path_of(request: httpx.Request) -> str:
    """Return the path of a request as it was sent, without the query, which may be private."""
    return request.url.raw_path.partition(b"?")[0].decode("ascii")


def redact(value: object, secret: str) -> Any:
    """Replace the API key in a text or in JSON of the server, which may have echoed it."""
    if isinstance(value, str):
        return value.replace(secret, "***") if secret else value
    if isinstance(value, list):
        return [redact(item, secret) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        fields = cast("dict[object, object]", value)
        return {redact(key, secret): redact(item, secret) for key, item in fields.items()}
    return value
