"""Send background requests: in threads, or in tasks of asyncio or trio.

Both kinds of workers have the same four methods. Nothing is created before the first request starts, so that calls
without background requests cost nothing.

Ctrl-C may come between any two instructions of the thread that waits for answers. It may lose an answer, whose request
is then of unknown fate, but it must not make anyone wait for an answer that never comes. So the worker threads
themselves keep the set of requests under way: a thread puts its answer down before it leaves the set, and the waiting
thread looks at the set before it looks for answers.

A cancellation comes only where a task awaits. Tasks are kept in hand instead of in a task group, because a task group
must be left in the task and the order that it was entered in, which an async generator cannot promise.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from arize_queues._clock import Clock
from arize_queues._plans.steps import Finished, Send, Start

if TYPE_CHECKING:
    import httpx


class ThreadWorkers:
    """Sends background requests in threads.

    The threads are daemons, unlike those of concurrent.futures, which Python waits for at its exit: a second Ctrl-C
    means not to wait for a server that does not answer.
    """

    def __init__(self, send: Callable[[Send], httpx.Response], clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self._threads: list[threading.Thread] = []
        self._todo: SimpleQueue[Start | None] = SimpleQueue()
        self._under_way: set[int] = set()
        self._ended: deque[Finished] = deque()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._presses = 0

    def __del__(self) -> None:
        """End the threads even if Ctrl-C kept `close` from being called; they hold no reference to this object."""
        for _ in self._threads:
            self._todo.put(None)

    def start(self, step: Start) -> None:
        """Send a request in an idle thread, or in a new one."""
        try:
            self._under_way.add(step.tag)
            if len(self._under_way) > len(self._threads):
                name = f"arize-queues_{len(self._threads)}"
                shared = (self._send, self._todo, self._ended, self._under_way, self._wake)
                self._threads.append(threading.Thread(target=_work, args=shared, name=name, daemon=True))
                self._threads[-1].start()
            self._todo.put(step)
        except BaseException:
            self._under_way.discard(step.tag)
            raise

    def next(self, timeout: float | None) -> Finished | None:
        """Return the end of any of the requests; None after the timeout, or if none is under way."""
        try:
            while True:
                idle = not self._under_way  # before the answers: see the module
                if self._ended:
                    return self._ended.popleft()
                if idle:
                    self._clock.sleep(timeout or 0.0)
                    return None
                self._wake.get(timeout=timeout)
        except Empty:
            return None
        except KeyboardInterrupt:
            self._presses += 1
            raise

    def close(self) -> None:
        """End the threads, and wait for the requests under way; not after a second Ctrl-C."""
        pressed = isinstance(sys.exc_info()[1], KeyboardInterrupt)  # and is being raised already
        for _ in self._threads:
            self._todo.put(None)
        try:
            for thread in self._threads:
                if self._presses < 2 and thread.ident:
                    thread.join()
        except KeyboardInterrupt:
            if not pressed:
                raise


def _work(
    send: Callable[[Send], httpx.Response],
    todo: SimpleQueue[Start | None],
    ended: deque[Finished],
    under_way: set[int],
    wake: SimpleQueue[None],
) -> None:
    """Send requests one after another, as a thread does."""
    while (step := todo.get()) is not None:
        try:
            finished = Finished(step.tag, send(step.send))
        except Exception as fault:  # the plan decides
            finished = Finished(step.tag, None, fault)
        ended.append(finished)
        under_way.discard(step.tag)
        wake.put(None)
        del step, finished  # an idle thread holds no response


class TaskWorkers:
    """Sends background requests in tasks; `aclose` cancels those under way."""

    def __init__(self, send: Callable[[Send], Awaitable[httpx.Response]], clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self._ended: deque[Finished] = deque()
        self._tasks: dict[int, _Task] = {}
        self._wake: Any = None

    def start(self, step: Start) -> None:
        """Send a request in a task of its own."""
        self._tasks[step.tag] = _spawn(lambda: self._carry_out(step))

    async def next(self, timeout: float | None) -> Finished | None:  # noqa: ASYNC109  # the answer may be None
        """Return the end of any of the requests; None after the timeout, or if none is under way."""
        if not self._tasks:
            await self._clock.asleep(timeout or 0.0)
            return None
        import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

        if not self._ended:
            self._wake = anyio.Event()
            with anyio.move_on_after(timeout):
                await self._wake.wait()
        if not self._ended:
            return None
        finished = self._ended.popleft()
        del self._tasks[finished.tag]
        return finished

    async def aclose(self) -> None:
        """Cancel the requests under way, and wait until their tasks have ended."""
        if not self._tasks:
            return
        import anyio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

        with anyio.CancelScope(shield=True):
            for task in self._tasks.values():
                task.cancel()
            for task in self._tasks.values():
                await task.ended()
        self._tasks.clear()

    async def _carry_out(self, step: Start) -> None:
        try:
            finished = Finished(step.tag, await self._send(step.send))
        except Exception as fault:  # the plan decides
            finished = Finished(step.tag, None, fault)
        self._ended.append(finished)
        if self._wake is not None:
            self._wake.set()


class _Task:
    """A task of asyncio or trio: how to cancel it, and how to await its end."""

    def __init__(self, cancel: Callable[[], object], ended: Callable[[], Awaitable[object]]) -> None:
        self.cancel = cancel
        self.ended = ended


def _spawn(work: Callable[[], Awaitable[None]]) -> _Task:
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return _spawn_on_trio(trio, work)
    import asyncio  # noqa: PLC0415  # costs sync users tens of milliseconds at import

    task = asyncio.ensure_future(work())
    return _Task(task.cancel, lambda: asyncio.wait([task]))


def _spawn_on_trio(trio: Any, work: Callable[[], Awaitable[None]]) -> _Task:
    scope, over = trio.CancelScope(), trio.Event()

    async def scoped() -> None:
        try:
            with scope:
                await work()
        finally:
            over.set()

    trio.lowlevel.spawn_system_task(scoped)
    return _Task(scope.cancel, over.wait)
