"""The scheduler, driven by hand: concurrency, starting order, throttling, stops and deadlines."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import attrs
import httpx
import pytest

from arize_queues._bulk.scheduler import Scheduler
from arize_queues._plans.steps import Finished, Next, Plan, Send, Sleep, Start, Stopped
from tests.support.clock import ManualClock
from tests.support.plans import make_context


@attrs.define
class World:
    """Drives a scheduler by hand; each request takes one second, and requests end in the order they began."""

    clock: ManualClock = attrs.field(factory=ManualClock)
    answer: Callable[[int, Send], Any] = lambda number, send: httpx.Response(200)
    under_way: list[tuple[float, Start]] = attrs.field(factory=list)
    begun: list[tuple[float, str]] = attrs.field(factory=list)
    widest: int = 0
    timeouts: list[float | None] = attrs.field(factory=list)

    def run(self, plan: Plan[None]) -> None:
        """Perform every step until the plan ends."""
        answer: Any = None
        try:
            while True:
                step = plan.send(answer)
                answer = self.perform(step)
        except StopIteration:
            assert not self.under_way

    def perform(self, step: Any) -> Any:
        """Perform a step as the drivers do."""
        if isinstance(step, Start):
            self.under_way.append((self.clock.elapsed + 1.0, step))
            self.begun.append((self.clock.elapsed, step.send.kwargs["url"]))
            self.timeouts.append(step.send.within)
            self.widest = max(self.widest, len(self.under_way))
            return None
        if isinstance(step, Sleep):
            self.clock.sleep(step.seconds)
            return None
        assert isinstance(step, Next)
        due = self.under_way[0][0]
        if step.timeout is not None and self.clock.elapsed + step.timeout < due:
            self.clock.sleep(step.timeout)
            return None
        self.clock.elapsed = max(due, self.clock.elapsed)
        _, started = self.under_way.pop(0)
        result = self.answer(len(self.begun), started.send)
        fault = result if isinstance(result, Exception) else None
        return Finished(started.tag, None if fault else result, fault)


def sending(name: str, done: list[str], *waits: Sleep) -> Plan[None]:
    """Send a request, and send it again after each wait."""
    yield Send({"url": name})
    for wait in waits:
        yield wait
        yield Send({"url": name})
    done.append(name)


def schedule(
    world: World,
    plans: Iterator[Plan[None]],
    *,
    width: int = 3,
    stopped: Callable[[], bool] = lambda: False,
    deadline: float | None = None,
) -> Plan[None]:
    """Return the scheduler's plan for these plans."""
    context = make_context(world.clock, max_concurrency=width)
    return Scheduler(context, plans, stopped, deadline).run()


@pytest.mark.parametrize("width", [1, 3, 8, 100])
def test_all_plans_end_and_no_more_than_allowed_are_under_way(width):
    """All plans end, and as many requests as allowed are in flight at once, started in order."""
    world, done = World(), []
    world.run(schedule(world, (sending(str(i), done) for i in range(20)), width=width))
    assert sorted(done, key=int) == [str(i) for i in range(20)]
    assert world.widest == min(width, 20)
    assert [name for _, name in world.begun] == [str(i) for i in range(20)]


def test_no_plans_ask_for_nothing():
    """A scheduler without plans ends at once."""
    assert list(schedule(World(), iter(()))) == []


def test_plans_are_taken_as_there_is_room():
    """Plans are taken from an endless input only as there is room for them."""
    taken: list[int] = []

    def endless() -> Iterator[Plan[None]]:
        for number in range(10**9):
            taken.append(number)
            yield sending(str(number), done)

    world, done = World(), []
    world.run(schedule(world, endless(), stopped=lambda: len(done) >= 5))
    assert len(taken) <= len(done) + 3


def refusing(times: int, headers: dict[str, str]) -> Callable[[int, Send], httpx.Response]:
    """Answer the first requests with a 429, and all others with a 200."""
    left = list(range(times))

    def answer(number: int, send: Send) -> httpx.Response:
        return httpx.Response(429, headers=headers) if left and left.pop() >= 0 else httpx.Response(200)

    return answer


def test_a_refusal_slows_all_down():
    """After a 429 nothing starts until the server's wait is over, and then fewer requests run at once."""
    world, done = World(answer=refusing(1, {"Retry-After": "10"})), []
    first = sending("first", done, Sleep(10.0, throttled=True))
    rest = (sending(str(i), done) for i in range(6))
    world.run(schedule(world, iter([first, *rest]), width=4))
    assert [time for time, _ in world.begun[:4]] == [0.0] * 4
    assert world.begun[4] == (11.0, "first")
    assert 1 <= [time for time, _ in world.begun].count(11.0) < 4
    assert len(done) == 7


def test_a_refusal_that_its_plan_does_not_wait_for_holds_the_others_back():
    """A 429 delays all other plans even if the plan that received it does not retry."""
    world, done = World(answer=refusing(1, {"Retry-After": "30"})), []
    world.run(schedule(world, (sending(str(i), done) for i in range(3)), width=1))
    assert world.begun == [(0.0, "0"), (31.0, "1"), (32.0, "2")]


def test_a_plan_that_was_refused_goes_first():
    """Throttled plans restart before new ones, so that none starves."""
    world, done = World(answer=refusing(2, {"Retry-After": "5"})), []
    plans = [sending(name, done, Sleep(5.0, throttled=True)) for name in "ab"]
    world.run(schedule(world, iter([*plans, *(sending(name, done) for name in "cdef")]), width=2))
    assert [name for _, name in world.begun] == ["a", "b", "a", "b", "c", "d", "e", "f"]


@pytest.mark.parametrize(("others", "told"), [(0, False), (2, True)])
def test_a_sleeper_is_told_whether_others_got_through_(others, told):
    """A throttled plan learns from its Sleep step whether other requests succeeded in the meantime."""
    heard: list[Any] = []

    def listening() -> Plan[None]:
        yield Send({"url": "x"})
        heard.append((yield Sleep(1.5, throttled=True)))

    world, done = World(answer=refusing(1, {"Retry-After": "0"})), []
    world.run(schedule(world, iter([listening(), *(sending(str(i), done) for i in range(others))]), width=2))
    assert heard == [told]


def test_a_plan_that_sleeps_for_itself_holds_nobody_up():
    """A plan that waits to retry a 503 does not delay the others."""
    world, done = World(), []
    first = sending("first", done, Sleep(50.0))
    world.run(schedule(world, iter([first, *(sending(str(i), done) for i in range(6))]), width=2))
    assert done[-1] == "first"
    assert world.begun[-1] == (51.0, "first")
    assert world.begun[-2][0] < 10


def test_sleepers_count_as_under_way():
    """Sleeping plans count toward the concurrency limit, so failures do not start ever more plans."""
    world, done, taken = World(), [], []

    def plans() -> Iterator[Plan[None]]:
        for number in range(10):
            taken.append(number)
            yield sending(str(number), done, Sleep(30.0))

    plan = schedule(world, plans(), width=2)
    answer = None
    while world.clock.elapsed < 30:
        answer = world.perform(plan.send(answer))
    assert taken == [0, 1]
    plan.close()


def test_after_a_stop_nothing_begins_and_what_is_under_way_is_waited_for():
    """After a stop no request starts, and requests in flight are awaited so that their outcome is known."""
    world, done = World(), []
    world.run(schedule(world, (sending(str(i), done) for i in range(20)), stopped=lambda: len(done) >= 1))
    assert len(world.begun) == 3
    assert done == ["0", "1", "2"]


def test_plans_that_still_wait_for_their_turn_are_told_that_it_will_not_come():
    """Sleeping and ready plans receive Stopped at the deadline, so that they can report their outcome."""
    told: list[str] = []

    def plan(name: str, steps: list[Any]) -> Plan[None]:
        try:
            while steps:
                yield steps.pop(0)
        except Stopped:
            told.append(name)

    world = World()
    plans = [
        plan("asleep", [Send({"url": "x"}), Sleep(100.0)]),
        plan("slow", [Send({"url": "y"}), Sleep(3.0), Send({"url": "y"}), Sleep(3.0)]),
    ]
    world.run(schedule(world, iter(plans), deadline=3.5))
    assert sorted(told) == ["asleep", "slow"]


def test_plans_that_did_not_end_are_closed():
    """Plans that have not ended by the deadline are closed, so that their `finally` blocks run."""
    closed = []

    def plan() -> Plan[None]:
        try:
            yield Send({"url": "x"})
            yield Sleep(100.0)
        finally:
            closed.append(True)

    world = World()
    world.run(schedule(world, (plan() for _ in range(2)), deadline=5.0))
    assert closed == [True, True]
    assert world.clock.elapsed == 5.0


def test_nothing_begins_after_the_deadline():
    """No request starts after the deadline, and none may take longer than the time left."""
    world, done = World(), []
    world.run(schedule(world, (sending(str(i), done) for i in range(20)), width=2, deadline=2.5))
    assert max(time for time, _ in world.begun) == 2.0
    assert world.timeouts == [2.5, 2.5, 1.5, 1.5, 0.5, 0.5]


def test_without_a_deadline_the_clients_timeout_holds():
    """Without a deadline, `Send.within` is None and the client's own timeout applies."""
    world, done = World(), []
    world.run(schedule(world, iter([sending("a", done)])))
    assert world.timeouts == [None]


def test_a_fault_of_a_request_is_thrown_into_its_plan_only():
    """A transport error is thrown into the plan that sent the request and into no other."""
    caught: list[Exception] = []

    def careful() -> Plan[None]:
        try:
            yield Send({"url": "bad"})
        except httpx.ReadError as fault:
            caught.append(fault)

    world, done = World(), []
    world.answer = lambda _, send: httpx.ReadError("x") if send.kwargs["url"] == "bad" else httpx.Response(200)
    world.run(schedule(world, iter([sending("a", done), careful(), sending("b", done)])))
    assert len(caught) == 1
    assert done == ["a", "b"]


def test_an_input_that_raises_ends_after_what_is_under_way():
    """Plans taken before the input raised are finished, and then its exception propagates."""

    def broken() -> Iterator[Plan[None]]:
        yield sending("a", done)
        raise ZeroDivisionError

    world, done = World(), []
    with pytest.raises(ZeroDivisionError):
        world.run(schedule(world, broken()))
    assert done == ["a"]


def _until_under_way(plan: Plan[None], world: World) -> Generator[Any, Any, None]:
    step = next(plan)
    while not isinstance(step, Next):
        step = plan.send(world.perform(step))
    yield step


def test_what_is_under_way_is_waited_for_where_the_callers_code_raises():
    """Requests in flight are awaited when a plan raises, so that their outcome is known."""

    def raising(name: str) -> Plan[None]:
        yield from sending(name, done)
        raise ZeroDivisionError

    world, done = World(), []
    with pytest.raises(ZeroDivisionError):
        world.run(schedule(world, (raising(str(i)) for i in range(20))))
    assert done == ["0", "1", "2"]


def test_ctrl_c_waits_for_what_is_under_way():
    """After Ctrl-C no request starts, and requests in flight are awaited before KeyboardInterrupt propagates."""
    world, done = World(), []
    plan = schedule(world, (sending(str(i), done) for i in range(20)))
    next(_until_under_way(plan, world))
    step: Any = plan.throw(KeyboardInterrupt())
    for _ in range(2):
        step = plan.send(world.perform(step))
    with pytest.raises(KeyboardInterrupt):
        plan.send(world.perform(step))
    assert done == ["0", "1", "2"]


def test_a_second_ctrl_c_goes_through():
    """A second Ctrl-C propagates at once, without the requests in flight."""
    world, done = World(), []
    plan = schedule(world, (sending(str(i), done) for i in range(20)))
    next(_until_under_way(plan, world))
    assert isinstance(plan.throw(KeyboardInterrupt()), Next)
    with pytest.raises(KeyboardInterrupt):
        plan.throw(KeyboardInterrupt())
    assert done == []


def test_a_cancellation_waits_for_nothing():
    """GeneratorExit propagates at once, because a cancelled task may not await."""
    world, done = World(), []
    plan = schedule(world, (sending(str(i), done) for i in range(20)))
    next(_until_under_way(plan, world))
    with pytest.raises(GeneratorExit):
        plan.throw(GeneratorExit())
    assert done == []
