"""Bulk calls: many batches sent at once, each accounted for, the refused ones split until the bad ids stand alone."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, cast

import attrs

from ._errors import (
    APIConnectionError,
    APIStatusError,
    ArizeQueuesError,
    AuthenticationError,
    DeadlineExceededError,
    LedgerError,
    PartialFailureError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from ._gather import Gathering
from ._ledger import Ledger
from ._plan import Plan
from ._progress import Progress
from ._results import AddSummary, BulkSummary, Failure
from ._session import Session

R = TypeVar("R")
T = TypeVar("T")

# The server understood these requests and declined what is in them, so a part of them may still be fine.
_DECLINED = frozenset({400, 404, 409, 422})
_ALIKE_BEFORE_GIVING_UP = 3
_OUTAGES_BEFORE_GIVING_UP = 3


@attrs.define(eq=False)
class Batch(Generic[R]):
    """One request of a bulk call.

    Attributes:
        position: Where its part of the input stands; parts of a part extend it.
        ids: What it concerns, as failures name it.
        keys: The same, as the ledger tells them apart.
        send: Makes the plan that sends it.
        halves: Makes its two halves; none where it cannot be split.
        payload: What it carries, to put what is left into the form that the call takes.
    """

    position: tuple[int, ...]
    ids: Sequence[str]
    keys: Sequence[str]
    send: Callable[[], Plan[R]]
    halves: Callable[[], list[Batch[R]]] = list
    payload: Any = None


@attrs.define(eq=False)
class Account(Generic[R]):
    """What became of each batch of a bulk call.

    Attributes:
        progress: Told of each batch that ends.
        count: Says what a batch that went through counts as, e.g. {"created": 498, "already_present": 2}.
        ledger: Where it is written down first, if anywhere.
        done: The batches that went through, with their results.
        failed: The batches that did not, with their errors.
        open: The batches that have begun and not ended, with what there is to say of them.
        counts: The sums of `count`, those of an earlier run included.
        stop_reason: Why nothing more is sent, or None.
    """

    progress: Progress
    count: Callable[[Batch[R], R], dict[str, int]]
    ledger: Ledger | None = None
    done: list[tuple[Batch[R], R]] = attrs.field(factory=list, init=False)
    failed: list[tuple[Batch[R], ArizeQueuesError]] = attrs.field(factory=list, init=False)
    open: dict[tuple[int, ...], tuple[Batch[R], ArizeQueuesError]] = attrs.field(factory=dict, init=False)
    counts: Counter[str] = attrs.field(init=False)
    stop_reason: str | None = attrs.field(default=None, init=False)
    _outages: int = attrs.field(default=0, init=False)
    _split_in_vain: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        """Go on from what the ledger has."""
        self.counts = Counter(self.ledger.counts if self.ledger else {})

    def deliver(self, batch: Batch[R]) -> Plan[None]:
        """Send a batch; where the server declines it, send its parts."""
        error = yield from self._attempt(batch)
        if error is None:
            return
        parts = batch.halves() if self._may_be_split(error) else []
        if parts:
            yield from self._isolate(batch, parts, error)
        else:
            self._fail(batch, error)

    def _attempt(self, batch: Batch[R]) -> Plan[ArizeQueuesError | None]:
        self.open[batch.position] = (batch, _unknown_fate())
        try:
            result = yield from batch.send()
        except ArizeQueuesError as error:
            return error
        self._write_down(batch, self.count(batch, result))
        self.open.pop(batch.position, None)
        self.done.append((batch, result))
        self._outages = 0
        self.progress.advance(len(batch.ids))
        return None

    def _write_down(self, batch: Batch[R], counts: dict[str, int]) -> None:
        self.counts.update(counts)
        self.counts["requests_sent"] += 1
        if self.ledger is None:
            return
        try:
            self.ledger.write(batch.keys, {**counts, "requests_sent": 1})
        except LedgerError as error:
            self.stop_reason = str(error)

    def _fail(self, batch: Batch[R], error: ArizeQueuesError) -> None:
        self.open.pop(batch.position, None)
        self.failed.append((batch, error))
        self.progress.advance(len(batch.ids))
        if isinstance(error, AuthenticationError | PermissionDeniedError):
            self.stop_reason = "the server does not let this key do it"
        elif isinstance(error, APIConnectionError | RateLimitError | ServerError):
            self._outages += 1
            if self._outages >= _OUTAGES_BEFORE_GIVING_UP:
                self.stop_reason = f"{self._outages} requests in a row failed for good"

    def _may_be_split(self, error: ArizeQueuesError) -> bool:
        return (
            isinstance(error, APIStatusError)
            and error.status_code in _DECLINED
            and not (self._split_in_vain and not self.done)
        )

    def _isolate(self, batch: Batch[R], parts: list[Batch[R]], declined: ArizeQueuesError) -> Plan[None]:
        """Send the parts of a declined batch, smaller and smaller, until the bad ids stand alone.

        Where the first few ids are all declined alike and nothing goes through, the cause is not an id. They are
        taken from all over the batch, since bad ids often stand side by side.
        """
        self._part(batch, parts, declined)
        alike: list[ArizeQueuesError] = []
        went_through = False
        while parts and self.stop_reason is None:
            part = parts.pop(0)
            error = yield from self._attempt(part)
            if error is None:
                went_through = True
                continue
            smaller = part.halves() if self._may_be_split(error) else []
            if smaller:
                self._part(part, smaller, error)
                parts[:0] = smaller
                continue
            self._fail(part, error)
            alike.append(error)
            parts.sort(key=lambda part: len(part.ids), reverse=True)
            if not went_through and _hopeless(alike):
                self._split_in_vain = True
                for rest in parts:
                    self._fail(*self.open[rest.position])
                return

    def _part(self, batch: Batch[R], parts: list[Batch[R]], declined: ArizeQueuesError) -> None:
        """Put the parts of a batch in its place."""
        del self.open[batch.position]
        self.open.update((part.position, (part, declined)) for part in parts)


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
        late = self.deadline is not None and self.session.clock.now() >= self.deadline
        unbegun = self._next_unbegun()
        self.batches = itertools.chain(unbegun, self.batches)
        if account.stop_reason is None and late and (account.open or unbegun):
            raise self._partial("the deadline came first", DeadlineExceededError)
        if account.failed or account.open or unbegun or account.stop_reason:
            reason = account.stop_reason or "some of it did not go through"
            cause = account.failed[0][1] if account.failed else None
            raise self._partial(reason, PartialFailureError) from cause
        return self.completed(self._in_order(account.done), self.summary(0))

    def _next_unbegun(self) -> list[Batch[R]]:
        try:
            return list(itertools.islice(self.batches, 1))
        except Exception as broken:  # the caller's iterator; it gives nothing more
            self.account.stop_reason = self.account.stop_reason or f"stopped by {broken!r}"
            return []

    def _partial(self, reason: str, kind: type[PartialFailureError]) -> PartialFailureError:
        account = self.account
        failed = self._in_order([*account.failed, *account.open.values()])
        summary = self.summary(sum(len(batch.ids) for batch, _ in failed))
        return kind(
            reason,
            completed=self.completed(self._in_order(account.done), summary),
            remaining=self.remaining(itertools.chain((batch for batch, _ in failed), self.batches)),
            failures=[Failure(list(batch.ids), error) for batch, error in failed],
            summary=summary,
        )

    @staticmethod
    def _in_order(items: list[tuple[Batch[R], T]]) -> list[tuple[Batch[R], T]]:
        return sorted(items, key=lambda item: item[0].position)


def _unknown_fate() -> ArizeQueuesError:
    return ArizeQueuesError("interrupted while under way: the server may or may not have acted")


def _hopeless(errors: list[ArizeQueuesError]) -> bool:
    kinds = {(type(error), getattr(error, "title", None), getattr(error, "type", None)) for error in errors}
    return len(errors) >= _ALIKE_BEFORE_GIVING_UP and len(kinds) == 1
