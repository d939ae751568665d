"""Carry out many plans at once, as one plan.

The code of all of them runs here, in the caller's thread or task; only their requests run beside it. So a plan may
write to a ledger or count without a lock, and a stop is a matter of beginning nothing more.
"""

from __future__ import annotations

import functools
import heapq
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import attrs
import httpx

from arize_queues._plans.steps import Finished, Next, Plan, Send, Sleep, Start, Stopped
from arize_queues._request.context import ClientContext
from arize_queues._request.retry import LONGEST_RETRY_AFTER, retry_after

from .limiter import Pace


@attrs.define
class Gathering:
    """Plans under way: each one is sending, ready to send, or sleeping.

    Attributes:
        session: The client's state; its clock is the one that counts.
        plans: Where the plans come from; taken one by one, when there is room.
        stopped: Says whether to begin nothing more.
        deadline: The time after which nothing more begins, or None.
        out_of_time: Whether the deadline came before the end of a plan that had begun.
    """

    context: ClientContext
    plans: Iterator[Plan[None]]
    stopped: Callable[[], bool]
    deadline: float | None = None
    pace: Pace = attrs.field(init=False)
    out_of_time: bool = attrs.field(default=False, init=False)
    # Beside each plan is written how many requests had got through when it began, or last was told of that.
    _sending: dict[int, tuple[Plan[None], int]] = attrs.field(factory=dict[int, tuple[Plan[None], int]], init=False)
    _ready: deque[tuple[Plan[None], Send, int]] = attrs.field(factory=deque, init=False)
    _asleep: list[tuple[float, int, int, Plan[None]]] = attrs.field(factory=list, init=False)
    _count: int = attrs.field(default=0, init=False)
    _through: int = attrs.field(default=0, init=False)
    _exhausted: bool = attrs.field(default=False, init=False)
    _broken: Exception | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Take the width from the settings."""
        self.pace = Pace(self.context.settings.max_concurrency)

    def carry_out(self) -> Plan[None]:
        """Carry all plans out, or as many as `stopped` and `deadline` allow, and wait for what is under way.

        On Ctrl-C, or where the caller's own code raises, the requests under way are waited for, so that what they did
        is known; a second Ctrl-C goes through. A cancellation cannot wait. Plans that did not end are closed.
        """
        try:
            yield from self._loop()
        except (KeyboardInterrupt, Exception):
            yield from self._drain()
            raise
        finally:
            self._close()
        if self._broken is not None:
            raise self._broken

    def _loop(self) -> Plan[None]:
        while True:
            while (begun := self._begin_next()) is not None:
                yield begun
            if self._sending:
                finished: Finished | None = yield Next(self._until_room_is_used())
                if finished is not None:
                    self._take(finished)
            elif self._exhausted and not self._ready and not self._asleep:
                return
            elif self._over():
                self.out_of_time = bool(self._ready or self._asleep) and not self.stopped()
                return
            else:
                yield Sleep(self._until_something_is_due())

    def _begin_next(self) -> Start | None:
        """Start the next request, if one may start now."""
        if self._over() or len(self._sending) >= self.pace.allowed:
            return None
        now = self.context.clock.now()
        if now < self.pace.held_until:
            return None
        self._wake(now)
        while not self._ready and not self._exhausted and len(self._asleep) + len(self._sending) < self.pace.most:
            self._take_on()
            if self._over():
                return None
        if not self._ready:
            return None
        plan, send, through = self._ready.popleft()
        self._count += 1
        self._sending[self._count] = plan, through
        return Start(self._count, self._in_time(send, now))

    def _over(self) -> bool:
        return self.stopped() or self.context.is_past(self.deadline)

    def _take_on(self) -> None:
        try:
            plan = next(self.plans, None)
        except Exception as broken:  # the caller's iterator; what is under way goes on
            self._broken, plan = broken, None
        if plan is None:
            self._exhausted = True
        else:
            self._advance(plan, lambda: next(plan), self._through)

    def _take(self, finished: Finished) -> None:
        plan, through = self._sending.pop(finished.tag)
        response, fault = finished.response, finished.fault
        if fault is not None:
            self._advance(plan, lambda: plan.throw(fault), through)
            return
        if response is not None:
            self._adapt(finished.tag, response)
        self._advance(plan, lambda: plan.send(response), through)

    def _adapt(self, tag: int, response: httpx.Response) -> None:
        """Let an answer set the pace, whatever its own plan makes of it."""
        now = self.context.clock.now()
        if response.status_code == 429:
            self.pace.refused(tag, self._count)
            asked = retry_after(response, self.context.clock.wall)
            if asked is not None and asked <= LONGEST_RETRY_AFTER:
                self.pace.hold(now + asked)
        elif response.is_success:
            self._through += 1
            if now >= self.pace.held_until:
                self.pace.succeeded()

    def _advance(self, plan: Plan[None], step: Callable[[], Any], through: int, *, first: bool = False) -> None:
        """Take a plan to its next step, and file it by what it wants; `first` puts it before all that are ready."""
        try:
            wanted = step()
        except StopIteration:
            return
        if isinstance(wanted, Send):
            (self._ready.appendleft if first else self._ready.append)((plan, wanted, through))
            return
        assert isinstance(wanted, Sleep), wanted  # noqa: S101  # a plan in here only sends and sleeps
        until = self.context.clock.now() + wanted.seconds
        if wanted.throttled:
            self.pace.hold(until)
        self._count += 1
        heapq.heappush(self._asleep, (until, self._count, through, plan))

    def _wake(self, now: float) -> None:
        """Go on with the plans whose wait is over, before any other, so that none is refused again and again."""
        due: list[tuple[float, int, int, Plan[None]]] = []
        while self._asleep and self._asleep[0][0] <= now:
            due.append(heapq.heappop(self._asleep))
        for _, _, through, plan in reversed(due):
            self._advance(plan, functools.partial(plan.send, self._through > through), self._through, first=True)

    def _until_room_is_used(self) -> float | None:
        """Say how long to wait for an answer before another request may start; None: there is none to start."""
        full = len(self._sending) >= self.pace.allowed
        if full or self._over() or not (self._asleep or self.context.clock.now() < self.pace.held_until):
            return None
        return self._until_something_is_due()

    def _until_something_is_due(self) -> float:
        """Say how long nothing can be done: until the server's wait is over, a plan wakes, or the deadline."""
        now = self.context.clock.now()
        times = [self.deadline] if self.deadline is not None else []
        if now < self.pace.held_until:
            times.append(self.pace.held_until)
        elif self._asleep:
            times.append(self._asleep[0][0])
        return max(0.0, min(times) - now) if times else 0.0

    def _in_time(self, send: Send, now: float) -> Send:
        return send if self.deadline is None else send._replace(within=max(self.deadline - now, 0.001))

    def _drain(self) -> Plan[None]:
        while self._sending:
            finished: Finished | None = yield Next()
            if finished is None:  # the interruption came before the request was on its way
                return
            with suppress(Exception):  # the caller's code, which has raised already
                self._take(finished)

    def _close(self) -> None:
        """End what did not end: the plans that still wait for their turn are told that it will not come."""
        for plan, _ in self._sending.values():
            plan.close()
        for plan in [*(item[0] for item in self._ready), *(item[-1] for item in self._asleep)]:
            with suppress(Exception):
                while True:  # it may ask for another step, which will not come, either
                    plan.throw(Stopped())
            plan.close()
