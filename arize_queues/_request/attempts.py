"""Send one request until it has its final answer: attempts, waits, log lines, errors."""

from __future__ import annotations

import logging
from typing import Any, cast
from urllib.parse import urlsplit

import attrs
import httpx
from arize_queues_raw.encoding import loads

from arize_queues._plans.steps import Plan, Send, Sleep, Stopped
from arize_queues._redaction import path_of, redact
from arize_queues._results import ResponseInfo
from arize_queues.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InvalidRequestError,
    class_for,
)

from .context import ClientContext
from .retry import NEVER_SENT, NOT_PROCESSED, Idempotency, Policy, retry_after

logger = logging.getLogger("arize_queues")


def send_with_retries(context: ClientContext, kwargs: dict[str, Any], idempotency: Idempotency) -> Plan[httpx.Response]:
    """Send a request, and repeat it as its idempotency allows, until it has its final answer.

    Raises:
        InvalidRequestError: No URL can hold the request.
        APIConnectionError: No answer came.
        ConfigurationError: The httpx client is closed.
        Stopped: The call ended before the request was sent even once.
    """
    attempts, send = Attempts(context, kwargs, idempotency), Send(kwargs)
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
                if "closed" not in str(fault):  # the word of httpx for its clients, and of asyncio for its loops
                    raise
                raise ConfigurationError("the httpx client, or its event loop, is closed: make a new client") from fault
            except httpx.RequestError as fault:
                wait = attempts.wait_after_fault(fault)
            else:
                wait = attempts.wait_after_response(response)
                if wait is None:
                    return attempts.final_answer(response)
            attempts.count((yield wait), throttled=wait.throttled)
    except Stopped:
        return attempts.outcome_so_far()


@attrs.define
class Attempts:
    """The attempts of one request.

    Args:
        context: The state of the client.
        kwargs: The request.
        idempotency: The effect of sending it twice.
    """

    context: ClientContext
    kwargs: dict[str, Any]
    idempotency: Idempotency
    _number: int = attrs.field(default=1, init=False)
    _budget_used: int = attrs.field(default=1, init=False)
    _may_be_done: bool = attrs.field(default=False, init=False)
    _last: httpx.Response | httpx.RequestError | None = attrs.field(default=None, init=False)

    def wait_after_fault(self, fault: httpx.RequestError) -> Sleep:
        """Return the wait before the next attempt, after no answer came; raise if this was the last attempt."""
        wait = self._policy.after_fault(fault, self._budget_used, self.idempotency)
        if wait is None:
            raise _no_answer(self.context, self.kwargs, fault) from _cause(self.context, fault)
        self._last = fault
        self._may_be_done = self._may_be_done or not isinstance(fault, NEVER_SENT)
        return self._logged(Sleep(wait), type(fault).__name__)

    def wait_after_response(self, response: httpx.Response) -> Sleep | None:
        """Return the wait before the next attempt, after an answer came; None if the answer is final."""
        _report(self.context, response, self._number)
        if self._is_deleted(response):
            return None
        wait = self._policy.after_response(response, self._budget_used, self.idempotency)
        if wait is None:
            return None
        self._last = response
        self._may_be_done = self._may_be_done or response.status_code not in NOT_PROCESSED
        reason = f"{response.status_code}, request id {_request_id(self.context, response)}"
        return self._logged(Sleep(wait, response.status_code == 429), reason)

    def final_answer(self, response: httpx.Response) -> httpx.Response:
        """Return the final answer; a 404 after an attempt that may have deleted the thing counts as its 204."""
        return httpx.Response(204, request=response.request) if self._is_deleted(response) else response

    def count(self, others_succeeded: object, *, throttled: bool) -> None:
        """Count an attempt.

        While the server answers other requests, a 429 only means that this one has to wait, so it uses no budget.
        """
        self._number += 1
        self._budget_used = 1 if throttled and others_succeeded else self._budget_used + 1

    def outcome_so_far(self) -> httpx.Response:
        """Return or raise the outcome of the attempts so far, because there will be no more."""
        if isinstance(self._last, httpx.RequestError):
            raise _no_answer(self.context, self.kwargs, self._last) from _cause(self.context, self._last)
        if self._last is None:
            raise Stopped
        return self._last

    @property
    def _policy(self) -> Policy:
        return Policy(self.context.settings.max_retries, self.context.random, self.context.clock.wall)

    def _is_deleted(self, response: httpx.Response) -> bool:
        return response.status_code == 404 and self._may_be_done and self.idempotency is Idempotency.DELETE

    def _logged(self, wait: Sleep, reason: str) -> Sleep:
        request = f"{self.kwargs['method'].upper()} {self.kwargs['url']}"
        logger.info("retry %d of %s in %.2f s: %s", self._number, request, wait.seconds, reason)
        return wait


def raise_for_status(context: ClientContext, response: httpx.Response) -> httpx.Response:
    """Return a success; turn every other answer into its error.

    Raises:
        APIStatusError: The server refused the request.
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


def _report(context: ClientContext, response: httpx.Response, attempt: int) -> None:
    """Log an answer, and call `on_response`."""
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
    except RuntimeError:  # a transport without a body to wait for, such as httpx.MockTransport or a cache
        return 0.0


def _request_id(context: ClientContext, response: httpx.Response) -> str | None:
    """Return the server's ID of a request."""
    found: str | None = response.headers.get("x-request-id") or response.headers.get("request-id")
    return found and redact(found, context.settings.api_key)


def _no_answer(context: ClientContext, kwargs: dict[str, Any], fault: httpx.RequestError) -> APIConnectionError:
    kind = APITimeoutError if isinstance(fault, httpx.TimeoutException) else APIConnectionError
    text = redact(str(fault) or type(fault).__name__, context.settings.api_key)
    if isinstance(fault, httpx.LocalProtocolError):
        text = "a header or the URL is not as HTTP has it"
    path = urlsplit(context.settings.base_url).path + kwargs["url"]
    return kind(kwargs["method"].upper(), path, f"no answer ({type(fault).__name__}): {text}")


def _cause(context: ClientContext, fault: httpx.RequestError) -> httpx.RequestError | None:
    """Return the fault to show in a traceback; None if it may quote a header or the API key."""
    is_secret = isinstance(fault, httpx.LocalProtocolError) or context.settings.api_key in str(fault)
    return None if is_secret else fault
