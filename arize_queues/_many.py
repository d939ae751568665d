"""What deleting, annotating and assigning many records have in common: counts, the ledger, the rows."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, TypeAlias, TypeVar, cast

import attrs

from ._account import Account, Batch
from ._bulk import BulkCall
from ._ledger import Ledger, fingerprint
from ._plan import Plan
from ._progress import ProgressOption, show
from ._resolve import QueueRef
from ._results import BulkResult, BulkSummary
from ._session import Session

R = TypeVar("R")
V = TypeVar("V")

LedgerPath: TypeAlias = str | os.PathLike[str] | None
Rows: TypeAlias = Iterable[tuple[str, V]]


@attrs.define(eq=False)
class Many(Generic[R]):
    """A bulk call on records that are in the queue.

    Attributes:
        session: The client's state.
        operation: The name of the call.
        queue: Whose records they are.
        progress: How it is shown how far it is.
        deadline: The time after which nothing more is sent, or None.
        ledger: Where it is written down, if anywhere.
        taken: The counts "submitted" and "duplicates" of what the input has given so far.
        left_out: Record id to the reason why nothing is sent for it.
    """

    session: Session
    operation: str
    queue: QueueRef
    progress: ProgressOption
    deadline: float | None
    ledger: Ledger | None = None
    taken: Counter[str] = attrs.field(factory=Counter, init=False)
    left_out: dict[str, str] = attrs.field(factory=dict, init=False)

    def open_ledger(self, path: LedgerPath, items: Iterable[str]) -> AbstractContextManager[object]:
        """Open the ledger of the job, if there is to be one; leaving the context closes it."""
        if path is None:
            return nullcontext()
        job = {"operation": self.operation, "queue": self.queue.id, "input": fingerprint(items)}
        self.ledger = Ledger(path, job)
        return self.ledger

    def undone(self, rows: dict[str, V]) -> dict[str, V]:
        """Leave out what the ledger has, which counts as done whatever else was found about it."""
        ledger = self.ledger
        if ledger is None:
            return rows
        for name in [name for name in self.left_out if ledger.has(name)]:
            del self.left_out[name]
        return {name: value for name, value in rows.items() if not ledger.has(name)}

    def counted(self, items: Iterable[V]) -> Iterator[V]:
        """Count what an iterator gives."""
        for item in items:
            self.taken["submitted"] += 1
            yield item

    def carry_out(
        self,
        batches: Iterator[Batch[R]],
        total: int | None,
        completed: Callable[[list[tuple[Batch[R], R]], BulkSummary], Any],
        remaining: Callable[[Iterable[Batch[R]]], Any],
        *,
        keep: bool = True,
    ) -> Plan[Any]:
        """Send the batches.

        Args:
            batches: What to send, in input order.
            total: How many records there are, if known.
            completed: Makes what the call returns.
            remaining: Puts batches into the form that the call takes.
            keep: Whether `completed` needs the batches.
        """
        shown = show(self.progress, total, self.operation, self.session.clock)
        account = Account[R](shown, lambda batch, _: {"done": len(batch.ids)}, self.ledger, keep=keep)
        bulk = BulkCall(
            self.session,
            batches,
            account,
            self.deadline,
            lambda done, summary: completed(done, cast("BulkSummary", summary)),
            remaining,
            lambda failed: self._summary(account.counts, failed),
        )
        return (yield from bulk.carry_out())

    def one_each(self, rows: Rows[V], total: int | None, send: Callable[[str, V], Plan[R]]) -> Plan[BulkResult[R]]:
        """Send one request for each record."""

        def batch(index: int, record_id: str, value: V) -> Batch[R]:
            return Batch((index,), [record_id], [record_id], lambda: send(record_id, value), payload=(record_id, value))

        batches = (batch(index, record_id, value) for index, (record_id, value) in enumerate(rows))
        lazily = total is None
        result: BulkResult[R] = yield from self.carry_out(
            batches, total, self._results, iter_pairs if lazily else dict_of_pairs
        )
        return result

    def _results(self, done: list[tuple[Batch[R], R]], summary: BulkSummary) -> BulkResult[R]:
        return BulkResult({batch.ids[0]: result for batch, result in done}, summary, self.left_out)

    def _summary(self, counts: Counter[str], failed: int) -> BulkSummary:
        submitted, duplicates = self.taken["submitted"], self.taken["duplicates"]
        done, left_out = counts["done"], len(self.left_out)
        return BulkSummary(
            submitted=submitted,
            duplicates=duplicates,
            done=done,
            left_out=left_out,
            failed=failed,
            not_sent=submitted - duplicates - done - left_out - failed,
            requests_sent=counts["requests_sent"],
        )


def dict_of_pairs(batches: Iterable[Batch[Any]]) -> dict[str, Any]:
    """Put what is left into a mapping."""
    return dict(iter_pairs(batches))


def iter_pairs(batches: Iterable[Batch[Any]]) -> Iterator[tuple[str, Any]]:
    """Put what is left into pairs, as they come."""
    return (batch.payload for batch in batches)
