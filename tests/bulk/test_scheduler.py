"""The scheduler: its concurrency, throttling and recovery, by hand and through clients of each kind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import anyio
import httpx
import pytest

from arize_queues import ConfigurationError
from arize_queues._bulk.scheduler import Scheduler
from arize_queues._plans.steps import Finished, Next, Plan, Send, Sleep, Start
from tests.support.bulk_world import Caller, Handled
from tests.support.clock import ManualClock
from tests.support.plain_server import QUEUE, PlainServer, identity
from tests.support.plans import make_context

MOST = 8
DEFAULT = 8
ANNOTATE = [{"name": "notes", "text": "x"}]


class Hand:
    """Drives a scheduler as a driver would, one answer at a time."""

    def __init__(self, plans: Iterator[Plan[None]], clock: ManualClock, most: int = MOST, **options: Any) -> None:
        stopped = options.pop("stopped", lambda: False)
        self.scheduler = Scheduler(make_context(clock, max_concurrency=most), plans, stopped, **options)
        self.clock = clock
        self.sent: list[int] = []
        self.over = False
        self.step: Any = None
        self._plan = self.scheduler.run()
        self._go_on(lambda: next(self._plan))

    def _go_on(self, advance: Any) -> None:
        """Advance to the next step that waits for something."""
        try:
            self.step = advance()
            while isinstance(self.step, Start):
                self.sent.append(self.step.tag)
                self.step = self._plan.send(None)
        except StopIteration:
            self.over = True

    @property
    def under_way(self) -> int:
        """Return the number of requests in flight."""
        return len(self.sent)

    def answer(self, status: int = 200, *, last: bool = False) -> None:
        """Answer the oldest request in flight, or the newest."""
        tag = self.sent.pop(-1 if last else 0)
        assert isinstance(self.step, Next), self.step
        self._go_on(lambda: self._plan.send(Finished(tag, httpx.Response(status))))

    def wait(self) -> float:
        """Advance the clock by the time that the scheduler waits for, and return that time."""
        assert isinstance(self.step, Sleep | Next), self.step
        seconds = self.step.seconds if isinstance(self.step, Sleep) else self.step.timeout
        assert seconds is not None, "it waits for an answer, not for a time"
        self.clock.elapsed += seconds
        self._go_on(lambda: self._plan.send(None))
        return float(seconds)


def asking(count: int, wait: float = 10.0) -> Iterator[Plan[None]]:
    """Yield plans that wait after each 429 and send again until another status comes."""

    def ask(number: int) -> Plan[None]:
        while True:
            response = yield Send({"number": number})
            if response.status_code != 429:
                return
            yield Sleep(wait, throttled=True)

    return (ask(number) for number in range(count))


def test_as_many_as_allowed_are_under_way() -> None:
    """The first `max_concurrency` requests start together, and each answer starts one more."""
    hand = Hand(asking(20), ManualClock(1000.0))
    assert hand.under_way == MOST
    for _ in range(12):
        hand.answer()
        assert hand.under_way == MOST
    for left in range(MOST - 1, -1, -1):
        hand.answer()
        assert hand.under_way == left
    assert hand.over


def test_plans_are_taken_as_there_is_room() -> None:
    """No more plans are taken from an endless input than there are requests in flight."""
    taken: list[int] = []

    def endless() -> Iterator[Plan[None]]:
        for plan in asking(1_000_000):
            taken.append(1)
            yield plan

    hand = Hand(endless(), ManualClock(1000.0))
    assert len(taken) == MOST
    for _ in range(5):
        hand.answer()
    assert len(taken) == MOST + 5


def test_one_429_holds_back_everybody() -> None:
    """After a 429 neither new nor refused requests start until the server's wait is over."""
    hand = Hand(asking(20), ManualClock(1000.0))
    hand.answer(429)
    for _ in range(MOST - 1):
        assert isinstance(hand.step, Next)
        hand.answer()
    assert hand.under_way == 0
    assert hand.wait() == 10.0
    assert hand.under_way == MOST // 2


def test_a_wait_begins_anew_with_each_429() -> None:
    """A later 429 extends the wait, counted from its own arrival."""
    clock = ManualClock(1000.0)
    hand = Hand(asking(20), clock)
    hand.answer(429)
    clock.elapsed += 4
    hand.answer(429)
    for _ in range(MOST - 2):
        hand.answer()
    assert hand.wait() == 10.0


def test_refusals_together_are_one_sign() -> None:
    """429s for requests that were in flight together halve the concurrency only once."""
    hand = Hand(asking(30), ManualClock(1000.0))
    for _ in range(MOST):
        hand.answer(429)
    hand.wait()
    assert hand.under_way == MOST // 2


def test_the_pace_rises_by_one_each_round_and_falls_by_half() -> None:
    """A round of answers raises the concurrency by one up to its maximum, and a round of 429s halves it (AIMD)."""
    hand = Hand(asking(500), ManualClock(1000.0))
    for _ in range(MOST):
        hand.answer(429)
    hand.wait()
    widths = [hand.under_way]
    for _ in range(6):
        for _ in range(hand.under_way):
            hand.answer()
        widths.append(hand.under_way)
    assert widths[0] == MOST // 2
    assert all(0 <= later - earlier <= 1 for earlier, later in pairwise(widths))
    assert widths[-1] == MOST
    hand.answer(429)
    while hand.under_way:
        hand.answer(429)
    hand.wait()
    assert hand.under_way == MOST // 2


def test_the_pace_never_falls_below_one() -> None:
    """However often the server throttles, one request at a time is still sent."""
    hand = Hand(asking(5), ManualClock(1000.0), most=2)
    for _ in range(10):
        while hand.under_way:
            hand.answer(429)
        hand.wait()
        assert hand.under_way == 1


def test_a_plain_wait_holds_nobody_back() -> None:
    """A plan that waits after a 503 delays no other, but keeps its place in the concurrency limit."""

    def failing() -> Plan[None]:
        yield Send({})
        yield Sleep(3.0)
        yield Send({})

    def plans() -> Iterator[Plan[None]]:
        yield failing()
        yield from asking(20)

    hand = Hand(plans(), ManualClock(1000.0), most=2)
    hand.answer(503)
    assert hand.under_way == 1, "a sleeping plan counts among those that are taken on"
    assert hand.step == Next(3.0)
    hand.wait()
    assert hand.under_way == 2


def test_nothing_is_begun_after_a_stop() -> None:
    """After a stop no request starts, requests in flight are awaited, and the other plans are closed."""
    stop = False
    closed: list[int] = []

    def plan(number: int) -> Plan[None]:
        try:
            yield Send({})
            yield Send({})
        finally:
            closed.append(number)

    hand = Hand((plan(number) for number in range(10)), ManualClock(1000.0), most=3, stopped=lambda: stop)
    stop = True
    for left in (2, 1, 0):
        hand.answer()
        assert hand.under_way == left
    assert hand.over
    assert sorted(closed) == [0, 1, 2]


def test_nothing_is_begun_after_the_deadline() -> None:
    """No request starts after the deadline."""
    clock = ManualClock(1000.0)
    hand = Hand(asking(10), clock, most=2, deadline=clock.elapsed + 5)
    clock.elapsed += 5
    hand.answer()
    hand.answer()
    assert hand.over


def test_a_request_gets_no_more_time_than_is_left() -> None:
    """Each request may take no longer than the time left until the deadline."""
    clock = ManualClock(1000.0)
    scheduler = Scheduler(make_context(clock, max_concurrency=MOST), asking(3), lambda: False, clock.elapsed + 7)
    steps = scheduler.run()
    first = next(steps)
    assert isinstance(first, Start)
    assert first.send.within == 7.0
    clock.elapsed += 4
    second = steps.send(None)
    assert isinstance(second, Start)
    assert second.send.within == 3.0
    steps.close()


def test_an_input_that_raises_ends_after_what_is_under_way() -> None:
    """Requests that started before the input raised are awaited, and then its exception propagates."""

    def breaking() -> Iterator[Plan[None]]:
        yield from asking(3)
        raise LookupError("no more")

    hand = Hand(breaking(), ManualClock(1000.0))
    assert hand.under_way == 3
    hand.answer()
    hand.answer()
    with pytest.raises(LookupError):
        hand.answer()


class Crowd:
    """Server that answers only when `size` requests are in flight together, and records the most there were."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._gate = threading.Barrier(size)
        self._lock = threading.Lock()
        self._here = 0
        self._waiting: list[anyio.Event] = []
        self.most = 0

    def _enter(self, change: int) -> None:
        with self._lock:
            self._here += change
            self.most = max(self.most, self._here)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a sync client."""
        self._enter(1)
        self._gate.wait(timeout=30)
        self._enter(-1)
        return answer(request)

    async def wait(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client."""
        self._enter(1)
        self._waiting.append(anyio.Event())
        if len(self._waiting) == self._size:
            for event in self._waiting:
                event.set()
            self._waiting = []
        else:
            with anyio.fail_after(30):
                await self._waiting[-1].wait()
        self._enter(-1)
        return answer(request)


def answer(request: httpx.Request) -> httpx.Response:
    """Answer an annotate request."""
    return httpx.Response(200, json={**identity(request.url.path.split("/")[5]), "annotations": []})


@pytest.mark.parametrize("width", [1, 3, DEFAULT, None])
def test_exactly_as_many_as_asked_for_travel_together(kind: str, width: int | None) -> None:
    """A bulk call has exactly `max_concurrency` requests in flight, and never more."""
    size = width or DEFAULT
    crowd = Crowd(size)
    caller = Caller(kind=kind, transport=Handled(crowd, crowd.wait))
    ids = [f"r{number}" for number in range(4 * size)]
    settings = {} if width is None else {"max_concurrency": width}
    result = caller(
        "annotate_records",
        client=settings,
        annotation_queue=QUEUE,
        validate=False,
        annotations=dict.fromkeys(ids, ANNOTATE),
    )
    assert list(result) == ids
    assert crowd.most == size


@pytest.mark.parametrize("width", [0, -1, 1.5, "8", True, None])
def test_a_width_below_one_is_refused(kind: str, width: Any) -> None:
    """A `max_concurrency` that is not a whole number of at least one is a ConfigurationError."""
    with pytest.raises(ConfigurationError, match="max_concurrency"):
        Caller(kind=kind, transport=Handled(answer))("list", client={"max_concurrency": width})


@pytest.mark.parametrize("width", [1, 8])
def test_a_429_is_one_pause_for_all(kind: str, width: int) -> None:
    """A 429 with a Retry-After of a minute pauses the whole call for one minute, not once per request."""
    ids, clock = [f"r{number}" for number in range(20)], ManualClock(1000.0)
    server = PlainServer(ids, ["ok"] * 4 + ["429"])

    def handle(request: httpx.Request) -> httpx.Response:
        response = server(request)
        if response.status_code == 429:
            response.headers["retry-after"] = "60"
        return response

    caller = Caller(kind=kind, transport=Handled(handle), clock=clock)
    result = caller(
        "annotate_records",
        client={"max_concurrency": width},
        annotation_queue=QUEUE,
        validate=False,
        annotations=dict.fromkeys(ids, ANNOTATE),
    )
    assert list(result) == ids
    assert sum(clock.slept) == pytest.approx(60.0)
    assert len(server.bodies) == 21
