"""What may be shown of a request and of what the server said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import httpx


def path_of(request: httpx.Request) -> str:
    """Give the path of a request as it was sent, without the query, which may be private."""
    return request.url.raw_path.partition(b"?")[0].decode("ascii")


def masked(value: object, secret: str) -> Any:
    """Take what the server said, less the key should the server have echoed it."""
    if isinstance(value, str):
        return value.replace(secret, "***") if secret else value
    if isinstance(value, list):
        return [masked(item, secret) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        fields = cast("dict[object, object]", value)
        return {masked(key, secret): masked(item, secret) for key, item in fields.items()}
    return value
