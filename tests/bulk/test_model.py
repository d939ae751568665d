"""Client and emulator against a model in plain Python, through random sequences of calls and faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from arize_queues import PartialFailureError
from arize_queues.emulator import Emulator, Fault
from tests.support.bulk_world import ANA, BEN, CHI, Caller, World, check_sums, span_id
from tests.support.examples import examples

pytestmark = pytest.mark.slow

SPANS = 8
MISSING = [SPANS + 1, SPANS + 2]  # numbers of spans that are unknown to the server
EMAILS = [ANA, BEN, CHI]
TRIES = 12

NUMBERS = st.lists(st.sampled_from([*range(SPANS), *MISSING]), min_size=1, max_size=12)
WIDTHS = st.sampled_from([1, 2, 8])
KINDS = st.sampled_from(["sync", "asyncio"])
# Transient faults only: a retry, or a call with `.remaining`, heals each of them.
FAULTS = st.lists(
    st.builds(
        Fault,
        where=st.just(lambda request: request.method != "GET"),
        nth=st.integers(1, 4),
        status=st.sampled_from([429, 500, 503, 400, 401, 404, 422]),
        when=st.sampled_from(["before", "after"]),
    )
    | st.builds(
        Fault,
        where=st.just(lambda request: request.method != "GET"),
        nth=st.integers(1, 4),
        drop=st.just(True),
        when=st.sampled_from(["before", "after"]),
    )
    | st.builds(
        Fault,
        where=st.just(lambda request: request.method != "GET"),
        nth=st.integers(1, 4),
        body=st.sampled_from(["html", "truncated"]),
    ),
    max_size=2,
)


class Bulk(RuleBasedStateMachine):
    """Two queues on one project; annotations belong to spans, so both queues share them."""

    emulator: Emulator
    queues = Bundle("queues")

    @initialize(target=queues)
    def begin(self) -> Any:
        """Reset the server and create two queues."""
        self.world = World.on(self.emulator, spans=SPANS)
        names = [self.world.create_queue(name, spans=SPANS // 2) for name in ("One", "Two")]
        self.in_queue: dict[str, dict[int, list[str]]] = {
            name: {number: [ANA] for number in range(SPANS // 2)} for name in names
        }
        self.notes: dict[int, str] = {}
        self.finished: set[tuple[str, int, str]] = set()
        return multiple(*names)

    def finish(
        self, method: str, given: Any, call: dict[str, Any], *, kind: str, width: int, faults: list[Fault]
    ) -> Any:
        """Make a call, pass `.remaining` in again until nothing changes, and return what is left."""
        self.emulator.faults.add(*faults)
        caller: Caller = self.world.caller(kind)
        field = {"add_records": "record_sources", "delete_records": "record_ids"}.get(method) or {
            "annotate_records": "annotations",
            "assign_records": "assignments",
        }[method]
        for _ in range(TRIES):
            healthy = not self.emulator.faults.pending
            try:
                result = caller(method, client={"max_concurrency": width, "max_retries": 2}, **call, **{field: given})
            except PartialFailureError as partial:
                check_sums(partial.summary)
                given = partial.remaining
                assert given
                if healthy:
                    self.emulator.faults.clear()
                    return given
            else:
                if result is not None:
                    check_sums(result.summary)
                self.emulator.faults.clear()
                return None
        pytest.fail("it never ends")

    @rule(queue=queues, numbers=NUMBERS, kind=KINDS, width=WIDTHS, faults=FAULTS)
    def add(self, queue: str, numbers: list[int], kind: str, width: int, faults: list[Fault]) -> None:
        """Known spans are added once, and unknown ones remain."""
        sources = [self.world.source(numbers[:5])]
        if numbers[5:]:
            sources.append(self.world.source(numbers[5:], window=1))
        left = self.finish("add_records", sources, {"annotation_queue": queue}, kind=kind, width=width, faults=faults)
        unknown = {span_id(number) for number in numbers if number in MISSING}
        known = [number for number in numbers if number not in MISSING]
        remaining = {name for source in left or [] for name in source.ids}
        assert unknown <= remaining
        # When every ID fails alike the search ends early, so known spans may remain beside the unknown ones.
        assert remaining <= unknown or len(unknown) > 1
        for number in known:
            if span_id(number) not in remaining:
                self.in_queue[queue].setdefault(number, [ANA])

    @rule(queue=queues, numbers=NUMBERS, kind=KINDS, width=WIDTHS, faults=FAULTS)
    def delete(self, queue: str, numbers: list[int], kind: str, width: int, faults: list[Fault]) -> None:
        """Existing records are deleted, and missing ones are ignored."""
        ids = self.record_ids(queue)
        wanted = [ids.get(number, "QW5ub3RhdGlvblF1ZXVlUmVjb3JkOjE=") for number in numbers]
        left = self.finish("delete_records", wanted, {"annotation_queue": queue}, kind=kind, width=width, faults=faults)
        assert left is None
        for number in numbers:
            self.in_queue[queue].pop(number, None)
            self.finished = {item for item in self.finished if item[:2] != (queue, number)}

    @rule(
        queue=queues,
        numbers=NUMBERS,
        kind=KINDS,
        width=WIDTHS,
        faults=FAULTS,
        text=st.sampled_from("abc"),
        skip=st.booleans(),
    )
    def annotate(  # noqa: PLR0917  # hypothesis passes them
        self, queue: str, numbers: list[int], kind: str, width: int, faults: list[Fault], text: str, skip: bool
    ) -> None:
        """Records are annotated in both queues; with "skip", only those without a note."""
        ids = self.record_ids(queue)
        rows = {ids[number]: [{"name": "notes", "text": text}] for number in numbers if number in ids}
        if not rows:
            return
        call = {"annotation_queue": queue, "on_conflict": "skip" if skip else "overwrite"}
        assert self.finish("annotate_records", rows, call, kind=kind, width=width, faults=faults) is None
        for number in {number for number in numbers if number in ids}:
            if not (skip and number in self.notes):
                self.notes[number] = text

    @rule(
        queue=queues, numbers=NUMBERS, kind=KINDS, width=WIDTHS, faults=FAULTS, emails=st.sets(st.sampled_from(EMAILS))
    )
    def assign(  # noqa: PLR0917  # hypothesis passes them
        self, queue: str, numbers: list[int], kind: str, width: int, faults: list[Fault], emails: set[str]
    ) -> None:
        """Records are assigned anew, except those that somebody has completed."""
        ids = self.record_ids(queue)
        rows = {ids[number]: sorted(emails) for number in numbers if number in ids}
        if not rows:
            return
        call = {"annotation_queue": queue}
        assert self.finish("assign_records", rows, call, kind=kind, width=width, faults=faults) is None
        for number in {number for number in numbers if number in ids}:
            if not any(item[:2] == (queue, number) for item in self.finished):
                self.in_queue[queue][number] = sorted(emails)

    @rule(queue=queues, number=st.integers(0, SPANS - 1))
    def complete(self, queue: str, number: int) -> None:
        """One assignee completes a record."""
        emails = self.in_queue[queue].get(number)
        if emails:
            self.emulator.complete(queue, self.record_ids(queue)[number], emails[0])
            self.finished.add((queue, number, emails[0]))

    def record_ids(self, queue: str) -> dict[int, str]:
        """Return the record ID of each span in a queue."""
        return {_number(record): record["id"] for record in self.emulator.records(queue)}

    @invariant()
    def the_server_is_as_the_model(self) -> None:
        """Records, annotations, assignments and completions equal the model's."""
        for queue, expected in getattr(self, "in_queue", {}).items():
            records = {_number(record): record for record in self.emulator.records(queue)}
            assert sorted(records) == sorted(expected)
            for number, record in records.items():
                assert [note["text"] for note in record["annotations"]] == list(filter(None, [self.notes.get(number)]))
                found = {item["user"]["email"]: item["completion_status"] for item in record["assigned_users"]}
                assert sorted(found) == sorted(expected[number])
                done = {email for email, status in found.items() if status == "completed"}
                assert done == {item[2] for item in self.finished if item[:2] == (queue, number)}


def _number(record: dict[str, Any]) -> int:
    return int(record["data"]["context.span_id"].rpartition("-")[2])


def test_client_and_emulator_are_as_the_model(emulator: Emulator) -> None:
    """The server's state equals the model's after any sequence of bulk calls under transient faults."""
    machine: Callable[[], Bulk] = type("Machine", (Bulk,), {"emulator": emulator})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples(40), stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
