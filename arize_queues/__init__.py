"""A light, fast, typed client for Arize AX annotation queues, sync and async."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from arize_queues._inputs.identifiers import Id, Name

from ._client import ArizeClient, AsyncArizeClient
from ._version import __version__
from .errors import (
    AmbiguousNameError,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ArizeQueuesError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    DeadlineExceededError,
    InvalidRequestError,
    LedgerError,
    NameNotFoundError,
    NotFoundError,
    PartialFailureError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SpaceRequiredError,
    UnexpectedResponseError,
    UnprocessableEntityError,
)

if TYPE_CHECKING:
    from arize_queues._sources.sources import ExampleSource, SessionSource, SpanSource, TraceSource

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AmbiguousNameError",
    "ArizeClient",
    "ArizeQueuesError",
    "AsyncArizeClient",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "DeadlineExceededError",
    "ExampleSource",
    "Id",
    "InvalidRequestError",
    "LedgerError",
    "Name",
    "NameNotFoundError",
    "NotFoundError",
    "PartialFailureError",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "SessionSource",
    "SpaceRequiredError",
    "SpanSource",
    "TraceSource",
    "UnexpectedResponseError",
    "UnprocessableEntityError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load the sources when they are first used: attrs, which they need, takes a fifth of httpx's time to load."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    source = globals()[name] = getattr(import_module("._sources.sources", __name__), name)
    return source
