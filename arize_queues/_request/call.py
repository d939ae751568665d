"""One API call as a plan: build the request, send it, decode the answer."""

from __future__ import annotations

from typing import Any, ParamSpec, Protocol, TypeVar

import httpx
from arize_queues_raw.decoding import MisfitError
from arize_queues_raw.encoding import loads
from arize_queues_raw.operations import Operation

from arize_queues._plans.steps import Plan
from arize_queues._redaction import path_of, redact
from arize_queues.errors import InvalidRequestError, UnexpectedResponseError

from .attempts import raise_for_status, send_with_retries
from .context import ClientContext
from .gc_pause import gc_paused
from .negotiation import send_negotiated
from .prerelease import warn_prerelease
from .retry import Idempotency
from .revision import differs

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)

_LARGE = 64 * 1024  # bytes of an answer; while smaller ones are decoded, the garbage collector hardly runs


class Endpoint(Protocol[P, T_co]):
    """The pure half of a generated endpoint module; the module itself satisfies it."""

    OPERATION: Operation

    def build_request(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        """Return the arguments of httpx's `request`."""
        ...

    def decode(self, status_code: int, payload: Any) -> T_co:
        """Return the model of a success."""
        ...


def call(context: ClientContext, endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Plan[T_co]:
    """Call an endpoint whose request may be repeated, and return its model.

    Raises:
        APIConnectionError: No answer came.
        APIStatusError: The server refused the request.
        UnexpectedResponseError: The answer does not match its status.
    """
    return (yield from _call(context, endpoint, Idempotency.SAFE, _build(endpoint, *args, **kwargs)))


def call_once(context: ClientContext, endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Plan[T_co]:
    """Call an endpoint that must not act twice, and return its model."""
    return (yield from _call(context, endpoint, Idempotency.NONE, _build(endpoint, *args, **kwargs)))


def call_delete(context: ClientContext, endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Plan[T_co]:
    """Call an endpoint that deletes the resource of its path; a 404 after a lost answer counts as success."""
    return (yield from _call(context, endpoint, Idempotency.DELETE, _build(endpoint, *args, **kwargs)))


def _build(endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
    try:
        return endpoint.build_request(*args, **kwargs)
    except ValueError as error:  # an ID that would lead to another path, or that no URL can hold
        raise InvalidRequestError(str(error)) from None


def _call(
    context: ClientContext, endpoint: Endpoint[P, T_co], idempotency: Idempotency, kwargs: dict[str, Any]
) -> Plan[T_co]:
    warn_prerelease(endpoint.OPERATION)
    if differs(kwargs.get("json")):
        response = yield from send_negotiated(context, kwargs, idempotency)
    else:
        response = raise_for_status(context, (yield from send_with_retries(context, kwargs, idempotency)))
    if len(response.content) < _LARGE:
        return _decode(context, endpoint, response)
    with gc_paused():
        return _decode(context, endpoint, response)


def _decode(context: ClientContext, endpoint: Endpoint[P, T_co], response: httpx.Response) -> T_co:
    payload = _parse(context, response)
    context.revision.learn(payload)
    try:
        return endpoint.decode(response.status_code, payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unexpected(response, f"the body does not fit: {_misfit(error)}") from None


def _misfit(error: Exception) -> str:
    """Return what does not fit, without values of the body, which the texts of Python's own errors may quote."""
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error) if isinstance(error, MisfitError) else type(error).__name__


def _parse(context: ClientContext, response: httpx.Response) -> Any:
    """Parse the JSON of an answer."""
    if response.status_code == 204:
        return None
    if not response.content:
        raise _unexpected(response, "the body is empty")
    try:
        return loads(response.content)
    except ValueError:
        kind = response.headers.get("content-type", "no content type").partition(";")[0]
        kind = redact(kind, context.settings.api_key)
        raise _unexpected(response, f"the body ({kind}) is not whole JSON") from None


def _unexpected(response: httpx.Response, reason: str) -> UnexpectedResponseError:
    request = response.request
    return UnexpectedResponseError(request.method, path_of(request), response.status_code, reason)
