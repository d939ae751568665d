"""The output of the demo: the requests of each step, and the results."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import attrs

from arize_queues.types import AnnotationQueueRecord, ResponseInfo


@attrs.define
class Step:
    """One step of the demo.

    Attributes:
        records: How many records it was about; None where it was about none.
    """

    records: int | None = None


@attrs.define
class Meter:
    """Counts the requests of a client, by its `on_response`.

    Attributes:
        answers: All answers so far.
        records: Records of all steps so far.
        steps: Steps so far.
    """

    answers: list[ResponseInfo] = attrs.field(factory=list[ResponseInfo])
    records: int = 0
    steps: int = 0
    _start: float = attrs.field(factory=time.perf_counter)

    def on_response(self, info: ResponseInfo) -> None:
        """Record an answer."""
        self.answers.append(info)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Print the title of a step, and its requests after its output."""
        self.steps += 1
        print(f"\n{self.steps}. {title}", flush=True)
        before, start, step = len(self.answers), time.perf_counter(), Step()
        yield step
        records = "" if step.records is None else f"{step.records:,} records, "
        self.records += step.records or 0
        requests = len(self.answers) - before
        print(f"   -> {requests} request{'s' * (requests != 1)}, {records}{time.perf_counter() - start:.2f} s")

    def print_totals(self) -> None:
        """Print all requests, by kind."""
        print("\nWhat was sent:")
        for (method, path), count in Counter((info.method, _shape(info.path)) for info in self.answers).items():
            print(f"   {count:>5,}  {method:<6} {path}")
        seconds = time.perf_counter() - self._start
        print(f"   {len(self.answers):>5,}  requests for {self.records:,} records in {seconds:.1f} s")


def print_progress(records: Iterable[AnnotationQueueRecord]) -> int:
    """Print, for each annotator, the records assigned and completed, and the labels of the completed ones."""
    count, done = 0, defaultdict[str, Counter[str]](Counter)
    for count, record in enumerate(records, 1):  # noqa: B007 - the last one is the number of all
        labels = [note.label for note in record.annotations if note.label]
        for each in record.assigned_users:
            is_completed = each.completion_status == "completed"
            done[each.user.email].update(["assigned", *(["completed", *labels] if is_completed else [])])
    labels = sorted({name for counter in done.values() for name in counter} - {"assigned", "completed"})
    columns = ["assigned", "completed", *labels]
    print("   " + "".join([f"{'annotator':<24}", *(f"{column:>12}" for column in columns)]))
    for email in sorted(done):
        print("   " + "".join([f"{email:<24}", *(f"{done[email][column]:>12,}" for column in columns)]))
    return count


def print_some(records: Sequence[AnnotationQueueRecord]) -> None:
    """Print the questions and answers of a few records from all over the queue."""
    for record in random.Random(7).sample(records, min(3, len(records))):  # noqa: S311 - a sample to look at
        question = record.data.get("attributes.input.value", record.data.get("input", ""))
        answer = record.data.get("attributes.output.value", record.data.get("expected_output", ""))
        print(f"   Q: {_short(question)}\n   A: {_short(answer)}")


def tell(done: int, total: int | None) -> None:
    """Print the progress of an add, if there is no terminal for a bar."""
    print(f"   {done:,} of {total or done:,}", flush=True)


def indented(text: object) -> str:
    """Indent a text of several lines."""
    return "\n".join(f"   {line}" for line in str(text).splitlines())


def _short(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= 100 else line[:97] + "..."


def _shape(path: str) -> str:
    """Replace the IDs of a path with {id}: every second segment after the version."""
    return "/".join("{id}" if at in (3, 5) else part for at, part in enumerate(path.split("/")))
