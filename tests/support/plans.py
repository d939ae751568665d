"""Plans driven by hand: a test passes the answers in and inspects the steps."""

from __future__ import annotations

from typing import Any

import attrs
import httpx

from arize_queues._names.cache import NameCache
from arize_queues._plans.steps import Acquire, Plan, Send, Sleep
from arize_queues._request.context import ClientContext
from arize_queues._settings import Settings
from tests.support.answers import BASE_URL, KEY
from tests.support.clock import ManualClock


def make_context(clock: ManualClock | None = None, **settings: Any) -> ClientContext:
    """Return a client context that always draws the longest backoff."""
    config = Settings(api_key=KEY, base_url=BASE_URL, **settings)
    own = (clock or ManualClock()).as_clock()
    context = ClientContext(config, NameCache(own), clock=own)
    context.random = lambda: 1.0
    return context


@attrs.define
class Played:
    """Steps that a plan yielded, and its result or error."""

    steps: list[Any] = attrs.field(factory=list)
    value: Any = None
    error: BaseException | None = None

    @property
    def sends(self) -> list[dict[str, Any]]:
        """Return the keyword arguments of each request."""
        return [step.kwargs for step in self.steps if isinstance(step, Send)]

    @property
    def bodies(self) -> list[Any]:
        """Return the body of each request."""
        return [kwargs.get("json") for kwargs in self.sends]

    @property
    def waits(self) -> list[float]:
        """Return the length of each sleep in seconds."""
        return [step.seconds for step in self.steps if isinstance(step, Sleep)]


def play(plan: Plan[Any], *answers: httpx.Response | Exception) -> Played:
    """Run a plan to its end, and answer its sends in order."""
    played, left = Played(), list(answers)
    try:
        step = next(plan)
        while True:
            if not isinstance(step, Acquire):
                played.steps.append(step)
            if isinstance(step, Send) and not left:
                raise AssertionError(f"there is no answer left for {step}")
            if isinstance(step, Acquire):
                assert step.lock.try_acquire(step.ticket), "another plan holds the lock"
                step = plan.send(True)
                continue
            answer = left.pop(0) if isinstance(step, Send) else None
            step = plan.throw(answer) if isinstance(answer, Exception) else plan.send(answer)
    except StopIteration as end:
        played.value = end.value
    except AssertionError:
        raise
    except Exception as error:  # tests inspect it
        played.error = error
    assert not left, f"{len(left)} answers were not asked for, after {played}"
    return played


def advance(plan: Plan[Any], answer: Any = None) -> Any:
    """Send an answer to a plan and return its next step; grant each `Acquire` of a free lock on the way."""
    step = plan.send(answer)
    while isinstance(step, Acquire) and step.lock.try_acquire(step.ticket):
        step = plan.send(True)
    return step
