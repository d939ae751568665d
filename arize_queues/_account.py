"""The account of a bulk call: each batch, what became of it, and when to split, to go on or to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

import attrs

from ._errors import (
    APIConnectionError,
    APIStatusError,
    ArizeQueuesError,
    AuthenticationError,
    LedgerError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from ._ledger import Ledger
from ._plan import Plan
from ._progress import Progress

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


@attrs.frozen(eq=False)
class Fate(Generic[R]):
    """What became of a batch.

    Attributes:
        batch: The batch; None where it went through and is not asked for again.
        error: Why it failed, or what there is to say if it goes no further; None where it went through.
        result: The answer, where it went through.
        counts: What it counts as, where it went through.
        over: Whether it has ended.
    """

    batch: Batch[R] | None
    error: ArizeQueuesError | None = None
    result: R | None = None
    counts: dict[str, int] = attrs.field(factory=dict[str, int])
    over: bool = True


@attrs.define(eq=False)
class Account(Generic[R]):
    """What became of each batch of a bulk call.

    Ctrl-C may come between any two instructions, so each change of the account is a single one.

    Attributes:
        progress: Told of each batch that ends.
        count: Says what a batch that went through counts as, e.g. {"created": 498, "already_present": 2}.
        ledger: Where it is written down first, if anywhere.
        keep: Whether the batches that went through are asked for in the end; if not, their ids need no memory.
        fates: Position to fate of each batch that has begun; None for one that its parts have taken the place of.
        stop_reason: Why nothing more is sent, or None.
    """

    progress: Progress
    count: Callable[[Batch[R], R], dict[str, int]]
    ledger: Ledger | None = None
    keep: bool = True
    fates: dict[tuple[int, ...], Fate[R] | None] = attrs.field(factory=dict, init=False)
    stop_reason: str | None = attrs.field(default=None, init=False)
    _before: Counter[str] = attrs.field(init=False)
    _outages: int = attrs.field(default=0, init=False)
    _went_through: bool = attrs.field(default=False, init=False)
    _split_in_vain: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        """Go on from what the ledger has."""
        self._before = Counter(self.ledger.counts if self.ledger else {})

    @property
    def done(self) -> list[tuple[Batch[R], R]]:
        """Give the batches that went through and are kept, with their results, in input order."""
        found = [(fate.batch, cast("R", fate.result)) for fate in self._fates() if fate.error is None]
        return _in_order([(batch, result) for batch, result in found if batch is not None])

    @property
    def failed(self) -> list[tuple[Batch[R], ArizeQueuesError]]:
        """Give the batches that failed or have not ended, with their errors, in input order."""
        found = [(fate.batch, fate.error) for fate in self._fates()]
        return _in_order([(batch, error) for batch, error in found if batch is not None and error is not None])

    @property
    def under_way(self) -> bool:
        """Say whether a batch has begun and not ended."""
        return any(not fate.over for fate in self._fates())

    @property
    def counts(self) -> Counter[str]:
        """Sum up what went through, in an earlier run too."""
        counts = self._before.copy()
        for fate in self._fates():
            counts.update(fate.counts)
        return counts

    def _fates(self) -> list[Fate[R]]:
        return [fate for fate in self.fates.values() if fate is not None]

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
        self.fates[batch.position] = Fate(batch, _unknown_fate(), over=False)
        try:
            result = yield from batch.send()
        except ArizeQueuesError as error:
            return error
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
            and not (self._split_in_vain and not self._went_through)
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
                    self._fail(rest, declined)
                return

    def _part(self, batch: Batch[R], parts: list[Batch[R]], declined: ArizeQueuesError) -> None:
        """Put the parts of a batch in its place."""
        fates: dict[tuple[int, ...], Fate[R] | None] = {
            part.position: Fate(part, declined, over=False) for part in parts
        }
        self.fates.update({batch.position: None, **fates})


def _in_order(items: list[tuple[Batch[R], T]]) -> list[tuple[Batch[R], T]]:
    return sorted(items, key=lambda item: item[0].position)


def _unknown_fate() -> ArizeQueuesError:
    return ArizeQueuesError("interrupted while under way: the server may or may not have acted")


def _hopeless(errors: list[ArizeQueuesError]) -> bool:
    kinds = {(type(error), getattr(error, "title", None), getattr(error, "type", None)) for error in errors}
    return len(errors) >= _ALIKE_BEFORE_GIVING_UP and len(kinds) == 1
