"""One request until it is answered for good: sent, retried, told of, judged."""

from __future__ import annotations

import logging
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
from arize_queues_raw.types import loads

from ._errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InvalidRequestError,
    class_for,
    masked,
    path_of,
)
from ._plan import Plan, Send, Sleep
from ._results import ResponseInfo
from ._retry import NEVER_SENT, REFUSED_UNSEEN, Policy, Replay, retry_after
from ._session import Session

logger = logging.getLogger("arize_queues")


def exchange(session: Session, kwargs: dict[str, Any], replay: Replay) -> Plan[httpx.Response]:
    """Send a request until it is answered for good.

    Raises:
        InvalidRequestError: No URL can hold it.
        APIConnectionError: No answer came.
        ConfigurationError: The httpx client is closed.
    """
    policy = Policy(session.config.max_retries, session.random, session.clock.wall)
    send, attempt, may_be_done = Send(kwargs), 1, False
    while True:
        try:
            response: httpx.Response = yield send
        except httpx.InvalidURL:
            raise InvalidRequestError(f"{kwargs['method'].upper()}: an ID or a cursor is too long for a URL") from None
        except RuntimeError as fault:
            if "closed" not in str(fault):  # httpx's words for its clients, and asyncio's for its loops
                raise
            raise ConfigurationError("the httpx client, or its event loop, is closed: make a new client") from fault
        except httpx.RequestError as fault:
            wait = policy.after_fault(fault, attempt, replay)
            if wait is None:
                raise _no_answer(session, kwargs, fault) from (fault if _may_be_shown(session, fault) else None)
            reason, throttled = type(fault).__name__, False
            may_be_done = may_be_done or not isinstance(fault, NEVER_SENT)
        else:
            _observe(session, response, attempt)
            if response.status_code == 404 and may_be_done and replay is Replay.DELETES:
                return httpx.Response(204, request=response.request)
            wait = policy.after_response(response, attempt, replay)
            if wait is None:
                return response
            may_be_done = may_be_done or response.status_code not in REFUSED_UNSEEN
            reason, throttled = str(response.status_code), response.status_code == 429
            reason += f", request id {_request_id(session, response)}"
        logger.info("retry %d of %s in %.2f s: %s", attempt, _named(kwargs), wait, reason)
        yield Sleep(wait, throttled)
        attempt += 1


def _observe(session: Session, response: httpx.Response, attempt: int) -> None:
    """Tell the log and `on_response` of an answer."""
    request = response.request
    if logger.isEnabledFor(logging.DEBUG) or session.on_response:
        info = ResponseInfo(
            request.method,
            path_of(request),
            response.status_code,
            _elapsed(response),
            _request_id(session, response),
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
    """Let a success through, and turn everything else into its error.

    Raises:
        APIStatusError: The server said no.
    """
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
        request_id=_request_id(session, response),
        retry_after=retry_after(response, session.clock.wall),
        secret=session.config.api_key,
    )


def _request_id(session: Session, response: httpx.Response) -> str | None:
    """Find the server's id of a request."""
    found: str | None = response.headers.get("x-request-id") or response.headers.get("request-id")
    return found and masked(found, session.config.api_key)


def _no_answer(session: Session, kwargs: dict[str, Any], fault: httpx.RequestError) -> APIConnectionError:
    kind = APITimeoutError if isinstance(fault, httpx.TimeoutException) else APIConnectionError
    words = masked(str(fault) or type(fault).__name__, session.config.api_key)
    if isinstance(fault, httpx.LocalProtocolError):
        words = "a header or the URL is not as HTTP has it"
    path = urlsplit(session.config.base_url).path + kwargs["url"]
    return kind(kwargs["method"].upper(), path, f"no answer ({type(fault).__name__}): {words}")


def _may_be_shown(session: Session, fault: httpx.RequestError) -> bool:
    """Say whether a fault may stand in a traceback: it may quote a header, or what a server echoed."""
    return not isinstance(fault, httpx.LocalProtocolError) and session.config.api_key not in str(fault)


def _named(kwargs: dict[str, Any]) -> str:
    return f"{kwargs['method'].upper()} {kwargs['url']}"
