"""The lock of plans, driven by hand: who holds it, who waits, and what an interruption leaves behind."""

from __future__ import annotations

import inspect
import linecache
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from arize_queues._plans.combinators import with_lock
from arize_queues._plans.locks import PlanLock
from arize_queues._plans.steps import Acquire, Plan, Sleep


class Waiter:
    """A ticket in line, and the wake-up calls that came for it."""

    def __init__(self, lock: PlanLock) -> None:
        self.lock = lock
        self.ticket = object()
        self.calls = 0

    def wait(self) -> bool:
        """Acquire the lock or wait in line."""
        return self.lock.acquire_or_wait(self.ticket, self.wake_up)

    def wake_up(self) -> None:
        """Count a wake-up call."""
        self.calls += 1


@pytest.fixture
def lock() -> PlanLock:
    """Make a lock that nobody holds."""
    return PlanLock()


def sleeping(name: str, log: list[str]) -> Plan[str]:
    """Write a name down, sleep, and return it."""
    log.append(name)
    yield Sleep(1.0)
    return name


def is_free(lock: PlanLock) -> bool:
    """Return True if a new ticket gets the lock; free it again."""
    ticket = object()
    free = lock.try_acquire(ticket)
    lock.release(ticket)
    return free


def test_one_ticket_holds_the_lock(lock: PlanLock) -> None:
    """A second ticket gets the lock only after the first one released it."""
    first, second = object(), object()
    assert lock.try_acquire(first)
    assert lock.try_acquire(first), "the holder is told again that it holds the lock"
    assert not lock.try_acquire(second)
    lock.release(first)
    assert lock.try_acquire(second)


def test_a_ticket_that_does_not_hold_the_lock_cannot_release_it(lock: PlanLock) -> None:
    """A release by another ticket than the holder's changes nothing."""
    holder, other = object(), object()
    lock.try_acquire(holder)
    lock.release(other)
    assert not lock.try_acquire(other)


def test_waiters_are_woken_one_at_a_time_in_the_order_of_their_coming(lock: PlanLock) -> None:
    """Each release wakes the waiter that came first, and no other."""
    holder = object()
    lock.try_acquire(holder)
    waiters = [Waiter(lock) for _ in range(3)]
    assert [waiter.wait() for waiter in waiters] == [False] * 3
    for number, waiter in enumerate(waiters):
        lock.release(holder)
        assert [other.calls for other in waiters] == [1] * (number + 1) + [0] * (2 - number)
        assert waiter.wait()
        holder = waiter.ticket


def test_a_woken_waiter_that_gives_up_wakes_the_next(lock: PlanLock) -> None:
    """A wake-up is not lost with a waiter that was cancelled after it."""
    holder, first, second = object(), Waiter(lock), Waiter(lock)
    lock.try_acquire(holder)
    assert not first.wait()
    assert not second.wait()
    lock.release(holder)
    assert (first.calls, second.calls) == (1, 0)
    lock.stop_waiting(first.ticket)
    assert (first.calls, second.calls) == (1, 1)
    assert second.wait()


def test_a_waiter_that_gives_up_before_its_turn_wakes_nobody(lock: PlanLock) -> None:
    """While the lock is held, leaving the line concerns nobody else, and no wake-up follows."""
    holder, first, second = object(), Waiter(lock), Waiter(lock)
    lock.try_acquire(holder)
    assert not first.wait()
    assert not second.wait()
    lock.stop_waiting(first.ticket)
    assert (first.calls, second.calls) == (0, 0)
    lock.release(holder)
    assert (first.calls, second.calls) == (0, 1)


def test_a_waiter_that_was_overtaken_keeps_its_place(lock: PlanLock) -> None:
    """Where a newcomer takes the free lock first, the next release wakes the same waiter again."""
    holder, first, second, newcomer = object(), Waiter(lock), Waiter(lock), object()
    lock.try_acquire(holder)
    assert not first.wait()
    assert not second.wait()
    lock.release(holder)
    assert lock.try_acquire(newcomer)
    assert not first.wait()
    lock.release(newcomer)
    assert (first.calls, second.calls) == (2, 0)


def test_a_waiter_whose_event_loop_has_ended_is_passed_over(lock: PlanLock) -> None:
    """A wake-up call that fails goes to the next in line."""

    def dead() -> None:
        raise RuntimeError("Event loop is closed")

    holder, second = object(), Waiter(lock)
    lock.try_acquire(holder)
    lock.acquire_or_wait(object(), dead)
    assert not second.wait()
    lock.release(holder)
    assert second.calls == 1


def test_a_plan_holds_the_lock_from_its_first_step_to_its_end(lock: PlanLock) -> None:
    """`with_lock` asks again after a timeout, runs the plan under the lock, and releases it."""
    log: list[str] = []
    other = object()
    lock.try_acquire(other)
    plan = with_lock(lock, sleeping("a", log))
    step = next(plan)
    assert isinstance(step, Acquire)
    assert (step.lock, step.timeout) == (lock, None)
    assert plan.send(False) == step
    assert log == []
    lock.release(other)
    assert lock.try_acquire(step.ticket)
    assert plan.send(True) == Sleep(1.0)
    assert not is_free(lock)
    with pytest.raises(StopIteration) as end:
        plan.send(None)
    assert end.value.value == "a"
    assert is_free(lock)


@pytest.mark.parametrize("end", ["throw", "close"])
@pytest.mark.parametrize("held", [True, False])
def test_a_plan_that_ends_early_releases_the_lock(lock: PlanLock, end: str, held: bool) -> None:
    """A fault or a cancellation frees the lock, also where it comes before the plan has heard that it holds it."""
    waiter = Waiter(lock)
    plan = with_lock(lock, sleeping("a", []))
    step = next(plan)
    assert isinstance(step, Acquire)
    assert lock.try_acquire(step.ticket)
    assert not waiter.wait()
    if held:
        plan.send(True)
    if end == "close":
        plan.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            plan.throw(KeyboardInterrupt())
    assert waiter.calls == 1
    assert waiter.wait()


class PressAt:
    """Raises KeyboardInterrupt once, at the n-th place of the code of locks where CPython may raise it.

    `with` and `try` are no such places: CPython looks for Ctrl-C where a function begins and after calls.
    """

    def __init__(self, number: int) -> None:
        self.left = number
        self._code = {with_lock.__code__} | {
            function.__code__ for _, function in inspect.getmembers(PlanLock, inspect.isfunction)
        }

    def __call__(self, frame: Any, event: str, _: Any) -> Any:
        """Count a place."""
        if frame.f_code not in self._code:
            return None
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
        self.left -= event in ("call", "line") and not line.startswith(("with ", "try:"))
        if self.left == 0:
            self.left = -1
            raise KeyboardInterrupt
        return self


def run_by_hand(plan: Plan[Any]) -> Iterator[None]:
    """Run a plan whose locks are free; pause at each sleep."""
    try:
        step = next(plan)
        while True:
            if isinstance(step, Acquire):
                assert step.lock.try_acquire(step.ticket)
                step = plan.send(True)
            else:
                yield
                step = plan.send(None)
    except StopIteration:
        return
    finally:
        plan.close()


def test_ctrl_c_anywhere_in_the_code_of_locks_frees_the_lock_and_wakes_the_next() -> None:
    """Wherever one Ctrl-C comes, nobody waits for a lock that nobody holds."""
    number, pressed = 0, True
    while pressed:
        number += 1
        lock, press = PlanLock(), PressAt(number)
        waiter = Waiter(lock)
        sys.settrace(press)
        try:
            for _ in run_by_hand(with_lock(lock, sleeping("a", []))):
                sys.settrace(None)
                assert not waiter.wait()
                sys.settrace(press)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        pressed = press.left < 0
        assert waiter.calls >= (waiter.ticket in lock._waiting), number
        assert waiter.wait(), number
    assert number > 20
