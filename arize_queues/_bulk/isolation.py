"""Send batches, and isolate the records that the server declines.

The server declines a batch as a whole, by one answer for all of its records. To find the bad ones, the batch is split
in halves, and each half that is declined again is split further, until a bad record stands alone. Each split costs a
request, so splitting must end early where it cannot help: if the first records that stand alone are all declined with
the same error and nothing succeeds, the cause is not a record but, say, the queue. Ten of them are tried, because with
fewer many bad records would hide the good ones; and they are taken from all over the batch, because bad records often
stand side by side. An error that says something of the whole job (no permission, a server that is down) stops the job.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from arize_queues._plans.steps import Plan, Stopped
from arize_queues._request.retry import LONGEST_RETRY_AFTER
from arize_queues.errors import (
    AmbiguousNameError,
    APIConnectionError,
    APIStatusError,
    ArizeQueuesError,
    AuthenticationError,
    LedgerError,
    NameNotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
)

from .batches import Batch

if TYPE_CHECKING:
    from .job import BulkJob

Answer = TypeVar("Answer")

# The server understood the request and declined its content, so a part of it may be acceptable.
_DECLINED = frozenset({400, 404, 409, 422})
_ALIKE_BEFORE_GIVING_UP = 10
_OUTAGES_BEFORE_GIVING_UP = 3


class BatchSender(Generic[Answer]):
    """Sends the batches of a job, and decides what to split and when to stop.

    Args:
        job: The job.

    Attributes:
        stop_reason: Why nothing more is sent, or None.
    """

    def __init__(self, job: BulkJob[Any, Answer]) -> None:
        self._job = job
        self.stop_reason: str | None = None
        self._outages = 0
        self._any_success = False
        self._isolated: list[ArizeQueuesError] = []  # errors of records that stand alone
        self._isolation_failed = False

    def send(self, batch: Batch) -> Plan[None]:
        """Send a batch; if the server declines it, send its parts."""
        error = batch.refused or (yield from self._attempt(batch))
        if error is None:
            return
        parts = self._parts_of(batch, error)
        if parts:
            yield from self._isolate(batch, parts, error)
        else:
            self._fail(batch, error)

    def _attempt(self, batch: Batch) -> Plan[ArizeQueuesError | None]:
        """Send a batch once, and record its success; return the error if it fails."""
        job = self._job
        before = job.outcomes.begin(batch)
        try:
            answer = yield from job.send(batch)
        except ArizeQueuesError as error:
            return error
        except Stopped:
            job.outcomes.take_back(batch, before)
            raise
        counts = job.count(batch, answer)
        counts["requests_sent"] = 1
        self._write_ledger(batch, counts)
        job.outcomes.succeed(batch, answer, counts)
        self._outages, self._any_success = 0, True
        job.progress.advance(len(batch.ids))
        return None

    def _write_ledger(self, batch: Batch, counts: Counter[str]) -> None:
        """Write a success to the ledger first: a crash in between makes the next run repeat it, not lose it."""
        if self._job.ledger is None:
            return
        try:
            self._job.ledger.write(batch.keys, counts)
        except LedgerError as error:
            self.stop_reason = str(error)

    def _fail(self, batch: Batch, error: ArizeQueuesError) -> None:
        self._job.outcomes.fail(batch, error)
        self.stop_reason = self.stop_reason or self._reason_to_stop(error)
        self._job.progress.advance(len(batch.ids))

    def _reason_to_stop(self, error: ArizeQueuesError) -> str | None:
        if isinstance(error, AuthenticationError | PermissionDeniedError):
            return "the server does not let this key do it"
        if isinstance(error, RateLimitError) and (error.retry_after or 0.0) > LONGEST_RETRY_AFTER:
            return f"the server asks to wait for {error.retry_after:g} seconds"
        if _is_outage(error):
            self._outages += 1
            if self._outages >= _OUTAGES_BEFORE_GIVING_UP:
                return f"{self._outages} requests in a row failed for good"
        return None

    def _parts_of(self, batch: Batch, error: ArizeQueuesError) -> list[Batch]:
        if isinstance(error, NameNotFoundError | AmbiguousNameError):  # of one source; the others may be valid
            return self._job.split_by_source(batch)
        return self._job.split(batch) if self._may_split(error) else []

    def _may_split(self, error: ArizeQueuesError) -> bool:
        is_declined = isinstance(error, APIStatusError) and error.status_code in _DECLINED
        return is_declined and (self._any_success or not self._isolation_failed)

    def _isolate(self, batch: Batch, parts: list[Batch], declined: ArizeQueuesError) -> Plan[None]:
        """Send the parts of a declined batch, largest first, until bad records stand alone or isolation fails."""
        self._job.outcomes.split(batch, parts, declined)
        isolated: list[ArizeQueuesError] = []
        any_success = False
        while parts and self.stop_reason is None:
            part = parts.pop(0)
            error = yield from self._attempt(part)
            if error is None:
                any_success = True
                continue
            smaller = self._parts_of(part, error)
            if smaller:
                self._job.outcomes.split(part, smaller, error)
                parts[:0] = smaller
                continue
            self._fail(part, error)
            isolated.append(error)
            self._isolated.append(error)
            parts.sort(key=_size, reverse=True)
            if self._is_hopeless(isolated, any_success):
                self._isolation_failed = True
                for rest in parts:
                    self._fail(rest, declined)
                return

    def _is_hopeless(self, isolated: list[ArizeQueuesError], any_success: bool) -> bool:
        """Return True if the records of this batch, or of all batches so far, fail with one error and none succeeds."""
        here = not any_success and _same_error(isolated)
        return here or (not self._any_success and _same_error(self._isolated))


def _size(batch: Batch) -> int:
    return len(batch.ids)


def _is_outage(error: ArizeQueuesError) -> bool:
    """Return True if the server or the way to it failed, not the content; a redirect leads to a login page."""
    if isinstance(error, APIStatusError) and 300 <= error.status_code < 400:
        return True
    return isinstance(error, APIConnectionError | RateLimitError | ServerError | UnexpectedResponseError)


def _same_error(errors: list[ArizeQueuesError]) -> bool:
    kinds = {(type(error), getattr(error, "title", None), getattr(error, "type", None)) for error in errors}
    return len(errors) >= _ALIKE_BEFORE_GIVING_UP and len(kinds) == 1
