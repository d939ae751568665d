"""The drivers: they run plans, and carry out their steps.

`run` and `iterate` use httpx.Client and threads; `arun` and `aiterate` use httpx.AsyncClient and tasks. A fault of a
request is thrown into the plan where it waits, because the plan decides what to do about it. So is everything else that
interrupts a step, such as Ctrl-C or a cancellation: a plan must be able to account for what it has done. Ctrl-C between
two steps reaches the plan at its next step.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Generator
from typing import Any, TypeAlias, TypeVar

import httpx

from arize_queues._clock import Clock
from arize_queues._plans.steps import Acquire, Emit, Next, Plan, Send, Sleep, Start, Step

from .http import RequestBuilder
from .locks import aacquire, acquire
from .timed import asend_within, send_within
from .workers import TaskWorkers, ThreadWorkers

_READ = httpx.ByteStream(b"")

T = TypeVar("T")
Answer: TypeAlias = tuple[Any, BaseException | None]
SyncBuilder: TypeAlias = RequestBuilder[httpx.Client]
AsyncBuilder: TypeAlias = RequestBuilder[httpx.AsyncClient]


def run(plan: Plan[T], builder: SyncBuilder, clock: Clock) -> T:
    """Run a plan in this thread, its background requests in others, and return its value."""
    workers = ThreadWorkers(lambda send: _send(builder, send), clock)
    try:
        step = next(plan)
        while True:
            try:
                answer, fault = _perform(step, builder, clock, workers)
                step = plan.throw(fault) if fault else plan.send(answer)
            except KeyboardInterrupt as pressed:
                if inspect.getgeneratorstate(plan) == inspect.GEN_CLOSED:
                    raise
                step = plan.throw(pressed)  # it came between two steps
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        try:
            plan.close()
        finally:
            workers.close()


def iterate(plan: Plan[None], builder: SyncBuilder, clock: Clock) -> Generator[Any]:
    """Run a plan that emits pages, and yield their items."""
    workers = ThreadWorkers(lambda send: _send(builder, send), clock)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                yield from step.page
            answer, fault = _perform(step, builder, clock, workers)
            step = plan.throw(fault) if fault else plan.send(answer)
    except StopIteration:
        return
    finally:
        try:
            plan.close()
        finally:
            workers.close()


async def arun(plan: Plan[T], builder: AsyncBuilder, clock: Clock) -> T:
    """Run a plan in this task, its background requests in others, and return its value."""
    workers = TaskWorkers(lambda send: _asend(builder, send), clock)
    try:
        step = next(plan)
        while True:
            answer, fault = await _aperform(step, builder, clock, workers)
            step = plan.throw(fault) if fault else plan.send(answer)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        try:
            plan.close()
        finally:
            await workers.aclose()


async def aiterate(plan: Plan[None], builder: AsyncBuilder, clock: Clock) -> AsyncGenerator[Any]:
    """Run a plan that emits pages, and yield their items."""
    workers = TaskWorkers(lambda send: _asend(builder, send), clock)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                for item in step.page:
                    yield item
            answer, fault = await _aperform(step, builder, clock, workers)
            step = plan.throw(fault) if fault else plan.send(answer)
    except StopIteration:
        return
    finally:
        try:
            plan.close()
        finally:
            await workers.aclose()


def _perform(step: Step, builder: SyncBuilder, clock: Clock, workers: ThreadWorkers) -> Answer:
    """Carry out a step; return its answer, or the fault to throw into the plan."""
    try:
        if isinstance(step, Send):
            return _send(builder, step), None
        if isinstance(step, Next):
            return workers.next(step.timeout), None
        if isinstance(step, Acquire):
            return acquire(step, clock), None
        if isinstance(step, Start):
            workers.start(step)
        elif isinstance(step, Sleep):
            clock.sleep(step.seconds)
    except BaseException as fault:  # the plan decides what any of them means
        return None, fault
    return None, None


async def _aperform(step: Step, builder: AsyncBuilder, clock: Clock, workers: TaskWorkers) -> Answer:
    """Carry out a step; return its answer, or the fault to throw into the plan."""
    try:
        if isinstance(step, Send):
            return await _asend(builder, step), None
        if isinstance(step, Next):
            return await workers.next(step.timeout), None
        if isinstance(step, Acquire):
            return await aacquire(step), None
        if isinstance(step, Start):
            workers.start(step)
        elif isinstance(step, Sleep):
            await clock.asleep(step.seconds)
    except BaseException as fault:  # the plan decides what any of them means
        return None, fault
    return None, None


def _send(builder: SyncBuilder, send: Send) -> httpx.Response:
    if send.within is not None:
        return _released(send_within(builder, send, send.within))
    with builder.semaphore:
        return _released(builder.http.send(builder.build(send), auth=None, follow_redirects=False))


async def _asend(builder: AsyncBuilder, send: Send) -> httpx.Response:
    if send.within is not None:
        return _released(await asend_within(builder, send, send.within))
    async with builder.semaphore:
        return _released(await builder.http.send(builder.build(send), auth=None, follow_redirects=False))


def _released(response: httpx.Response) -> httpx.Response:
    """Break the reference cycle of a response that was read and its stream.

    Otherwise its body, a page of up to megabytes, would stay in memory until the garbage collector runs.
    """
    response.stream = _READ
    return response
