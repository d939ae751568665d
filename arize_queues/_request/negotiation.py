"""Find out which revision of the API the server speaks, by writing to it.

The two revisions spell some request bodies differently, and a server refuses the spelling that it does not speak with
400 or 422. Such a refusal changes nothing, so the same write may be sent in the other spelling without acting twice.
But a 400 may also mean that the write itself is wrong, and a client must not send every wrong write twice: it has one
extra request in its life, which it spends on the first refusal that the spelling may explain.

Three rules keep this exact. While the revision is unknown, one write goes alone, under the revision's lock, and finds
it out, so that the writes beside it are spelled right at once. The second spelling of any write is decided under the
same lock, because what another write found out meanwhile changes the decision. And what the enum values of an answer
show counts for more than what an accepted write shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import httpx

from arize_queues._plans.combinators import with_lock
from arize_queues._plans.steps import Plan
from arize_queues.errors import (
    APIStatusError,
    ArizeQueuesError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    UnprocessableEntityError,
)

from .attempts import raise_for_status, send_with_retries
from .context import ClientContext
from .retry import Idempotency
from .revision import Revision, other, spell

REFUSALS = (BadRequestError, UnprocessableEntityError)
_SPELLED_FIELDS = ("record_type", "assignment_method", "instructions", "enum")

SendSpelled: TypeAlias = Callable[[str], Plan[httpx.Response]]


class Try(NamedTuple):
    """Send the write in the spelling of a revision."""

    revision: str


class Raise(NamedTuple):
    """Raise an error: the write is over."""

    error: ArizeQueuesError


class Negotiation:
    """The spellings of one write, as a state machine. Pure: `Revision` is all that it reads and changes.

    ``first`` starts it; ``next`` takes the error of the last try, ``accepted`` its success. A refusal *blames* the
    spelling if its detail names a field or an enum that the revisions spell differently.

    ======  =====================================================  ==========================  ======================
    try     outcome                                                the client learns           next
    ======  =====================================================  ==========================  ======================
    first   success                                                the tried revision, if      done
                                                                   it still knows none
    first   refusal; the user fixed the revision                   -                           Raise(refusal)
    first   refusal; the tried revision is known, no blame         -                           Raise(refusal)
    first   refusal; the other revision is known by now            -                           Try(other)
    first   refusal; the extra request is spent                    assume the other, if it     Raise(refusal)
                                                                   knows none, and on blame
    first   refusal; the extra request is not spent                the request is spent        Try(other)
    first   any other error                                        -                           Raise(error)
    second  success                                                the other revision          done
    second  refusal; the first one blamed, this one does not       the other revision          Raise(second refusal)
    second  refusal; this one blames, the first one did not        the tried revision          Raise(first refusal)
    second  refusal; both blame, or neither                        -                           Raise(first refusal)
    second  not found or conflict: the server read the body        the other revision          Raise(error)
    second  any other error                                        assume the other, on blame  Raise(error)
    ======  =====================================================  ==========================  ======================
    """

    def __init__(self, revision: Revision) -> None:
        self._revision = revision
        self._tried = revision.spoken
        self._first_refusal: APIStatusError | None = None

    def first(self) -> Try:
        """Return the first try: the known revision, or the assumed one."""
        return Try(self._tried)

    def accepted(self) -> None:
        """Learn from a success."""
        if self._first_refusal is not None:
            self._revision.confirm(other(self._tried))
        elif self._revision.known is None:  # what a read has shown in the meantime counts for more
            self._revision.confirm(self._tried)

    def is_final(self, error: ArizeQueuesError) -> bool:
        """Return True if the error of the first try ends the write, whatever other writes find out."""
        revision = self._revision
        if not isinstance(error, REFUSALS) or revision.fixed:
            return True
        return revision.known == self._tried and not _blames_spelling(error)

    def next(self, error: ArizeQueuesError) -> Try | Raise:
        """Return the step after a try that failed."""
        if self._first_refusal is not None:
            return self._after_second(self._first_refusal, error)
        if self.is_final(error) or not isinstance(error, REFUSALS):
            return Raise(error)
        return self._after_first(error)

    def _after_first(self, refusal: APIStatusError) -> Try | Raise:
        revision = self._revision
        if revision.known in (None, self._tried):
            if revision.probed:
                if revision.known is None and _blames_spelling(refusal):
                    revision.assumed = other(self._tried)
                return Raise(refusal)
            revision.probed = True
        self._first_refusal = refusal
        return Try(other(self._tried))

    def _after_second(self, refusal: APIStatusError, error: ArizeQueuesError) -> Raise:
        first_blames = _blames_spelling(refusal)
        if isinstance(error, REFUSALS):
            second_blames = _blames_spelling(error)
            if first_blames and not second_blames:
                self._revision.confirm(other(self._tried))
                return Raise(error)
            if second_blames and not first_blames:
                self._revision.confirm(self._tried)
            return Raise(refusal)
        if isinstance(error, NotFoundError | ConflictError):
            self._revision.confirm(other(self._tried))
        elif first_blames:
            self._revision.assumed = other(self._tried)
        return Raise(error)


def send_negotiated(context: ClientContext, kwargs: dict[str, Any], idempotency: Idempotency) -> Plan[httpx.Response]:
    """Send a write whose body the revisions spell differently.

    Raises:
        APIStatusError: The server refused it.
    """

    def send(revision: str) -> Plan[httpx.Response]:
        spelled = {**kwargs, "json": spell(kwargs["json"], revision)}
        return raise_for_status(context, (yield from send_with_retries(context, spelled, idempotency)))

    revision = context.revision
    if revision.known is None:
        response = yield from with_lock(revision.lock, _find_out(revision, send))
        if response is not None:
            return response
    negotiation = Negotiation(revision)
    try:
        response = yield from send(negotiation.first().revision)
    except REFUSALS as refusal:
        if negotiation.is_final(refusal):
            raise
        error = refusal
    else:
        negotiation.accepted()
        return response
    return (yield from with_lock(revision.lock, _send_again(negotiation, error, send)))


def _find_out(revision: Revision, send: SendSpelled) -> Plan[httpx.Response | None]:
    """Send the write that finds out the revision; None if another write has, while this one waited."""
    if revision.known is not None:
        return None
    negotiation = Negotiation(revision)
    try:
        response = yield from send(negotiation.first().revision)
    except ArizeQueuesError as error:
        return (yield from _send_again(negotiation, error, send))
    negotiation.accepted()
    return response


def _send_again(negotiation: Negotiation, error: ArizeQueuesError, send: SendSpelled) -> Plan[httpx.Response]:
    """Follow the negotiation from a failed try to its end."""
    while isinstance(action := negotiation.next(error), Try):
        try:
            response = yield from send(action.revision)
        except ArizeQueuesError as failed:
            error = failed
        else:
            negotiation.accepted()
            return response
    raise action.error from (action.error.__cause__ if action.error is error else None)


def _blames_spelling(error: APIStatusError) -> bool:
    detail = (error.detail or "").lower()
    return any(word in detail for word in _SPELLED_FIELDS)
