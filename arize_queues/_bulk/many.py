"""What deleting, annotating and assigning many records have in common: counts, the ledger, the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from arize_queues._names.resolver import QueueRef
from arize_queues._plans.steps import Plan
from arize_queues._request.context import ClientContext
from arize_queues._results import AddSummary, BulkResult, BulkSummary

from .batches import Supply
from .input_buffer import Intake
from .job import BulkCall
from .ledger import Ledger, LedgerPath, fingerprint
from .outcomes import Account, Batch
from .progress import ProgressOption, show

R = TypeVar("R")

Done: TypeAlias = list[tuple[Batch[R], R]]


@attrs.frozen
class Options:
    """How a bulk call goes about it.

    Attributes:
        progress: How it is shown how far it is.
        ledger: Where it is written down, or None.
        deadline: The time on the session's clock after which nothing more is sent, or None.
    """

    progress: ProgressOption
    ledger: LedgerPath
    deadline: float | None


@attrs.define(eq=False)
class Many(Generic[R]):
    """A bulk call on records that are in the queue.

    Attributes:
        session: The client's state.
        operation: The name of the call.
        given: The input: a list or dict that has been read, or an iterator that is read as there is room.
        options: How it is gone about.
        taken: The counts "submitted" and "duplicates" of an input that has been read.
        left_out: Record id to the reason why nothing is sent for it.
        trimmed: Record id to the reason why not all that was given for it is sent.
        intake: The reading of an iterator.
        account: What became of it.
    """

    context: ClientContext
    operation: str
    given: list[str] | dict[str, Any] | Iterator[Any]
    options: Options
    taken: Counter[str] = attrs.field(factory=Counter, init=False)
    left_out: dict[str, str] = attrs.field(factory=dict, init=False)
    trimmed: dict[str, str] = attrs.field(factory=dict, init=False)
    intake: Intake[Any] = attrs.field(init=False)
    account: Account[R] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Get ready to read an iterator, and to count."""
        given = self.given if isinstance(self.given, Iterator) else iter(())
        self.intake = Intake(given, lambda: self.context.is_past(self.options.deadline))
        self.account = Account(lambda batch, _: {"done": len(batch.ids)}, keep=self.operation != "delete_records")

    def open_ledger(self, queue: QueueRef, items: Iterable[str]) -> None:
        """Open the ledger of the job, if there is to be one. The order of the input does not make another job of it."""
        if self.options.ledger is not None:
            job = {"operation": self.operation, "queue": queue.id, "input": fingerprint(sorted(items))}
            self.account.ledger = Ledger(self.options.ledger, job)

    def begin(self, total: int | None) -> None:
        """Begin to write: all that could refuse the call has been looked at."""
        if self.account.ledger is not None:
            self.account.ledger.begin()
        self.account.progress = show(self.options.progress, total, self.operation, self.context.clock)

    def undone(self, names: Iterable[str]) -> list[str]:
        """Leave out what the ledger has."""
        ledger = self.account.ledger
        return [name for name in names if ledger is None or not ledger.has(name)]

    def carry_out(
        self,
        prepared: Plan[Supply[R]],
        completed: Callable[[Done[R], BulkSummary], Any],
        remaining: Callable[[Iterable[Batch[R]]], Iterable[Any]],
        collect: Callable[[Iterable[Any]], Any],
    ) -> Plan[Any]:
        """Send the batches.

        Args:
            prepared: Makes what is to be sent, in input order.
            completed: Makes what the call returns.
            remaining: Gives what is in batches, item by item.
            collect: Puts items into the form that the call takes.
        """

        def left(batches: Iterable[Batch[R]] | None) -> Any:
            if isinstance(self.given, Iterator):
                return _chained(remaining(batches or ()), self.intake)
            return self.given if batches is None else collect(remaining(batches))

        def result(done: Done[R], summary: AddSummary | BulkSummary) -> Any:
            assert isinstance(summary, BulkSummary)  # noqa: S101  # `_summary` makes one
            return completed(done, summary)

        bulk = BulkCall(self.context, self.account, self.options.deadline, result, left, self._summary)
        return (yield from bulk.carry_out(prepared))

    def one_each(self, prepared: Plan[Supply[R]]) -> Plan[BulkResult[R]]:
        """Send one request for each record."""
        result: BulkResult[R] = yield from self.carry_out(prepared, self._results, _payloads, dict)
        return result

    def _results(self, done: Done[R], summary: BulkSummary) -> BulkResult[R]:
        results = {batch.ids[0]: result for batch, result in done}
        return BulkResult(results, summary, self.left_out, self.trimmed)

    def _summary(self, failed: int) -> BulkSummary:
        counts = self.account.counts
        submitted, duplicates = self.taken["submitted"] + self.intake.taken, self.taken["duplicates"]
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


def _payloads(batches: Iterable[Batch[Any]]) -> Iterator[Any]:
    return (batch.payload for batch in batches if batch.payload is not None)


def _chained(items: Iterable[Any], intake: Intake[Any]) -> Iterator[Any]:
    """Give what is in batches, and then what the iterator has yet to give; lazily, as it may be without an end."""
    yield from items
    yield from intake.left()
