"""Writing to a server whose spelling may not be known."""

from __future__ import annotations

from typing import Any

import httpx

from arize_queues._plans.combinators import in_turn
from arize_queues._plans.steps import Plan
from arize_queues.errors import (
    APIStatusError,
    ArizeQueuesError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    UnprocessableEntityError,
)

from .attempts import exchange, judge
from .context import ClientContext
from .retry import Replay
from .revision import other, spell

REFUSED = (BadRequestError, UnprocessableEntityError)
"""Such a refusal has changed nothing, so writing it the other way cannot act twice."""


def exchange_spelled(context: ClientContext, kwargs: dict[str, Any], replay: Replay) -> Plan[httpx.Response]:
    """Send a body that the revisions write differently.

    While nothing has told which of them the server speaks, one write goes alone and finds out, so that those beside it
    are written right at once. Where the server refuses a spelling, the other one is tried, once in a client's life.
    """
    revision = context.revision
    if revision.known is None:
        response = yield from in_turn(revision.turn, _first(context, kwargs, replay))
        if response is not None:
            return response
    tried = revision.spoken
    try:
        return (yield from _spelled(context, kwargs, tried, replay))
    except REFUSED as error:
        if revision.fixed or (revision.known == tried and not _blames_spelling(error)):
            raise
        refusal = error
    return (yield from in_turn(revision.turn, _second(context, kwargs, replay, tried, refusal)))


def _first(context: ClientContext, kwargs: dict[str, Any], replay: Replay) -> Plan[httpx.Response | None]:
    """Write while nothing is known; None where that has changed while this write waited."""
    revision = context.revision
    if revision.known is not None:
        return None
    tried = revision.guess
    try:
        response = yield from _spelled(context, kwargs, tried, replay)
    except REFUSED as error:
        refusal = error
    else:
        if revision.known is None:  # what a read has shown in the meantime counts for more
            revision.settle(tried)
        return response
    return (yield from _second(context, kwargs, replay, tried, refusal))


def _second(
    context: ClientContext, kwargs: dict[str, Any], replay: Replay, tried: str, refusal: APIStatusError
) -> Plan[httpx.Response]:
    """Write what was refused in the other spelling, if that has become known or may still be tried."""
    revision = context.revision
    if revision.known in (None, tried):
        if revision.probed:
            if revision.known is None and _blames_spelling(refusal):
                revision.guess = other(tried)
            raise refusal
        revision.probed = True
    return (yield from _respelled(context, kwargs, other(tried), replay, refusal))


def _respelled(
    context: ClientContext, kwargs: dict[str, Any], spelling: str, replay: Replay, refusal: APIStatusError
) -> Plan[httpx.Response]:
    """Send a refused body in the other spelling, and take down which of the two the server understood."""
    revision = context.revision
    try:
        response = yield from _spelled(context, kwargs, spelling, replay)
    except REFUSED as second:
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


def _spelled(context: ClientContext, kwargs: dict[str, Any], revision: str, replay: Replay) -> Plan[httpx.Response]:
    spelled = {**kwargs, "json": spell(kwargs["json"], revision)}
    return judge(context, (yield from exchange(context, spelled, replay)))


def _blames_spelling(error: APIStatusError) -> bool:
    words = (error.detail or "").lower()
    return any(word in words for word in ("record_type", "assignment_method", "instructions", "enum"))
