"""Run many plans at once, as one plan.

The code of all plans runs here, in the caller's thread or task; only their requests run beside it. So a plan may write
a ledger or count without a lock, and to stop means to start nothing more.

Each plan is a task in one of four states. It is *ready* with a request to send, *sending*, *sleeping* until a time, or
*waiting* for a lock. The loop starts requests while the limiter has room, then waits for the first answer; an answer
takes its task on to the next step, which decides the next state. A task is only taken from the input when there is room
for its first request, so that an endless input is fine. Tasks that wake from a sleep go before new ones, so that a
request that was throttled is not throttled again and again.

Ctrl-C and errors of the caller's code arrive while a step is carried out. The requests under way are then waited for,
because only their answers tell what the server did; a second Ctrl-C ends that, too. A cancellation cannot wait: tasks
under way are closed, and their batches are of unknown fate.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from arize_queues._plans.steps import Acquire, Finished, Next, Plan, Send, Sleep, Start, Step, Stopped
from arize_queues._request.context import ClientContext
from arize_queues._request.retry import LONGEST_RETRY_AFTER, retry_after

from .limiter import ConcurrencyLimiter

if TYPE_CHECKING:
    import httpx

    from arize_queues._plans.locks import PlanLock


class Task:
    """A plan under way.

    Attributes:
        successes_seen: Number of successes of the whole job when the task started or last woke up.
    """

    def __init__(self, plan: Plan[None], successes: int) -> None:
        self._plan = plan
        self.successes_seen = successes

    def start(self) -> Step | None:
        """Run the plan to its first step."""
        return self.resume(None)

    def resume(self, answer: Any) -> Step | None:
        """Send an answer to the plan; return its next step, or None at its end."""
        try:
            return self._plan.send(answer)
        except StopIteration:
            return None

    def throw(self, fault: Exception) -> Step | None:
        """Throw a fault into the plan; return its next step, or None at its end."""
        try:
            return self._plan.throw(fault)
        except StopIteration:
            return None

    def stop(self) -> None:
        """Throw `Stopped` into the plan at this step, and at every other that it asks for."""
        with suppress(Exception):
            while self.throw(Stopped()) is not None:
                pass
        self.close()

    def close(self) -> None:
        """Close the plan, whose request is of unknown fate."""
        self._plan.close()


class Scheduler:
    """Runs plans of sends, sleeps and locks.

    Args:
        context: The state of the client; its clock counts.
        plans: The plans, taken one by one when there is room.
        is_stopped: Returns True to start nothing more.
        deadline: Time after which nothing more starts, or None.

    Attributes:
        out_of_time: True if the deadline came before the end of a task that had started.
    """

    def __init__(
        self,
        context: ClientContext,
        plans: Iterator[Plan[None]],
        is_stopped: Callable[[], bool],
        deadline: float | None = None,
    ) -> None:
        self._context = context
        self._plans = plans
        self._is_stopped = is_stopped
        self._deadline = deadline
        self._limiter = ConcurrencyLimiter(context.settings.max_concurrency)
        self._ready: deque[tuple[Task, Send]] = deque()
        self._sending: dict[int, Task] = {}
        self._sleeping: list[tuple[float, int, Task]] = []  # a heap by time, then by order
        self._waiting: deque[tuple[Task, Acquire]] = deque()
        self._count = 0  # numbers requests and sleeps
        self._successes = 0
        self._exhausted = False
        self._input_error: Exception | None = None
        self.out_of_time = False

    def run(self) -> Plan[None]:
        """Run all plans, or as many as `is_stopped` and the deadline allow, and wait for the requests under way."""
        try:
            yield from self._loop()
        except (KeyboardInterrupt, Exception):
            yield from self._drain()
            raise
        finally:
            self._close()
        if self._input_error is not None:
            raise self._input_error

    def _loop(self) -> Plan[None]:
        while True:
            while (start := self._next_start()) is not None:
                yield start
            if self._sending:
                finished: Finished | None = yield Next(self._answer_timeout())
                if finished is not None:
                    self._take(finished)
            elif self._exhausted and not (self._ready or self._sleeping or self._waiting):
                return
            elif self._is_over():
                self.out_of_time = bool(self._ready or self._sleeping or self._waiting) and not self._is_stopped()
                return
            elif self._waiting and not self._ready:
                yield from self._wait_for_lock()
            else:
                yield Sleep(self._seconds_until_due() or 0.0)

    def _next_start(self) -> Start | None:
        """Return the next request to start, if one may start now."""
        if self._is_over() or len(self._sending) >= self._limiter.limit:
            return None
        now = self._context.clock.now()
        if now < self._limiter.paused_until:
            return None
        self._wake(now)
        self._retry_locks()
        while not self._ready and not self._exhausted and self._has_room():
            self._take_on()
            if self._is_over():
                return None
        if not self._ready:
            return None
        task, send = self._ready.popleft()
        self._count += 1
        self._sending[self._count] = task
        return Start(self._count, self._within_deadline(send, now))

    def _is_over(self) -> bool:
        return self._is_stopped() or self._context.is_past(self._deadline)

    def _has_room(self) -> bool:
        return len(self._sleeping) + len(self._sending) + len(self._waiting) < self._limiter.most

    def _take_on(self) -> None:
        """Start the next plan of the input."""
        try:
            plan = next(self._plans, None)
        except Exception as error:  # of the caller's iterator; the tasks under way go on
            self._input_error, plan = error, None
        if plan is None:
            self._exhausted = True
        else:
            task = Task(plan, self._successes)
            self._file(task, task.start())

    def _take(self, finished: Finished) -> None:
        """Hand an answer or a fault to its task."""
        task = self._sending.pop(finished.tag)
        if finished.fault is not None:
            self._file(task, task.throw(finished.fault))
            return
        if finished.response is not None:
            self._adapt(finished.tag, finished.response)
        self._file(task, task.resume(finished.response))

    def _adapt(self, tag: int, response: httpx.Response) -> None:
        """Change the limit after an answer, whatever its own task makes of it."""
        now = self._context.clock.now()
        if response.status_code == 429:
            self._limiter.on_throttled(tag, self._count)
            asked = retry_after(response, self._context.clock.wall)
            if asked is not None and asked <= LONGEST_RETRY_AFTER:
                self._limiter.pause_until(now + asked)
        elif response.is_success:
            self._successes += 1
            if now >= self._limiter.paused_until:
                self._limiter.on_success()

    def _file(self, task: Task, step: Step | None, *, first: bool = False) -> None:
        """File a task by its next step; `first` puts it before all that are ready."""
        while isinstance(step, Acquire) and step.lock.try_acquire(step.ticket):
            step = task.resume(True)
        if step is None:
            return
        if isinstance(step, Send):
            (self._ready.appendleft if first else self._ready.append)((task, step))
        elif isinstance(step, Acquire):
            self._waiting.append((task, step))
        else:
            assert isinstance(step, Sleep), step  # noqa: S101  # plans in here emit nothing and start nothing
            self._suspend(task, step)

    def _suspend(self, task: Task, step: Sleep) -> None:
        until = self._context.clock.now() + step.seconds
        if step.throttled:
            self._limiter.pause_until(until)
        self._count += 1
        heapq.heappush(self._sleeping, (until, self._count, task))

    def _wake(self, now: float) -> None:
        """Resume the tasks whose sleep is over, before any other."""
        due: list[Task] = []
        while self._sleeping and self._sleeping[0][0] <= now:
            due.append(heapq.heappop(self._sleeping)[2])
        for task in reversed(due):
            others_succeeded = self._successes > task.successes_seen
            task.successes_seen = self._successes
            self._file(task, task.resume(others_succeeded), first=True)

    def _retry_locks(self) -> None:
        """Resume the tasks whose lock is free again; first come, first served for each lock."""
        held: set[PlanLock] = set()
        for entry in tuple(self._waiting):
            task, step = entry
            if step.lock in held:
                continue
            if step.lock.try_acquire(step.ticket):
                self._waiting.remove(entry)
                self._file(task, task.resume(True))
            else:
                held.add(step.lock)

    def _wait_for_lock(self) -> Plan[None]:
        """Wait for a lock that another call of the client holds."""
        task, step = self._waiting[0]
        if (yield step._replace(timeout=self._seconds_until_due())):
            self._waiting.popleft()
            self._file(task, task.resume(True))

    def _answer_timeout(self) -> float | None:
        """Return the seconds to wait for an answer before another request may start; None if none can."""
        is_full = len(self._sending) >= self._limiter.limit
        is_paused = self._context.clock.now() < self._limiter.paused_until
        if is_full or self._is_over() or not (self._sleeping or is_paused):
            return None
        return self._seconds_until_due()

    def _seconds_until_due(self) -> float | None:
        """Return the seconds until a pause or a sleep is over, or the deadline comes; None if nothing is due."""
        now = self._context.clock.now()
        times = [self._deadline] if self._deadline is not None else []
        if now < self._limiter.paused_until:
            times.append(self._limiter.paused_until)
        elif self._sleeping:
            times.append(self._sleeping[0][0])
        return max(0.0, min(times) - now) if times else None

    def _within_deadline(self, send: Send, now: float) -> Send:
        return send if self._deadline is None else send._replace(within=max(self._deadline - now, 0.001))

    def _drain(self) -> Plan[None]:
        """Wait for the requests under way, and hand their answers to their tasks."""
        while self._sending:
            finished: Finished | None = yield Next()
            if finished is None:  # interrupted before the request was on its way
                return
            with suppress(Exception):  # the caller's code, which has raised already
                self._take(finished)

    def _close(self) -> None:
        """Close all tasks; those that are not sending learn that their step will not be carried out."""
        for task in self._sending.values():
            task.close()
        for task in [*(task for task, _ in self._ready), *(item[2] for item in self._sleeping)]:
            task.stop()
        for task, _ in self._waiting:
            task.stop()
