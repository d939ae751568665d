"""A bulk call, from its input to its result.

A job resolves names and reads what it needs (`prepare`), sends its batches many at a time, and returns its result. If
something is left, it raises a `PartialFailureError` that accounts for every record: what succeeded, what failed and
why, and what remains, in the form that the call takes.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

from arize_queues._names.resolver import Resolver
from arize_queues._plans.combinators import DeadlineReached, with_deadline
from arize_queues._plans.steps import Plan
from arize_queues._request.context import ClientContext
from arize_queues._results import AddSummary, BulkSummary, Failure
from arize_queues.errors import APITimeoutError, DeadlineExceededError, PartialFailureError

from .batches import Batch, BatchPath, BatchSource, InputBuffer
from .isolation import BatchSender
from .ledger import Ledger
from .options import BulkOptions
from .outcomes import Outcomes
from .progress import Progress
from .scheduler import Scheduler

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class BulkJob(ABC, Generic[Item, Answer]):
    """One bulk call.

    Args:
        context: The state of the client.
        resolver: The names of the call.
        given: The input, checked: a list or dict, or the caller's iterator, which is read while the job sends.
        options: Progress, ledger and deadline of the call.

    Attributes:
        operation: Name of the call, for the ledger and the progress display.
        keep_results: Keep the answers for the result.
        buffer: Buffer of the caller's iterator; empty if the input is a list or dict.
        outcomes: The outcome of each batch.
        ledger: The ledger, or None.
        progress: The progress display.
    """

    operation: ClassVar[str]
    keep_results: ClassVar[bool] = True

    def __init__(self, context: ClientContext, resolver: Resolver, given: Any, options: BulkOptions) -> None:
        self.context = context
        self.resolver = resolver
        self.given = given
        self.options = options
        self.buffer = self._make_buffer(given if self.is_stream else iter(()))
        self.outcomes: Outcomes[Answer] = Outcomes(keep_results=self.keep_results)
        self.ledger = None if options.ledger is None else Ledger(options.ledger)
        self.progress = Progress(options.progress, self.operation, context.clock)
        self._sender = BatchSender[Answer](self)
        self._batches: BatchSource | None = None
        self._any_not_started = False
        self._out_of_time = False

    @property
    def counts(self) -> Counter[str]:
        """The counts of the records that succeeded, in this run and in earlier ones with the same ledger."""
        counts = self.outcomes.counts
        counts.update({} if self.ledger is None else self.ledger.before)
        return counts

    @property
    def is_stream(self) -> bool:
        """True if the input is the caller's iterator."""
        return isinstance(self.given, Iterator)

    # What each kind of job defines.

    @abstractmethod
    def prepare(self) -> Plan[BatchSource]:
        """Resolve names, read what the job needs, open the ledger, and return the batches."""

    @abstractmethod
    def batch(self, path: BatchPath, item: Any) -> Batch:
        """Return the batch of one item of `ListBatches`."""

    @abstractmethod
    def batches_of(self, group: int, items: list[Any]) -> tuple[Sequence[Batch], Counter[str]]:
        """Return the batches of a group of items of the iterator, and their counts; a malformed item fails alone."""

    @abstractmethod
    def send(self, batch: Batch) -> Plan[Answer]:
        """Send a batch."""

    def split(self, batch: Batch) -> list[Batch]:
        """Return the halves of a batch; none if it cannot be split."""
        del batch
        return []

    def split_by_source(self, batch: Batch) -> list[Batch]:
        """Return a batch for each record source of a batch; none if it has only one."""
        del batch
        return []

    @abstractmethod
    def count(self, batch: Batch, answer: Answer) -> Counter[str]:
        """Return the counts of a batch that succeeded."""

    @abstractmethod
    def summary(self, failed: int) -> AddSummary | BulkSummary:
        """Return the counts of the job so far, given the number of failed records."""

    @abstractmethod
    def result(self, summary: Any) -> Any:
        """Return the result of the call, of the batches that succeeded so far, with their summary."""

    @abstractmethod
    def items_of(self, batch: Batch) -> Iterable[Item]:
        """Return the items of a batch in the form that the call takes."""

    @abstractmethod
    def remaining(self, batches: Iterable[Batch]) -> Any:
        """Return the items of batches as a list or dict that the call takes."""

    def needs_warm_up(self) -> bool:
        """Return True to send the first batch alone, because the others rely on what it finds out."""
        return False

    def failure_prefix(self) -> str:
        """Return the beginning of the message of a failed call."""
        return ""

    def _make_buffer(self, source: Iterator[Any]) -> InputBuffer[Any]:
        return InputBuffer(source, self.context, self.options.deadline)

    # The story of every bulk call.

    def run(self) -> Plan[Any]:
        """Send all batches, and return the result of the call.

        Raises:
            PartialFailureError: Some records did not succeed.
        """
        try:
            caller_error = yield from self._send_all()
        except BaseException as interruption:
            if not isinstance(interruption, Exception):
                # Ctrl-C and a cancellation must keep their types, so the account is attached to them.
                partial = self._partial_failure("interrupted", PartialFailureError)
                cast("Any", interruption).partial = partial
                interruption.add_note(str(partial))
            raise
        finally:
            self.progress.close()
            if self.ledger is not None:
                self.ledger.close()
        return self._conclude(caller_error)

    def _send_all(self) -> Plan[Exception | None]:
        """Send all batches; return an error that the caller's code raised, in the iterator or in `progress`."""
        try:
            batches = yield from with_deadline(self.prepare(), self.options.deadline, self.context.clock.now)
        except DeadlineReached:
            self._out_of_time = True
            return None
        self._batches = batches
        plans = map(self._sender.send, batches)
        try:
            if self.needs_warm_up():
                yield from self._schedule(itertools.islice(plans, 1))
            yield from self._schedule(plans)
        except Exception as error:
            return error
        self._any_not_started = self._has_next()
        return None

    def _schedule(self, plans: Iterator[Plan[None]]) -> Plan[None]:
        scheduler = Scheduler(self.context, plans, self._is_stopped, self.options.deadline)
        yield from scheduler.run()
        self._out_of_time = self._out_of_time or scheduler.out_of_time

    def _is_stopped(self) -> bool:
        return self._sender.stop_reason is not None

    def _has_next(self) -> bool:
        try:
            return self._batches is not None and self._batches.has_next()
        except Exception as error:  # of the caller's iterator, which is at its end then
            self._sender.stop_reason = self._sender.stop_reason or f"stopped by {error!r}"
            return False

    def _conclude(self, caller_error: Exception | None) -> Any:
        if caller_error is not None:
            raise self._partial_failure(f"stopped by {caller_error!r}", PartialFailureError) from caller_error
        failed, stop_reason = self.outcomes.failed, self._sender.stop_reason
        cause = failed[0][1] if failed else None
        if self._is_late():
            raise self._partial_failure("the deadline came first", DeadlineExceededError) from cause
        if self._any_not_started or self.outcomes.unfinished or stop_reason:
            raise self._partial_failure(stop_reason or "some of it did not go through", PartialFailureError) from cause
        return self.result(self.summary(0))

    def _is_late(self) -> bool:
        if self._out_of_time:
            return True
        if not self.context.is_past(self.options.deadline):
            return False
        cut_off = any(isinstance(error, APITimeoutError) for _, error in self.outcomes.failed)
        return cut_off or (self._any_not_started and not self._is_stopped())

    def _partial_failure(self, reason: str, kind: type[PartialFailureError]) -> PartialFailureError:
        failed = self.outcomes.failed
        summary = self.summary(sum(len(batch.ids) for batch, _ in failed))
        return kind(
            f"{self.failure_prefix()}{reason}",
            completed=self.result(summary),
            remaining=self._remaining(),
            failures=[Failure(list(batch.ids), error) for batch, error in failed],
            summary=summary,
        )

    def _remaining(self) -> Any:
        """Return what is left, in the form that the call takes: an iterator for an iterator."""
        if self._batches is None:
            return self.buffer.remaining() if self.is_stream else self.given
        last = self._batches.last
        unreported = [last] if last is not None and last not in self.outcomes else []
        batches = itertools.chain(self.outcomes.unfinished, unreported, self._batches)
        return self._stream_of(batches) if self.is_stream else self.remaining(batches)

    def _stream_of(self, batches: Iterable[Batch]) -> Iterator[Item]:
        """Yield the items of batches, then the rest of the caller's iterator, which may be endless."""
        for batch in batches:
            yield from self.items_of(batch)
        yield from self.buffer.remaining()
