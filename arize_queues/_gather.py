"""Carry out many plans at once, as one plan.

The code of all of them runs here, in the caller's thread or task; only their requests run beside it. So a plan may
write to a ledger or count without a lock, and a stop is a matter of beginning nothing more.
"""

from __future__ import annotations

import functools
import heapq
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from ._pace import Pace
from ._plan import Finished, Next, Plan, Send, Sleep, Start
from ._session import Session


@attrs.define
class Gathering:
    """Plans under way: each one is sending, ready to send, or sleeping.

    Attributes:
        session: The client's state; its clock is the one that counts.
        plans: Where the plans come from; taken one by one, when there is room.
        stopped: Says whether to begin nothing more.
        deadline: The time after which nothing more begins, or None.
    """

    session: Session
    plans: Iterator[Plan[None]]
    stopped: Callable[[], bool]
    deadline: float | None = None
    pace: Pace = attrs.field(init=False)
    _sending: dict[int, Plan[None]] = attrs.field(factory=dict[int, Plan[None]], init=False)
    _ready: deque[tuple[Plan[None], Send]] = attrs.field(factory=deque, init=False)
    _asleep: list[tuple[float, int, Plan[None]]] = attrs.field(factory=list, init=False)
    _count: int = attrs.field(default=0, init=False)
    _exhausted: bool = attrs.field(default=False, init=False)
    _broken: Exception | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Take the width from the settings."""
        self.pace = Pace(self.session.config.max_concurrency)

    def carry_out(self) -> Plan[None]:
        """Carry all plans out, or as many as `stopped` and `deadline` allow, and wait for what is under way.

        On Ctrl-C the requests under way are waited for, so that what they did is known; a second one goes through.
        A cancellation cannot wait. Plans that did not end are closed.
        """
        try:
            yield from self._loop()
        except KeyboardInterrupt:
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
            elif self._over() or (self._exhausted and not self._ready and not self._asleep):
                return
            else:
                yield Sleep(self._until_something_is_due())

    def _begin_next(self) -> Start | None:
        """Start the next request, if one may start now."""
        if self._over() or len(self._sending) >= self.pace.allowed:
            return None
        now = self.session.clock.now()
        if now < self.pace.held_until:
            return None
        self._wake(now)
        while not self._ready and not self._exhausted and len(self._asleep) + len(self._sending) < self.pace.most:
            self._take_on()
            if self._over():
                return None
        if not self._ready:
            return None
        plan, send = self._ready.popleft()
        self._count += 1
        self._sending[self._count] = plan
        return Start(self._count, self._in_time(send, now))

    def _over(self) -> bool:
        return self.stopped() or (self.deadline is not None and self.session.clock.now() >= self.deadline)

    def _take_on(self) -> None:
        try:
            plan = next(self.plans, None)
        except Exception as broken:  # the caller's iterator; what is under way goes on
            self._broken, plan = broken, None
        if plan is None:
            self._exhausted = True
        else:
            self._advance(plan, lambda: next(plan))

    def _take(self, finished: Finished) -> None:
        plan = self._sending.pop(finished.tag)
        response, fault = finished.response, finished.fault
        if fault is not None:
            self._advance(plan, lambda: plan.throw(fault))
        else:
            if response is not None and response.is_success and self.session.clock.now() >= self.pace.held_until:
                self.pace.succeeded()
            self._advance(plan, lambda: plan.send(response))

    def _advance(self, plan: Plan[None], step: Callable[[], Any]) -> None:
        """Take a plan to its next step, and file it by what it wants."""
        try:
            wanted = step()
        except StopIteration:
            return
        if isinstance(wanted, Send):
            self._ready.append((plan, wanted))
            return
        assert isinstance(wanted, Sleep), wanted  # noqa: S101  # a plan in here only sends and sleeps
        now = self.session.clock.now()
        if wanted.throttled:
            self.pace.throttled(now, wanted.seconds)
        self._count += 1
        heapq.heappush(self._asleep, (now + wanted.seconds, self._count, plan))

    def _wake(self, now: float) -> None:
        while self._asleep and self._asleep[0][0] <= now:
            plan = heapq.heappop(self._asleep)[2]
            self._advance(plan, functools.partial(plan.send, None))

    def _until_room_is_used(self) -> float | None:
        """Say how long to wait for an answer before another request may start; None: there is none to start."""
        full = len(self._sending) >= self.pace.allowed
        if full or self._over() or not (self._asleep or self.session.clock.now() < self.pace.held_until):
            return None
        return self._until_something_is_due()

    def _until_something_is_due(self) -> float:
        """Say how long nothing can be done: until the server's wait is over, a plan wakes, or the deadline."""
        now = self.session.clock.now()
        times = [self.deadline] if self.deadline is not None else []
        if now < self.pace.held_until:
            times.append(self.pace.held_until)
        elif self._asleep:
            times.append(self._asleep[0][0])
        return max(0.0, min(times) - now) if times else 0.0

    def _in_time(self, send: Send, now: float) -> Send:
        if self.deadline is None:
            return send
        left = max(self.deadline - now, 0.001)
        timeout = self.session.config.timeout
        return send._replace(timeout=min(left, timeout) if isinstance(timeout, int | float) else left)

    def _drain(self) -> Plan[None]:
        while self._sending:
            finished: Finished | None = yield Next()
            if finished is None:  # the interruption came before the request was on its way
                return
            self._take(finished)

    def _close(self) -> None:
        for plan in [*self._sending.values(), *(item[0] for item in self._ready), *(item[2] for item in self._asleep)]:
            plan.close()
