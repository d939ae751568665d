"""Plans that wait for locks, many at once: who goes on when, how few steps that takes, and what stops leave behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import attrs
import httpx
import pytest

from arize_queues._bulk.scheduler import Scheduler
from arize_queues._plans.combinators import with_lock
from arize_queues._plans.locks import PlanLock
from arize_queues._plans.steps import Acquire, Finished, Next, Plan, Send, Sleep, Start, Step, Stopped
from tests.support.clock import ManualClock
from tests.support.plans import make_context


@attrs.define
class Driver:
    """Carries the steps of a schedule out by hand; requests end in the order that they started in."""

    width: int = 3
    deadline: float | None = None
    clock: ManualClock = attrs.field(factory=ManualClock)
    steps: list[Step] = attrs.field(factory=list)
    under_way: deque[Start] = attrs.field(factory=deque)
    plan: Plan[None] | None = None

    def start(self, plans: Iterable[Plan[None]]) -> Step | None:
        """Run the schedule of plans to its first step."""
        context = make_context(self.clock, max_concurrency=self.width)
        self.plan = Scheduler(context, iter(plans), lambda: False, self.deadline).run()
        return self.go_on(None)

    def go_on(self, answer: Any) -> Step | None:
        """Answer a step; return the next one, or None at the end."""
        assert self.plan is not None
        try:
            self.steps.append(self.plan.send(answer))
        except StopIteration:
            return None
        return self.steps[-1]

    def play(self, step: Step | None) -> Step | None:
        """Carry out steps until the schedule waits for a lock from outside, or ends."""
        while step is not None and not isinstance(step, Acquire):
            answer: Any = None
            if isinstance(step, Start):
                self.under_way.append(step)
            elif isinstance(step, Sleep):
                self.clock.sleep(step.seconds)
            else:
                assert step == Next(None)
                answer = Finished(self.under_way.popleft().tag, httpx.Response(200))
            step = self.go_on(answer)
        return step


def sending(name: str, log: list[str]) -> Plan[None]:
    """Send a request; write down what became of it."""
    try:
        yield Send({"url": name})
    except Stopped:
        log.append(f"{name} stopped")
        raise
    log.append(name)


def names(count: int) -> list[str]:
    """Name plans."""
    return [str(number) for number in range(count)]


def test_200_plans_that_wait_for_one_lock_cost_no_step() -> None:
    """Plans under one lock run one after another, in order, with the steps of their requests alone."""
    lock, log, driver = PlanLock(), [], Driver(width=200)
    step = driver.start(with_lock(lock, sending(name, log)) for name in names(200))
    assert driver.play(step) is None
    assert log == names(200)
    assert len(driver.steps) == 400
    assert lock.try_acquire(object())


def test_plans_without_the_lock_go_on_beside_those_that_wait() -> None:
    """A plan that waits keeps only its own place from being used."""
    lock, log, driver, holder = PlanLock(), [], Driver(width=2), object()
    lock.try_acquire(holder)
    waiting = with_lock(lock, sending("locked", log))
    step = driver.play(driver.start([waiting, *(sending(name, log) for name in names(5))]))
    assert log == names(5)
    assert isinstance(step, Acquire)
    assert (step.lock, step.timeout) == (lock, None)
    lock.release(holder)
    assert lock.try_acquire(step.ticket)
    assert driver.play(driver.go_on(True)) is None
    assert log == [*names(5), "locked"]


def test_a_lock_that_is_free_again_is_seen_at_the_next_answer() -> None:
    """A lock that another call frees while requests are under way needs no step of its own."""
    lock, log, driver, holder = PlanLock(), [], Driver(width=2), object()
    lock.try_acquire(holder)
    step = driver.start([with_lock(lock, sending("locked", log)), *(sending(name, log) for name in names(2))])
    assert isinstance(step, Start)
    lock.release(holder)
    assert driver.play(step) is None
    assert sorted(log) == ["0", "1", "locked"]
    assert not [step for step in driver.steps if isinstance(step, Acquire)]


def test_a_lock_in_use_does_not_hold_up_those_who_wait_for_another() -> None:
    """While the first in line waits for a lock of another call, those behind it go on when their own is free."""
    theirs, ours, log, driver, holder = PlanLock(), PlanLock(), [], Driver(width=5), object()
    theirs.try_acquire(holder)
    waiting = with_lock(theirs, sending("theirs", log))
    step = driver.play(driver.start([waiting, *(with_lock(ours, sending(name, log)) for name in names(3))]))
    assert log == names(3)
    assert isinstance(step, Acquire)
    assert step.lock is theirs
    theirs.release(holder)
    assert theirs.try_acquire(step.ticket)
    assert driver.play(driver.go_on(True)) is None
    assert log == [*names(3), "theirs"]


def test_a_deadline_ends_the_wait() -> None:
    """The wait for a lock is cut to the deadline; the plan that waited learns that its step was not carried out."""
    lock, log, driver = PlanLock(), [], Driver(deadline=10.0)
    lock.try_acquire(object())
    step = driver.start([with_lock(lock, sending("locked", log))])
    assert isinstance(step, Acquire)
    assert step.timeout == 10.0
    driver.clock.sleep(10.0)
    assert driver.go_on(False) is None
    assert log == []
    assert not lock._waiting


@pytest.mark.parametrize("acquired", [True, False])
def test_ctrl_c_while_waiting_frees_the_lock(acquired: bool) -> None:
    """Ctrl-C stops the plans that wait, also one that had just got the lock and did not know."""
    lock, log, driver, holder = PlanLock(), [], Driver(), object()
    lock.try_acquire(holder)
    step = driver.start(with_lock(lock, sending(name, log)) for name in names(3))
    assert isinstance(step, Acquire)
    lock.release(holder)
    if acquired:
        assert lock.try_acquire(step.ticket)
    assert driver.plan is not None
    with pytest.raises(KeyboardInterrupt):
        driver.plan.throw(KeyboardInterrupt())
    assert log == []
    assert lock.try_acquire(object())
