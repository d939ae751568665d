"""The drivers: they carry plans out. All the I/O with the server starts here.

`run` and `iterate` use httpx.Client and threads, `arun` and `aiterate` httpx.AsyncClient and tasks. A fault of a
request is thrown into the plan where it waits; so is whatever else interrupts a step, Ctrl-C or a cancellation, so
that a plan can account for what it has done.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Generator
from typing import Any, TypeAlias, TypeVar

import httpx

from arize_queues._clock import Clock
from arize_queues._plans.steps import Emit, Next, Plan, Send, Sleep, Start, Step

from .http import Wire
from .within import asend_within, send_within
from .workers import TaskBackground, ThreadBackground

_READ = httpx.ByteStream(b"")

T = TypeVar("T")
Answer: TypeAlias = tuple[Any, BaseException | None]


def run(plan: Plan[T], wire: Wire[httpx.Client], clock: Clock) -> T:
    """Carry out a plan in this thread, its background requests in others, and give its value."""
    background = ThreadBackground(lambda send: _send(wire, send), clock)
    try:
        step = next(plan)
        while True:
            try:
                answer, fault = _perform(step, wire, clock, background)
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
            background.close()


def iterate(plan: Plan[None], wire: Wire[httpx.Client], clock: Clock) -> Generator[Any]:
    """Carry out a plan that emits pages, and give their items one by one."""
    background = ThreadBackground(lambda send: _send(wire, send), clock)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                yield from step.page
            answer, fault = _perform(step, wire, clock, background)
            step = plan.throw(fault) if fault else plan.send(answer)
    except StopIteration:
        return
    finally:
        try:
            plan.close()
        finally:
            background.close()


async def arun(plan: Plan[T], wire: Wire[httpx.AsyncClient], clock: Clock) -> T:
    """Carry out a plan in this task, its background requests in others, and give its value."""
    background = TaskBackground(lambda send: _asend(wire, send), clock)
    try:
        step = next(plan)
        while True:
            answer, fault = await _aperform(step, wire, clock, background)
            step = plan.throw(fault) if fault else plan.send(answer)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        try:
            plan.close()
        finally:
            await background.aclose()


async def aiterate(plan: Plan[None], wire: Wire[httpx.AsyncClient], clock: Clock) -> AsyncGenerator[Any]:
    """Carry out a plan that emits pages, and give their items one by one."""
    background = TaskBackground(lambda send: _asend(wire, send), clock)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                for item in step.page:
                    yield item
            answer, fault = await _aperform(step, wire, clock, background)
            step = plan.throw(fault) if fault else plan.send(answer)
    except StopIteration:
        return
    finally:
        try:
            plan.close()
        finally:
            await background.aclose()


def _perform(step: Step, wire: Wire[httpx.Client], clock: Clock, background: ThreadBackground) -> Answer:
    try:
        if isinstance(step, Send):
            return _send(wire, step), None
        if isinstance(step, Next):
            return background.next(step.timeout), None
        if isinstance(step, Start):
            background.start(step)
        elif isinstance(step, Sleep):
            clock.sleep(step.seconds)
    except BaseException as fault:  # the plan decides what any of them means
        return None, fault
    return None, None


async def _aperform(step: Step, wire: Wire[httpx.AsyncClient], clock: Clock, background: TaskBackground) -> Answer:
    try:
        if isinstance(step, Send):
            return await _asend(wire, step), None
        if isinstance(step, Next):
            return await background.next(step.timeout), None
        if isinstance(step, Start):
            background.start(step)
        elif isinstance(step, Sleep):
            await clock.asleep(step.seconds)
    except BaseException as fault:  # the plan decides what any of them means
        return None, fault
    return None, None


def _send(wire: Wire[httpx.Client], send: Send) -> httpx.Response:
    if send.within is not None:
        return _untied(send_within(wire, send, send.within))
    with wire.gate:
        return _untied(wire.http.send(wire.build(send), auth=None, follow_redirects=False))


async def _asend(wire: Wire[httpx.AsyncClient], send: Send) -> httpx.Response:
    if send.within is not None:
        return _untied(await asend_within(wire, send, send.within))
    async with wire.gate:
        return _untied(await wire.http.send(wire.build(send), auth=None, follow_redirects=False))


def _untied(response: httpx.Response) -> httpx.Response:
    """Part a response that has been read from its stream.

    They know each other, so that the body, which may be a page of a megabyte, would stay until the garbage collector
    comes by.
    """
    response.stream = _READ
    return response
