"""Bulk calls: many batches sent at once, and how the outcome is put."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar, cast

import attrs

from ._account import Account, Batch
from ._errors import APITimeoutError, DeadlineExceededError, PartialFailureError
from ._gather import Gathering
from ._plan import Plan
from ._results import AddSummary, BulkSummary, Failure
from ._session import Session

R = TypeVar("R")


@attrs.define(eq=False)
class BulkCall(Generic[R]):
    """A bulk call: its batches, and how its outcome is put.

    Attributes:
        session: The client's state.
        batches: What to send, in input order.
        account: What became of it.
        deadline: The time on the session's clock after which nothing more is sent, or None.
        completed: Makes what the call returns, out of the batches that went through, in input order.
        remaining: Puts batches, which come in input order, into the form that the call takes.
        summary: Counts; told how many ids failed.
    """

    session: Session
    batches: Iterator[Batch[R]]
    account: Account[R]
    deadline: float | None
    completed: Callable[[list[tuple[Batch[R], R]], AddSummary | BulkSummary], Any]
    remaining: Callable[[Iterable[Batch[R]]], Any]
    summary: Callable[[int], AddSummary | BulkSummary]

    def carry_out(self, *, scout: bool = False) -> Plan[Any]:
        """Send all batches, and return what the call returns.

        Args:
            scout: Send the first batch alone while the server's spelling is not known.

        Raises:
            PartialFailureError: Not all went through.
        """
        broken: Exception | None = None
        try:
            yield from self._send_all(scout)
        except Exception as error:  # the caller's own, from the input or from `progress`
            broken = error
        except BaseException as interruption:
            # Ctrl-C and cancellations must stay what they are, so the account rides along.
            partial = self._partial("interrupted", PartialFailureError)
            cast("Any", interruption).partial = partial
            interruption.add_note(str(partial))
            raise
        finally:
            self.account.progress.close()
        return self._conclude(broken)

    def _send_all(self, scout: bool) -> Plan[None]:
        account = self.account
        plans = (account.deliver(batch) for batch in self.batches)
        if scout and self.session.revision.known is None:
            yield from self._gather(itertools.islice(plans, 1))
        yield from self._gather(plans)

    def _gather(self, plans: Iterator[Plan[None]]) -> Plan[None]:
        stopped = lambda: self.account.stop_reason is not None  # noqa: E731
        yield from Gathering(self.session, plans, stopped, self.deadline).carry_out()

    def _conclude(self, broken: Exception | None) -> Any:
        account = self.account
        if broken is not None:
            raise self._partial(f"stopped by {broken!r}", PartialFailureError) from broken
        unbegun = self._next_unbegun()
        self.batches = itertools.chain(unbegun, self.batches)
        failed = account.failed
        if self._ended_by_deadline(bool(unbegun)):
            raise self._partial("the deadline came first", DeadlineExceededError)
        if failed or unbegun or account.stop_reason:
            reason = account.stop_reason or "some of it did not go through"
            raise self._partial(reason, PartialFailureError) from (failed[0][1] if failed else None)
        return self.completed(account.done, self.summary(0))

    def _ended_by_deadline(self, unbegun: bool) -> bool:
        if self.deadline is None or self.session.clock.now() < self.deadline:
            return False
        cut_off = any(isinstance(error, APITimeoutError) for _, error in self.account.failed)
        return cut_off or (self.account.stop_reason is None and (unbegun or self.account.under_way))

    def _next_unbegun(self) -> list[Batch[R]]:
        try:
            return list(itertools.islice(self.batches, 1))
        except Exception as broken:  # the caller's iterator; it gives nothing more
            self.account.stop_reason = self.account.stop_reason or f"stopped by {broken!r}"
            return []

    def _partial(self, reason: str, kind: type[PartialFailureError]) -> PartialFailureError:
        account = self.account
        failed = account.failed
        summary = self.summary(sum(len(batch.ids) for batch, _ in failed))
        return kind(
            reason,
            completed=self.completed(account.done, summary),
            remaining=self.remaining(itertools.chain((batch for batch, _ in failed), self.batches)),
            failures=[Failure(list(batch.ids), error) for batch, error in failed],
            summary=summary,
        )
