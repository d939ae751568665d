"""A deadline for what comes before the writes of a bulk call: looking names up, reading what is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from arize_queues.errors import APITimeoutError

from .steps import Plan, Send, Sleep, Step

T = TypeVar("T")


class TimeIsUp(Exception):  # noqa: N818  # turned into an error of ours by whoever has the account
    """The deadline has come."""


def in_time(plan: Plan[T], deadline: float | None, now: Callable[[], float]) -> Plan[T]:
    """Carry out a plan of sends and sleeps until a deadline, which none of its steps outlives.

    Raises:
        TimeIsUp: The plan did not end before.
    """
    if deadline is None:
        return (yield from plan)
    try:
        step = next(plan)
        while now() < deadline:
            try:
                answer = yield _cut(step, deadline - now())
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
        raise TimeIsUp from late
    finally:
        plan.close()
    raise TimeIsUp


def _cut(step: Step, left: float) -> Step:
    if isinstance(step, Send):
        return step._replace(within=left)
    if isinstance(step, Sleep):
        return step._replace(seconds=min(step.seconds, left))
    return step
