"""The account of a bulk call: each batch, what became of it, and when to split, to go on or to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

import attrs

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

from .ledger import Ledger
from .progress import Progress

R = TypeVar("R")

# The server understood these requests and declined what is in them, so a part of them may still be fine.
_DECLINED = frozenset({400, 404, 409, 422})
_ALIKE_BEFORE_GIVING_UP = 10
_OUTAGES_BEFORE_GIVING_UP = 3


def _never() -> Plan[Any]:
    raise AssertionError("what is refused is not sent")


@attrs.define(eq=False)
class Batch(Generic[R]):
    """One request of a bulk call.

    Attributes:
        position: Where its part of the input stands; parts of a part extend it.
        ids: What it concerns, as failures name it.
        keys: The same, as the ledger tells them apart.
        send: Makes the plan that sends it.
        halves: Makes its two halves; none where it cannot be split.
        apart: Makes one for each of its sources; none where it has but one.
        payload: What it carries, to put what is left into the form that the call takes; None if it is not left.
        refused: Why it must not be sent, where the caller's iterator gave something wrong.
    """

    position: tuple[int, ...]
    ids: Sequence[str]
    keys: Sequence[str]
    send: Callable[[], Plan[R]] = _never
    halves: Callable[[], list[Batch[R]]] = list
    apart: Callable[[], list[Batch[R]]] = list
    payload: Any = None
    refused: ArizeQueuesError | None = None


@attrs.frozen(eq=False)
class Fate(Generic[R]):
    """What became of a batch.

    Attributes:
        batch: The batch; None where it went through and is not asked for again.
        error: Why it failed, or what there is to say if it goes no further; None where it went through.
        result: The answer, where it went through.
        counts: What it counts as, where it went through.
        unsent: Whether it was begun and then not sent, as the call ended.
    """

    batch: Batch[R] | None
    error: ArizeQueuesError | None = None
    result: R | None = None
    counts: dict[str, int] = attrs.field(factory=dict[str, int])
    unsent: bool = False


@attrs.define(eq=False)
class Account(Generic[R]):
    """What became of each batch of a bulk call.

    Ctrl-C may come between any two instructions, so each change of the account is a single one.

    Attributes:
        count: Says what a batch that went through counts as, e.g. {"created": 498, "already_present": 2}.
        progress: Told of each batch that ends.
        ledger: Where it is written down first, if anywhere.
        keep: Whether the batches that went through are asked for in the end; if not, their ids need no memory.
        fates: Position to fate of each batch that has begun; None for one that its parts have taken the place of.
        stop_reason: Why nothing more is sent, or None.
    """

    count: Callable[[Batch[R], R], dict[str, int]]
    keep: bool = True
    progress: Progress = attrs.field(factory=Progress, init=False)
    ledger: Ledger | None = attrs.field(default=None, init=False)
    fates: dict[tuple[int, ...], Fate[R] | None] = attrs.field(factory=dict, init=False)
    stop_reason: str | None = attrs.field(default=None, init=False)
    _outages: int = attrs.field(default=0, init=False)
    _went_through: bool = attrs.field(default=False, init=False)
    _alike: list[ArizeQueuesError] = attrs.field(factory=list, init=False)
    _split_in_vain: bool = attrs.field(default=False, init=False)

    @property
    def done(self) -> list[tuple[Batch[R], R]]:
        """Give the batches that went through and are kept, with their results, in input order."""
        through = [fate for fate in self._fates() if fate.error is None and not fate.unsent]
        return [(fate.batch, cast("R", fate.result)) for fate in through if fate.batch is not None]

    @property
    def failed(self) -> list[tuple[Batch[R], ArizeQueuesError]]:
        """Give the batches that failed or are of unknown fate, with their errors, in input order."""
        return [(fate.batch, fate.error) for fate in self._fates() if fate.batch is not None and fate.error is not None]

    @property
    def left(self) -> list[Batch[R]]:
        """Give the batches that did not go through, those that were not sent among them, in input order."""
        left = [fate for fate in self._fates() if fate.unsent or fate.error is not None]
        return [fate.batch for fate in left if fate.batch is not None]

    @property
    def counts(self) -> Counter[str]:
        """Sum up what went through, in an earlier run too."""
        counts = Counter(self.ledger.before if self.ledger is not None else {})
        for fate in self.fates.values():
            counts.update(fate.counts if fate is not None else {})
        return counts

    def close(self) -> None:
        """End the display, and let the ledger go."""
        self.progress.close()
        if self.ledger is not None:
            self.ledger.close()

    def _fates(self) -> list[Fate[R]]:
        return [fate for _, fate in sorted(self.fates.items(), key=lambda item: item[0]) if fate is not None]

    def deliver(self, batch: Batch[R]) -> Plan[None]:
        """Send a batch; where the server declines it, send its parts."""
        error = batch.refused or (yield from self._attempt(batch))
        if error is None:
            return
        parts = self._parts_of(batch, error)
        if parts:
            yield from self._isolate(batch, parts, error)
        else:
            self._fail(batch, error)

    def _attempt(self, batch: Batch[R]) -> Plan[ArizeQueuesError | None]:
        before = self.fates.get(batch.position)
        self.fates[batch.position] = Fate(batch, _unknown_fate())
        try:
            result = yield from batch.send()
        except ArizeQueuesError as error:
            return error
        except Stopped:
            self.fates[batch.position] = before or Fate(batch, unsent=True)
            raise
        counts = {**self.count(batch, result), "requests_sent": 1}
        self._write_down(batch, counts)
        self.fates[batch.position] = Fate(batch if self.keep else None, None, result, counts)
        self._outages, self._went_through = 0, True
        self.progress.advance(len(batch.ids))
        return None

    def _write_down(self, batch: Batch[R], counts: dict[str, int]) -> None:
        if self.ledger is None:
            return
        try:
            self.ledger.write(batch.keys, counts)
        except LedgerError as error:
            self.stop_reason = str(error)

    def _fail(self, batch: Batch[R], error: ArizeQueuesError) -> None:
        self.fates[batch.position] = Fate(batch, error)
        self.stop_reason = self.stop_reason or self._reason_to_stop(error)
        self.progress.advance(len(batch.ids))

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

    def _parts_of(self, batch: Batch[R], error: ArizeQueuesError) -> list[Batch[R]]:
        if isinstance(error, NameNotFoundError | AmbiguousNameError):  # of one source; the others may be fine
            return batch.apart()
        return batch.halves() if self._may_be_split(error) else []

    def _may_be_split(self, error: ArizeQueuesError) -> bool:
        return (
            isinstance(error, APIStatusError)
            and error.status_code in _DECLINED
            and not (self._split_in_vain and not self._went_through)
        )

    def _isolate(self, batch: Batch[R], parts: list[Batch[R]], declined: ArizeQueuesError) -> Plan[None]:
        """Send the parts of a declined batch, smaller and smaller, until the bad ids stand alone.

        Where the first few ids are all declined alike and nothing goes through, the cause is not an id: ten, so that
        good ids are found even among many bad ones. They are taken from all over the batch, since bad ids often
        stand side by side.
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
            smaller = self._parts_of(part, error)
            if smaller:
                self._part(part, smaller, error)
                parts[:0] = smaller
                continue
            self._fail(part, error)
            alike.append(error)
            self._alike.append(error)
            parts.sort(key=lambda part: len(part.ids), reverse=True)
            if (not went_through and _hopeless(alike)) or (not self._went_through and _hopeless(self._alike)):
                self._split_in_vain = True
                for rest in parts:
                    self._fail(rest, declined)
                return

    def _part(self, batch: Batch[R], parts: list[Batch[R]], declined: ArizeQueuesError) -> None:
        """Put the parts of a batch in its place."""
        fates: dict[tuple[int, ...], Fate[R] | None] = {part.position: Fate(part, declined) for part in parts}
        self.fates.update({batch.position: None, **fates})


def _is_outage(error: ArizeQueuesError) -> bool:
    """Say whether it is the server or the way to it that failed, not what was sent: a redirect leads to a login."""
    if isinstance(error, APIStatusError) and 300 <= error.status_code < 400:
        return True
    return isinstance(error, APIConnectionError | RateLimitError | ServerError | UnexpectedResponseError)


def _unknown_fate() -> ArizeQueuesError:
    return ArizeQueuesError("interrupted while under way: the server may or may not have acted")


def _hopeless(errors: list[ArizeQueuesError]) -> bool:
    kinds = {(type(error), getattr(error, "title", None), getattr(error, "type", None)) for error in errors}
    return len(errors) >= _ALIKE_BEFORE_GIVING_UP and len(kinds) == 1
