"""The outcomes of the batches of a bulk call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Generic, TypeVar, cast

import attrs

from arize_queues.errors import ArizeQueuesError

from .batches import Batch, BatchPath

Answer = TypeVar("Answer")


@attrs.frozen(eq=False)
class Outcome(Generic[Answer]):
    """The outcome of one batch.

    Attributes:
        batch: The batch; None if it succeeded and its results are not kept.
        error: Why it failed, or is of unknown fate; None if it succeeded or was not sent.
        answer: The answer of the server, if it succeeded.
        counts: Counts of its records, if it succeeded.
        not_sent: True if the batch was started but never sent.
    """

    batch: Batch | None
    error: ArizeQueuesError | None = None
    answer: Answer | None = None
    counts: Counter[str] = attrs.field(factory=Counter[str])
    not_sent: bool = False


class Outcomes(Generic[Answer]):
    """The outcome of each batch that has begun.

    Ctrl-C may come between any two instructions, so each change is one assignment.

    Args:
        keep_results: Keep the batches that succeeded, with their answers; otherwise only their counts.
    """

    def __init__(self, *, keep_results: bool = True) -> None:
        self._keep_results = keep_results
        self._by_path: dict[BatchPath, Outcome[Answer] | None] = {}  # None for a batch that was split

    def __contains__(self, batch: Batch) -> bool:
        return batch.path in self._by_path

    @property
    def completed(self) -> list[tuple[Batch, Answer]]:
        """The batches that succeeded and are kept, with their answers, in input order."""
        succeeded = [outcome for outcome in self._in_order() if outcome.error is None and not outcome.not_sent]
        return [(outcome.batch, cast("Answer", outcome.answer)) for outcome in succeeded if outcome.batch is not None]

    @property
    def failed(self) -> list[tuple[Batch, ArizeQueuesError]]:
        """The batches that failed or are of unknown fate, with their errors, in input order."""
        found = self._in_order()
        return [(each.batch, each.error) for each in found if each.batch is not None and each.error is not None]

    @property
    def unfinished(self) -> list[Batch]:
        """The batches that did not succeed, those not sent among them, in input order."""
        found = [outcome for outcome in self._in_order() if outcome.not_sent or outcome.error is not None]
        return [outcome.batch for outcome in found if outcome.batch is not None]

    @property
    def counts(self) -> Counter[str]:
        """The counts of all batches that succeeded."""
        counts = Counter[str]()
        for outcome in self._by_path.values():
            if outcome is not None:
                counts.update(outcome.counts)
        return counts

    def begin(self, batch: Batch) -> Outcome[Answer] | None:
        """Record that a batch is being sent, until its fate is known; return its earlier outcome, if any."""
        before = self._by_path.get(batch.path)
        self._by_path[batch.path] = Outcome(batch, _unknown_fate())
        return before

    def take_back(self, batch: Batch, before: Outcome[Answer] | None) -> None:
        """Record that a batch was not sent after all."""
        self._by_path[batch.path] = before or Outcome(batch, not_sent=True)

    def succeed(self, batch: Batch, answer: Answer, counts: Counter[str]) -> None:
        """Record a success."""
        self._by_path[batch.path] = Outcome(batch if self._keep_results else None, None, answer, counts)

    def fail(self, batch: Batch, error: ArizeQueuesError) -> None:
        """Record a failure."""
        self._by_path[batch.path] = Outcome(batch, error)

    def split(self, batch: Batch, parts: Iterable[Batch], error: ArizeQueuesError) -> None:
        """Replace a failed batch with its parts; they share its error until they are sent."""
        outcomes: dict[BatchPath, Outcome[Answer] | None] = {part.path: Outcome(part, error) for part in parts}
        self._by_path.update({batch.path: None, **outcomes})

    def _in_order(self) -> list[Outcome[Answer]]:
        return [outcome for _, outcome in sorted(self._by_path.items(), key=_path) if outcome is not None]


def _path(item: tuple[BatchPath, object]) -> BatchPath:
    return item[0]


def _unknown_fate() -> ArizeQueuesError:
    return ArizeQueuesError("interrupted while under way: the server may or may not have acted")
