"""Plans under a deadline, driven by hand: what is shortened, what is thrown, and what comes out."""

from __future__ import annotations

from typing import Any

import pytest

from arize_queues._plans.combinators import DeadlineReached, with_deadline, with_lock
from arize_queues._plans.locks import PlanLock
from arize_queues._plans.steps import Acquire, Emit, Next, Plan, Send, Sleep, Start
from arize_queues.errors import APITimeoutError
from tests.support.clock import ManualClock

LATE = APITimeoutError("GET", "/v2/things", "no answer (ReadTimeout)")


def asking(*steps: Any) -> Plan[list[Any]]:
    """Yield steps, and return their answers."""
    answers = []
    for step in steps:
        answers.append((yield step))
    return answers


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Send({"url": "/"}), Send({"url": "/"}, within=10.0)),
        (Sleep(60.0, throttled=True), Sleep(10.0, throttled=True)),
        (Sleep(2.0), Sleep(2.0)),
        (Next(None), Next(None)),
        (Start(1, Send({"url": "/"})), Start(1, Send({"url": "/"}))),
        (Emit([1]), Emit([1])),
    ],
)
def test_no_step_outlives_the_deadline(step: Any, expected: Any) -> None:
    """Sends and sleeps are cut to the seconds that are left; other steps pass as they are."""
    clock = ManualClock()
    plan = with_deadline(asking(step), 10.0, clock.now)
    assert next(plan) == expected


@pytest.mark.parametrize(("timeout", "expected"), [(None, 10.0), (3.0, 3.0), (30.0, 10.0)])
def test_the_wait_for_a_lock_does_not_outlive_the_deadline(timeout: float | None, expected: float) -> None:
    """A lock is waited for at most until the deadline, and for no longer than the plan asked."""
    lock, ticket = PlanLock(), object()
    plan = with_deadline(asking(Acquire(lock, ticket, timeout)), 10.0, ManualClock().now)
    assert next(plan) == Acquire(lock, ticket, expected)


def test_without_a_deadline_a_plan_runs_as_it_is() -> None:
    """No deadline changes no step and no value."""
    plan = with_deadline(asking(Sleep(60.0)), None, ManualClock().now)
    assert next(plan) == Sleep(60.0)
    with pytest.raises(StopIteration) as end:
        plan.send("slept")
    assert end.value.value == ["slept"]


def test_a_plan_that_ends_in_time_returns_its_value() -> None:
    """The answers reach the plan, and its value comes out."""
    clock = ManualClock()
    plan = with_deadline(asking(Sleep(1.0), Sleep(2.0)), 10.0, clock.now)
    next(plan)
    clock.sleep(5.0)
    plan.send("one")
    with pytest.raises(StopIteration) as end:
        plan.send("two")
    assert end.value.value == ["one", "two"]


def test_the_deadline_closes_the_plan_where_it_waits() -> None:
    """When time is up the plan is closed, so that it frees its lock, and the caller learns of it."""
    clock, lock = ManualClock(), PlanLock()
    plan = with_deadline(with_lock(lock, asking(Sleep(60.0), Sleep(60.0))), 10.0, clock.now)
    step = next(plan)
    assert lock.try_acquire(step.ticket)  # type: ignore[union-attr]
    assert plan.send(True) == Sleep(10.0)
    clock.sleep(10.0)
    with pytest.raises(DeadlineReached):
        plan.send(None)
    assert lock.try_acquire(object())


@pytest.mark.parametrize(("elapsed", "expected"), [(9.0, APITimeoutError), (10.0, DeadlineReached)])
def test_a_timeout_at_the_deadline_is_the_deadline(elapsed: float, expected: type[Exception]) -> None:
    """A request that the deadline cut short counts as the deadline, and one that timed out before as itself."""
    clock = ManualClock()
    plan = with_deadline(asking(Send({"url": "/"})), 10.0, clock.now)
    next(plan)
    clock.sleep(elapsed)
    with pytest.raises(expected):
        plan.throw(LATE)


def test_faults_reach_the_plan() -> None:
    """The plan decides what a fault means, as it does without a deadline."""

    def forgiving() -> Plan[str]:
        try:
            yield Send({"url": "/"})
        except ValueError:
            yield Sleep(1.0)
        return "done"

    plan = with_deadline(forgiving(), 10.0, ManualClock().now)
    next(plan)
    assert plan.throw(ValueError()) == Sleep(1.0)
