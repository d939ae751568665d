"""Writing to a server whose spelling may not be known."""

from __future__ import annotations

from typing import Any

import httpx

from ._errors import (
    APIStatusError,
    ArizeQueuesError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    UnprocessableEntityError,
)
from ._exchange import exchange, judge
from ._plan import Plan
from ._retry import Replay
from ._revision import other, spell
from ._session import Session


def exchange_spelled(session: Session, kwargs: dict[str, Any], replay: Replay) -> Plan[httpx.Response]:
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
    return judge(session, (yield from exchange(session, spelled, replay)))


def _blames_spelling(error: APIStatusError) -> bool:
    words = (error.detail or "").lower()
    return any(word in words for word in ("record_type", "assignment_method", "instructions", "enum"))
