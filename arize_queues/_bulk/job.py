"""Bulk calls: what comes first, many batches sent at once, and how the outcome is put."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar, cast

import attrs

from arize_queues._plans.deadline import TimeIsUp, in_time
from arize_queues._plans.steps import Plan
from arize_queues._request.context import ClientContext
from arize_queues._results import AddSummary, BulkSummary, Failure
from arize_queues.errors import APITimeoutError, DeadlineExceededError, PartialFailureError

from .batches import Supply
from .outcomes import Account, Batch
from .scheduler import Gathering

R = TypeVar("R")


@attrs.define(eq=False)
class BulkCall(Generic[R]):
    """A bulk call: its batches, and how its outcome is put.

    Attributes:
        session: The client's state.
        account: What became of it.
        deadline: The time on the session's clock after which nothing more is sent, or None.
        completed: Makes what the call returns, out of the batches that went through, in input order.
        remaining: Puts what is left into the form that the call takes: batches in input order, or None where there
            are none yet.
        summary: Counts; told how many ids failed.
        failed: What a failed call begins its words with.
    """

    context: ClientContext
    account: Account[R]
    deadline: float | None
    completed: Callable[[list[tuple[Batch[R], R]], AddSummary | BulkSummary], Any]
    remaining: Callable[[Iterable[Batch[R]] | None], Any]
    summary: Callable[[int], AddSummary | BulkSummary]
    failed: str = ""
    _batches: Supply[R] | None = attrs.field(default=None, init=False)
    _unbegun: bool = attrs.field(default=False, init=False)
    _out_of_time: bool = attrs.field(default=False, init=False)

    def carry_out(self, prepared: Plan[Supply[R]], *, scout: bool = False) -> Plan[Any]:
        """Send all batches, and return what the call returns.

        Args:
            prepared: Finds and reads what the batches need, and makes them, in input order. Its errors are the call's.
            scout: Send the first batch alone: what it finds out, the server's spelling and names, serves the others.

        Raises:
            PartialFailureError: Not all went through.
        """
        try:
            broken = yield from self._send_all(prepared, scout)
        except BaseException as interruption:
            if not isinstance(interruption, Exception):
                # Ctrl-C and cancellations must stay what they are, so the account rides along.
                partial = self._partial("interrupted", PartialFailureError)
                cast("Any", interruption).partial = partial
                interruption.add_note(str(partial))
            raise
        finally:
            self.account.close()
        return self._conclude(broken)

    def _send_all(self, prepared: Plan[Supply[R]], scout: bool) -> Plan[Exception | None]:
        """Send all batches; give what the caller's own code raised, in the input or in `progress`."""
        try:
            batches = yield from in_time(prepared, self.deadline, self.context.clock.now)
        except TimeIsUp:
            self._out_of_time = True
            return None
        self._batches = batches
        plans = map(self.account.deliver, batches)
        try:
            if scout:
                yield from self._gather(itertools.islice(plans, 1))
            yield from self._gather(plans)
        except Exception as error:
            return error
        self._unbegun = self._is_unbegun()
        return None

    def _gather(self, plans: Iterator[Plan[None]]) -> Plan[None]:
        stopped = lambda: self.account.stop_reason is not None  # noqa: E731
        gathering = Gathering(self.context, plans, stopped, self.deadline)
        yield from gathering.carry_out()
        self._out_of_time = self._out_of_time or gathering.out_of_time

    def _conclude(self, broken: Exception | None) -> Any:
        account = self.account
        if broken is not None:
            raise self._partial(f"stopped by {broken!r}", PartialFailureError) from broken
        failed = account.failed
        cause = failed[0][1] if failed else None
        if self._is_late():
            raise self._partial("the deadline came first", DeadlineExceededError) from cause
        if self._unbegun or account.left or account.stop_reason:
            raise self._partial(account.stop_reason or "some of it did not go through", PartialFailureError) from cause
        return self.completed(account.done, self.summary(0))

    def _is_late(self) -> bool:
        if self._out_of_time:
            return True
        if not self.context.is_past(self.deadline):
            return False
        cut_off = any(isinstance(error, APITimeoutError) for _, error in self.account.failed)
        return cut_off or (self.account.stop_reason is None and self._unbegun)

    def _is_unbegun(self) -> bool:
        """Say whether there is a batch that has not begun."""
        try:
            return self._batches is not None and self._batches.more()
        except Exception as broken:  # the caller's iterator; it gives nothing more
            self.account.stop_reason = self.account.stop_reason or f"stopped by {broken!r}"
            return False

    def _partial(self, reason: str, kind: type[PartialFailureError]) -> PartialFailureError:
        account = self.account
        failed = account.failed
        summary = self.summary(sum(len(batch.ids) for batch, _ in failed))
        return kind(
            f"{self.failed}{reason}",
            completed=self.completed(account.done, summary),
            remaining=self.remaining(self._left()),
            failures=[Failure(list(batch.ids), error) for batch, error in failed],
            summary=summary,
        )

    def _left(self) -> Iterator[Batch[R]] | None:
        if self._batches is None:
            return None
        last = self._batches.last
        untold = [last] if last is not None and last.position not in self.account.fates else []
        return itertools.chain(self.account.left, untold, self._batches)
