"""One request until it is answered for good: sent, retried, told of, judged."""

from __future__ import annotations

import logging
from typing import Any, cast
from urllib.parse import urlsplit

import attrs
import httpx
from arize_queues_raw.types import loads

from arize_queues._plans.steps import Plan, Send, Sleep, Stopped
from arize_queues._redaction import masked, path_of
from arize_queues._results import ResponseInfo
from arize_queues.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InvalidRequestError,
    class_for,
)

from .context import ClientContext
from .retry import NEVER_SENT, REFUSED_UNSEEN, Policy, Replay, retry_after

logger = logging.getLogger("arize_queues")


def exchange(context: ClientContext, kwargs: dict[str, Any], replay: Replay) -> Plan[httpx.Response]:
    """Send a request until it is answered for good.

    Raises:
        InvalidRequestError: No URL can hold it.
        APIConnectionError: No answer came.
        ConfigurationError: The httpx client is closed.
        Stopped: The call ends before it was sent even once.
    """
    tries, send = _Tries(context, kwargs, replay), Send(kwargs)
    wait: Sleep | None
    try:
        while True:
            try:
                response: httpx.Response = yield send
            except httpx.InvalidURL:
                raise InvalidRequestError(
                    f"{kwargs['method'].upper()}: an ID or a cursor is too long for a URL"
                ) from None
            except RuntimeError as fault:
                if "closed" not in str(fault):  # httpx's words for its clients, and asyncio's for its loops
                    raise
                raise ConfigurationError("the httpx client, or its event loop, is closed: make a new client") from fault
            except httpx.RequestError as fault:
                wait = tries.after_fault(fault)
            else:
                wait = tries.after_response(response)
                if wait is None:
                    return tries.answer(response)
            tries.next((yield wait), throttled=wait.throttled)
    except Stopped:
        return tries.outcome()


@attrs.define
class _Tries:
    """The tries of one request."""

    context: ClientContext
    kwargs: dict[str, Any]
    replay: Replay
    _number: int = attrs.field(default=1, init=False)
    _counted: int = attrs.field(default=1, init=False)
    _may_be_done: bool = attrs.field(default=False, init=False)
    _last: httpx.Response | httpx.RequestError | None = attrs.field(default=None, init=False)

    def after_fault(self, fault: httpx.RequestError) -> Sleep:
        """Decide after no answer came; raise if that was the last try."""
        wait = self._policy.after_fault(fault, self._counted, self.replay)
        if wait is None:
            raise _no_answer(self.context, self.kwargs, fault) from _shown(self.context, fault)
        self._last = fault
        self._may_be_done = self._may_be_done or not isinstance(fault, NEVER_SENT)
        return self._told(Sleep(wait), type(fault).__name__)

    def after_response(self, response: httpx.Response) -> Sleep | None:
        """Decide after an answer came; None takes it as the last one."""
        _observe(self.context, response, self._number)
        if self._is_deleted(response):
            return None
        wait = self._policy.after_response(response, self._counted, self.replay)
        if wait is None:
            return None
        self._last = response
        self._may_be_done = self._may_be_done or response.status_code not in REFUSED_UNSEEN
        reason = f"{response.status_code}, request id {_request_id(self.context, response)}"
        return self._told(Sleep(wait, response.status_code == 429), reason)

    def answer(self, response: httpx.Response) -> httpx.Response:
        """Give the last answer; what an earlier try has deleted is deleted."""
        return httpx.Response(204, request=response.request) if self._is_deleted(response) else response

    def next(self, others_got_through: object, *, throttled: bool) -> None:
        """Count a try.

        While the server lets others through, a 429 only means that it is not our turn, so they are counted anew.
        """
        self._number += 1
        self._counted = 1 if throttled and others_got_through else self._counted + 1

    def outcome(self) -> httpx.Response:
        """Give, or raise, what came of the tries so far, as there will be no more."""
        if isinstance(self._last, httpx.RequestError):
            raise _no_answer(self.context, self.kwargs, self._last) from _shown(self.context, self._last)
        if self._last is None:
            raise Stopped
        return self._last

    @property
    def _policy(self) -> Policy:
        return Policy(self.context.settings.max_retries, self.context.random, self.context.clock.wall)

    def _is_deleted(self, response: httpx.Response) -> bool:
        return response.status_code == 404 and self._may_be_done and self.replay is Replay.DELETES

    def _told(self, wait: Sleep, reason: str) -> Sleep:
        named = f"{self.kwargs['method'].upper()} {self.kwargs['url']}"
        logger.info("retry %d of %s in %.2f s: %s", self._number, named, wait.seconds, reason)
        return wait


def _observe(context: ClientContext, response: httpx.Response, attempt: int) -> None:
    """Tell the log and `on_response` of an answer."""
    request = response.request
    if logger.isEnabledFor(logging.DEBUG) or context.on_response:
        info = ResponseInfo(
            request.method,
            path_of(request),
            response.status_code,
            _elapsed(response),
            _request_id(context, response),
            attempt,
        )
        logger.debug("%s", info)
        if context.on_response:
            context.on_response(info)


def _elapsed(response: httpx.Response) -> float:
    try:
        return response.elapsed.total_seconds()
    except RuntimeError:  # from a transport that has no body to wait for, such as httpx.MockTransport or a cache
        return 0.0


def judge(context: ClientContext, response: httpx.Response) -> httpx.Response:
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
        request_id=_request_id(context, response),
        retry_after=retry_after(response, context.clock.wall),
        secret=context.settings.api_key,
    )


def _request_id(context: ClientContext, response: httpx.Response) -> str | None:
    """Find the server's id of a request."""
    found: str | None = response.headers.get("x-request-id") or response.headers.get("request-id")
    return found and masked(found, context.settings.api_key)


def _no_answer(context: ClientContext, kwargs: dict[str, Any], fault: httpx.RequestError) -> APIConnectionError:
    kind = APITimeoutError if isinstance(fault, httpx.TimeoutException) else APIConnectionError
    words = masked(str(fault) or type(fault).__name__, context.settings.api_key)
    if isinstance(fault, httpx.LocalProtocolError):
        words = "a header or the URL is not as HTTP has it"
    path = urlsplit(context.settings.base_url).path + kwargs["url"]
    return kind(kwargs["method"].upper(), path, f"no answer ({type(fault).__name__}): {words}")


def _shown(context: ClientContext, fault: httpx.RequestError) -> httpx.RequestError | None:
    """Give a fault if it may stand in a traceback: it may quote a header, or what a server echoed."""
    hidden = isinstance(fault, httpx.LocalProtocolError) or context.settings.api_key in str(fault)
    return None if hidden else fault
