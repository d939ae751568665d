"""Run a plan under a lock, or under a deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from arize_queues.errors import APITimeoutError

from .locks import PlanLock
from .steps import Acquire, Plan, Send, Sleep, Step

T = TypeVar("T")


class DeadlineReached(Exception):  # noqa: N818  # the bulk call that has the account turns it into an error
    """The deadline came before the end of the plan."""


def with_lock(lock: PlanLock, plan: Plan[T]) -> Plan[T]:
    """Run a plan while holding a lock."""
    ticket = object()
    try:
        while not (yield Acquire(lock, ticket)):
            pass
        return (yield from plan)
    finally:
        try:
            lock.release(ticket)
        except KeyboardInterrupt:  # it may have come before anything was released
            lock.release(ticket)
            raise


def with_deadline(plan: Plan[T], deadline: float | None, now: Callable[[], float]) -> Plan[T]:
    """Run a plan until a deadline; no step outlives it.

    Raises:
        DeadlineReached: The plan did not end before.
    """
    if deadline is None:
        return (yield from plan)
    try:
        step = next(plan)
        while now() < deadline:
            try:
                answer = yield _shortened(step, deadline - now())
            except Exception as fault:  # the plan decides
                step = plan.throw(fault)
            else:
                step = plan.send(answer)
    except StopIteration as end:
        value: T = end.value
        return value
    except APITimeoutError as late:
        if now() < deadline:
            raise
        raise DeadlineReached from late
    finally:
        plan.close()
    raise DeadlineReached


def _shortened(step: Step, left: float) -> Step:
    if isinstance(step, Send):
        return step._replace(within=left)
    if isinstance(step, Sleep):
        return step._replace(seconds=min(step.seconds, left))
    if isinstance(step, Acquire):
        return step._replace(timeout=left if step.timeout is None else min(step.timeout, left))
    return step
