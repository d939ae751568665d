# pyright: reportPrivateUsage=false
"""One API call as a plan: build, send, retry, judge, decode."""

from __future__ import annotations

import logging
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import httpx
from arize_queues_raw.operations import OPERATIONS
from arize_queues_raw.types import loads

from ._collector import paused
from ._errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ArizeQueuesError,
    BadRequestError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    UnexpectedResponseError,
    UnprocessableEntityError,
    class_for,
)
from ._plan import Plan, Send, Sleep, Stopped
from ._results import ResponseInfo
from ._retry import NEVER_SENT, REFUSED_UNSEEN, Policy, Replay, retry_after
from ._revision import differs, other, spell
from ._session import Session
from ._stages import notice

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)

_LARGE = 64 * 1024  # bytes of an answer; below, the collector hardly runs

logger = logging.getLogger("arize_queues")


class Endpoint(Protocol[P, T_co]):
    """The pure half of a generated endpoint module; the module itself satisfies it."""

    def _get_kwargs(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]: ...

    def _decode(self, status_code: int, payload: Any) -> T_co: ...


def call(session: Session, endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Plan[T_co]:
    """Call an endpoint that may be sent again, and give its model.

    Raises:
        APIConnectionError: No answer came.
        APIStatusError: The server said no.
        UnexpectedResponseError: The answer is not what its status promises.
    """
    return (yield from _call(session, endpoint, Replay.SAFE, _request(endpoint, *args, **kwargs)))


def call_once(session: Session, endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Plan[T_co]:
    """Call an endpoint that must not act twice, and give its model."""
    return (yield from _call(session, endpoint, Replay.UNSAFE, _request(endpoint, *args, **kwargs)))


def call_delete(session: Session, endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> Plan[T_co]:
    """Call an endpoint that deletes the thing itself: gone after a try whose answer was lost is as good as deleted."""
    return (yield from _call(session, endpoint, Replay.DELETES, _request(endpoint, *args, **kwargs)))


def _request(endpoint: Endpoint[P, T_co], *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
    try:
        return endpoint._get_kwargs(*args, **kwargs)
    except ValueError as error:  # an ID that would lead to another path, or that no URL can hold
        raise InvalidRequestError(str(error)) from None


def _call(session: Session, endpoint: Endpoint[P, T_co], replay: Replay, kwargs: dict[str, Any]) -> Plan[T_co]:
    notice(OPERATIONS[cast("Any", endpoint).__name__.rpartition(".")[2]])
    if differs(kwargs.get("json")):
        response = yield from _exchange_spelled(session, kwargs, replay)
    else:
        response = judge(session, (yield from _exchange(session, kwargs, replay)))
    if len(response.content) < _LARGE:
        return _decoded(session, endpoint, response)
    with paused():
        return _decoded(session, endpoint, response)


def _decoded(session: Session, endpoint: Endpoint[P, T_co], response: httpx.Response) -> T_co:
    payload = _payload(response)
    session.revision.learn(payload)
    try:
        return endpoint._decode(response.status_code, payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unexpected(response, f"the body does not fit: {error!r}") from error


def _exchange_spelled(session: Session, kwargs: dict[str, Any], replay: Replay) -> Plan[httpx.Response]:
    """Send a body that the revisions write differently; where nothing has told which, try both, once in a life.

    A refusal with 400 or 422 has changed nothing, so writing it the other way cannot act twice.
    """
    revision = session.revision
    tried = revision.spoken
    try:
        return (yield from _spelled(session, kwargs, tried, replay))
    except (BadRequestError, UnprocessableEntityError) as error:
        if revision.known == tried:
            raise
        if revision.known is None:
            if revision.probed:
                revision.guess = other(tried)
                raise
            revision.probed = True
        refusal = error
    return (yield from _exchange_respelled(session, kwargs, other(tried), replay, refusal))


def _exchange_respelled(
    session: Session, kwargs: dict[str, Any], spelling: str, replay: Replay, refusal: APIStatusError
) -> Plan[httpx.Response]:
    """Send a refused body in the other spelling, and take down which of the two the server understood."""
    revision = session.revision
    try:
        response = yield from _spelled(session, kwargs, spelling, replay)
    except (BadRequestError, UnprocessableEntityError) as second:
        if _blames_spelling(refusal) and not _blames_spelling(second):
            revision.settle(spelling)
            raise
        if _blames_spelling(second) and not _blames_spelling(refusal):
            revision.settle(other(spelling))
        raise refusal from None
    except (NotFoundError, ConflictError):  # to look for what a body names, the server must have read it
        revision.settle(spelling)
        raise
    except ArizeQueuesError:
        if _blames_spelling(refusal):
            revision.guess = spelling
        raise
    revision.settle(spelling)
    return response


def _spelled(session: Session, kwargs: dict[str, Any], revision: str, replay: Replay) -> Plan[httpx.Response]:
    spelled = {**kwargs, "json": spell(kwargs["json"], revision)}
    return judge(session, (yield from _exchange(session, spelled, replay)))


def _blames_spelling(error: APIStatusError) -> bool:
    words = (error.detail or "").lower()
    return any(word in words for word in ("record_type", "assignment_method", "instructions", "enum"))


def _exchange(session: Session, kwargs: dict[str, Any], replay: Replay) -> Plan[httpx.Response]:
    """Send a request until it is answered for good.

    While the server lets others through, a 429 only means that it is not our turn, so the retries are counted anew.
    """
    policy = Policy(session.config.max_retries, session.random, session.clock.wall)
    send, attempt, counted, may_be_done = Send(kwargs), 1, 1, False
    last: httpx.Response | httpx.RequestError | None = None
    try:
        while True:
            try:
                response: httpx.Response = yield send
                last = response
            except httpx.RequestError as fault:
                last, wait = fault, policy.after_fault(fault, counted, replay)
                if wait is None:
                    raise _no_answer(kwargs, fault) from fault
                reason, throttled = type(fault).__name__, False
                may_be_done = may_be_done or not isinstance(fault, NEVER_SENT)
            else:
                observe(session, response, attempt)
                if response.status_code == 404 and may_be_done and replay is Replay.DELETES:
                    return httpx.Response(204, request=response.request)
                wait = policy.after_response(response, counted, replay)
                if wait is None:
                    return response
                may_be_done = may_be_done or response.status_code not in REFUSED_UNSEEN
                reason, throttled = str(response.status_code), response.status_code == 429
                reason += f", request id {request_id(response)}"
            logger.info("retry %d of %s in %.2f s: %s", attempt, _named(kwargs), wait, reason)
            others_got_through = yield Sleep(wait, throttled)
            attempt += 1
            counted = 1 if throttled and others_got_through else counted + 1
    except Stopped:
        if isinstance(last, httpx.RequestError):
            raise _no_answer(kwargs, last) from last
        if last is None:
            raise
        return last


def observe(session: Session, response: httpx.Response, attempt: int) -> None:
    """Tell the log and `on_response` of an answer."""
    request = response.request
    if logger.isEnabledFor(logging.DEBUG) or session.on_response:
        info = ResponseInfo(
            request.method,
            request.url.path,
            response.status_code,
            _elapsed(response),
            request_id(response),
            attempt,
        )
        logger.debug("%s", info)
        if session.on_response:
            session.on_response(info)


def _elapsed(response: httpx.Response) -> float:
    try:
        return response.elapsed.total_seconds()
    except RuntimeError:  # from a transport that has no body to wait for, such as httpx.MockTransport or a cache
        return 0.0


def judge(session: Session, response: httpx.Response) -> httpx.Response:
    """Let a success through, and turn everything else into its error."""
    if response.is_success:
        return response
    try:
        problem = loads(response.content)
    except ValueError:
        problem = None
    fields = cast("dict[str, Any]", problem) if isinstance(problem, dict) else {}
    raise class_for(response.status_code)(
        response,
        fields,
        request_id=request_id(response) or fields.get("request_id"),
        retry_after=retry_after(response, session.clock.wall),
        secret=session.config.api_key,
    )


def request_id(response: httpx.Response) -> str | None:
    """Find the server's id of a request."""
    found: str | None = response.headers.get("x-request-id") or response.headers.get("request-id")
    return found


def _payload(response: httpx.Response) -> Any:
    if response.status_code == 204:
        return None
    if not response.content:
        raise _unexpected(response, "the body is empty")
    try:
        return loads(response.content)
    except ValueError:
        kind = response.headers.get("content-type", "no content type").partition(";")[0]
        raise _unexpected(response, f"the body ({kind}) is not whole JSON") from None


def _unexpected(response: httpx.Response, reason: str) -> UnexpectedResponseError:
    request = response.request
    return UnexpectedResponseError(request.method, request.url.path, response.status_code, reason)


def _no_answer(kwargs: dict[str, Any], fault: httpx.RequestError) -> APIConnectionError:
    kind = APITimeoutError if isinstance(fault, httpx.TimeoutException) else APIConnectionError
    words = str(fault) or type(fault).__name__
    return kind(kwargs["method"].upper(), kwargs["url"], f"no answer ({type(fault).__name__}): {words}")


def _named(kwargs: dict[str, Any]) -> str:
    return f"{kwargs['method'].upper()} {kwargs['url']}"
