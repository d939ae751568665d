# pyright: reportPrivateUsage=false
"""One API call as a plan: build, exchange, decode."""

from __future__ import annotations

from typing import Any, ParamSpec, Protocol, TypeVar, cast

import httpx
from arize_queues_raw.operations import OPERATIONS
from arize_queues_raw.types import MisfitError, loads

from arize_queues._plans.steps import Plan
from arize_queues._redaction import masked, path_of
from arize_queues.errors import InvalidRequestError, UnexpectedResponseError

from .attempts import exchange, judge
from .collector import paused
from .context import ClientContext
from .negotiation import exchange_spelled
from .prerelease import notice
from .retry import Replay
from .revision import differs

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)

_LARGE = 64 * 1024  # bytes of an answer; below, the collector hardly runs


class Endpoint(Protocol[P, T_co]):
    """The pure half of a generated endpoint module; the module itself satisfies it."""

    def _get_kwargs(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]: ...

    def _decode(self, status_code: int, payload: Any) -> T_co: ...


def call(context: ClientContext, endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Plan[T_co]:
    """Call an endpoint that may be sent again, and give its model.

    Raises:
        APIConnectionError: No answer came.
        APIStatusError: The server said no.
        UnexpectedResponseError: The answer is not what its status promises.
    """
    return (yield from _call(context, endpoint, Replay.SAFE, _request(endpoint, *args, **kwargs)))


def call_once(context: ClientContext, endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Plan[T_co]:
    """Call an endpoint that must not act twice, and give its model."""
    return (yield from _call(context, endpoint, Replay.UNSAFE, _request(endpoint, *args, **kwargs)))


def call_delete(context: ClientContext, endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Plan[T_co]:
    """Call an endpoint that deletes the thing itself: gone after a try whose answer was lost is as good as deleted."""
    return (yield from _call(context, endpoint, Replay.DELETES, _request(endpoint, *args, **kwargs)))


def _request(endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
    try:
        return endpoint._get_kwargs(*args, **kwargs)
    except ValueError as error:  # an ID that would lead to another path, or that no URL can hold
        raise InvalidRequestError(str(error)) from None


def _call(context: ClientContext, endpoint: Endpoint[P, T_co], replay: Replay, kwargs: dict[str, Any]) -> Plan[T_co]:
    notice(OPERATIONS[cast("Any", endpoint).__name__.rpartition(".")[2]])
    if differs(kwargs.get("json")):
        response = yield from exchange_spelled(context, kwargs, replay)
    else:
        response = judge(context, (yield from exchange(context, kwargs, replay)))
    if len(response.content) < _LARGE:
        return _decoded(context, endpoint, response)
    with paused():
        return _decoded(context, endpoint, response)


def _decoded(context: ClientContext, endpoint: Endpoint[P, T_co], response: httpx.Response) -> T_co:
    payload = _payload(context, response)
    context.revision.learn(payload)
    try:
        return endpoint._decode(response.status_code, payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unexpected(response, f"the body does not fit: {_misfit(error)}") from None


def _misfit(error: Exception) -> str:
    """Word what does not fit without what is in the body, which texts of Python's own may quote."""
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error) if isinstance(error, MisfitError) else type(error).__name__


def _payload(context: ClientContext, response: httpx.Response) -> Any:
    if response.status_code == 204:
        return None
    if not response.content:
        raise _unexpected(response, "the body is empty")
    try:
        return loads(response.content)
    except ValueError:
        kind = response.headers.get("content-type", "no content type").partition(";")[0]
        kind = masked(kind, context.settings.api_key)
        raise _unexpected(response, f"the body ({kind}) is not whole JSON") from None


def _unexpected(response: httpx.Response, reason: str) -> UnexpectedResponseError:
    request = response.request
    return UnexpectedResponseError(request.method, path_of(request), response.status_code, reason)
