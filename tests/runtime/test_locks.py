"""Locks of plans, waited for by the drivers: threads, tasks of asyncio and trio, Ctrl-C and cancellation."""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest

from arize_queues._clock import Clock
from arize_queues._plans.combinators import DeadlineReached, with_deadline, with_lock
from arize_queues._plans.locks import PlanLock
from arize_queues._plans.steps import Acquire, Plan, Sleep
from arize_queues._runtime.drivers import arun, run
from arize_queues._runtime.http import RequestBuilder
from arize_queues._settings import Settings
from tests.conftest import Runner
from tests.support.answers import BASE_URL, KEY

SETTINGS = Settings(api_key=KEY, base_url=BASE_URL)
NO_SERVER = httpx.MockTransport(lambda request: httpx.Response(500))
PATIENCE = 10.0  # seconds after which a test fails instead of waiting for ever


class Log:
    """What plans did under a lock, and the steps that they asked for."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.order: list[int] = []

    def work(self, number: int, seconds: float = 0.0) -> Plan[int]:
        """Sleep, alone if a lock is held."""
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.order.append(number)
        try:
            yield Sleep(seconds)
        finally:
            self.inside -= 1
        return number


def counted(plan: Plan[Any], steps: list[Any]) -> Plan[Any]:
    """Write down each step of a plan."""
    answer: Any = None
    fault: BaseException | None = None
    try:
        while True:
            step = plan.throw(fault) if fault else plan.send(answer)
            fault = None
            steps.append(step)
            try:
                answer = yield step
            except GeneratorExit:
                raise
            except BaseException as thrown:
                fault = thrown
    except StopIteration as end:
        return end.value
    finally:
        plan.close()


def run_here(plan: Plan[Any]) -> Any:
    """Run a plan in this thread."""
    with httpx.Client(transport=NO_SERVER) as http:
        return run(plan, RequestBuilder(http, threading.Semaphore(), SETTINGS, borrowed=False), Clock())


async def arun_here(plan: Plan[Any]) -> Any:
    """Run a plan in this task."""
    async with httpx.AsyncClient(transport=NO_SERVER) as http:
        return await arun(plan, RequestBuilder(http, anyio.Semaphore(1), SETTINGS, borrowed=False), Clock())


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def is_waiting(lock: PlanLock, number: int = 1) -> Callable[[], bool]:
    """Return a condition: so many are in line."""
    return lambda: len(lock._waiting) == number


def test_one_thread_at_a_time_holds_the_lock() -> None:
    """Plans of many threads run one after another under a lock, and each asks for it once."""
    lock, log, steps = PlanLock(), Log(), []
    with ThreadPoolExecutor(16) as pool:
        work = (counted(with_lock(lock, log.work(number, 0.001)), steps) for number in range(64))
        assert sorted(pool.map(run_here, work)) == list(range(64))
    assert log.most == 1
    assert sum(isinstance(step, Acquire) for step in steps) == 64


def test_one_task_at_a_time_holds_the_lock_and_nobody_polls(run_async: Runner) -> None:
    """200 tasks that wait for a lock yield one step each, and come in the order that they asked in."""
    lock, log, steps, holder = PlanLock(), Log(), [], object()

    async def story() -> None:
        lock.try_acquire(holder)
        async with anyio.create_task_group() as group:
            for number in range(200):
                group.start_soon(arun_here, counted(with_lock(lock, log.work(number)), steps))
                await anyio.wait_all_tasks_blocked()
            await anyio.sleep(0.05)
            assert len(steps) == 200
            assert not log.order
            lock.release(holder)

    run_async(story)
    assert log.most == 1
    assert log.order == list(range(200))
    assert len(steps) == 400


def test_a_thread_waits_for_a_task(run_async: Runner) -> None:
    """A lock that a thread holds wakes a task of an event loop in another thread, and the other way round."""
    lock, log, holder = PlanLock(), Log(), object()
    lock.try_acquire(holder)

    async def story() -> Any:
        return await arun_here(with_lock(lock, log.work(1, 0.01)))

    with ThreadPoolExecutor(2) as pool:
        task = pool.submit(run_async, story)
        until(is_waiting(lock))
        thread = pool.submit(run_here, with_lock(lock, log.work(2)))
        until(is_waiting(lock, 2))
        lock.release(holder)
        assert (task.result(PATIENCE), thread.result(PATIENCE)) == (1, 2)
    assert (log.order, log.most) == ([1, 2], 1)


def test_a_timeout_answers_false(run_async: Runner) -> None:
    """A driver waits no longer than the step says, and leaves the line."""
    lock = PlanLock()
    lock.try_acquire(object())

    def once() -> Plan[Any]:
        return (yield Acquire(lock, object(), 0.01))

    assert run_here(once()) is False

    async def story() -> Any:
        return await arun_here(once())

    assert run_async(story) is False
    assert not lock._waiting


@pytest.mark.parametrize("timeout", [0.0, None])
def test_a_free_lock_is_acquired_at_once(run_async: Runner, timeout: float | None) -> None:
    """A free lock is acquired even if the step has no time to wait."""

    def once() -> Plan[Any]:
        return (yield Acquire(PlanLock(), object(), timeout))

    assert run_here(once()) is True

    async def story() -> Any:
        return await arun_here(once())

    assert run_async(story) is True


def test_a_deadline_ends_the_wait_for_a_lock() -> None:
    """A plan under a deadline does not wait for a lock for longer."""
    lock = PlanLock()
    lock.try_acquire(object())
    begun = time.monotonic()
    with pytest.raises(DeadlineReached):
        run_here(with_deadline(with_lock(lock, Log().work(1)), begun + 0.05, time.monotonic))
    assert 0.05 <= time.monotonic() - begun < PATIENCE
    assert not lock._waiting


def test_a_cancelled_waiter_passes_the_lock_on(run_async: Runner) -> None:
    """Where a task is cancelled that was woken already, the next one gets the lock."""
    lock, log, holder = PlanLock(), Log(), object()

    async def cancelled(scope: anyio.CancelScope) -> None:
        with scope:
            await arun_here(with_lock(lock, log.work(1)))

    async def story() -> bool:
        lock.try_acquire(holder)
        scope = anyio.CancelScope()
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as group:
                group.start_soon(cancelled, scope)
                await anyio.wait_all_tasks_blocked()
                group.start_soon(arun_here, with_lock(lock, log.work(2)))
                await anyio.wait_all_tasks_blocked()
                lock.release(holder)
                scope.cancel()
        return scope.cancelled_caught

    assert run_async(story)
    assert log.order == [2]
    assert not lock._waiting


@pytest.mark.parametrize("held", [True, False])
def test_ctrl_c_while_waiting_leaves_nothing_behind(held: bool) -> None:
    """Ctrl-C ends the wait, or the plan under the lock, and the next thread gets the lock."""
    lock, log, holder = PlanLock(), Log(), object()
    if not held:
        lock.try_acquire(holder)
    main = threading.main_thread().ident
    assert main is not None

    def press() -> None:
        until((lambda: log.inside == 1) if held else is_waiting(lock))
        signal.pthread_kill(main, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        run_here(with_lock(lock, log.work(1, PATIENCE)))
    presser.join()
    lock.release(holder)
    assert run_here(with_lock(lock, log.work(2))) == 2
    assert not lock._waiting


def test_a_task_that_its_loop_left_behind_does_not_hold_up_others() -> None:
    """A waiter whose event loop was closed under it is passed over."""
    import asyncio

    lock, log, holder = PlanLock(), Log(), object()
    lock.try_acquire(holder)
    loop = asyncio.new_event_loop()
    task = loop.create_task(arun_here(with_lock(lock, log.work(1))))
    loop.run_until_complete(asyncio.sleep(0.01))
    assert len(lock._waiting) == 1
    with ThreadPoolExecutor(1) as pool:
        thread = pool.submit(run_here, with_lock(lock, log.work(2)))
        until(is_waiting(lock, 2))
        loop.close()
        lock.release(holder)
        assert thread.result(PATIENCE) == 2
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    del task
    gc.collect()
