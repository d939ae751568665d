"""The steps of a plan.

A plan is a generator that performs no I/O: it yields the step that it asks for, and is sent the answer.

=========  ==================================================  ==============================================
step       asks the driver to                                  the answer
=========  ==================================================  ==============================================
Send       send one HTTP request                               httpx.Response, or the fault is thrown
Sleep      wait                                                None, or True if others succeeded meanwhile
Acquire    wait for a lock                                     True, or False after the timeout
Start      send one HTTP request in the background             None, at once
Next       wait for a background request to end                Finished, or None after the timeout
Emit       hand a page to the caller's loop                    None, when the next page is asked for
=========  ==================================================  ==============================================

`yield from` composes plans, and the driver that runs a plan returns its value. The code of a plan runs in the caller's
thread or task; only requests run beside it. If the call ends before a step is carried out, `Stopped` is thrown.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    import httpx

    from .locks import PlanLock

T = TypeVar("T")


class Send(NamedTuple):
    """Send a request and read its answer.

    Attributes:
        kwargs: Arguments of httpx's `request`: method, url (a path), params, json.
        within: Seconds for the whole exchange, beside the client's timeout for each phase, or None.
    """

    kwargs: dict[str, Any]
    within: float | None = None


class Sleep(NamedTuple):
    """Wait.

    Attributes:
        seconds: How long.
        throttled: True if the server asked for it, because of too many requests.
    """

    seconds: float
    throttled: bool = False


class Acquire(NamedTuple):
    """Wait for a lock.

    Attributes:
        lock: The lock.
        ticket: The holder-to-be; `lock.release` takes it back.
        timeout: Seconds to wait, or None for no limit.
    """

    lock: PlanLock
    ticket: object
    timeout: float | None = None


class Start(NamedTuple):
    """Send a request in the background; `Finished` has the same tag."""

    tag: int
    send: Send


class Next(NamedTuple):
    """Wait for a background request to end, at most `timeout` seconds (None: no limit)."""

    timeout: float | None = None


class Emit(NamedTuple):
    """Hand a page to the caller's loop."""

    page: Any


class Finished(NamedTuple):
    """The end of a background request: its response or its fault."""

    tag: int
    response: httpx.Response | None
    fault: Exception | None = None


class Stopped(Exception):  # noqa: N818  # nothing is wrong
    """The call ended before this step was carried out."""


Step: TypeAlias = Send | Sleep | Acquire | Start | Next | Emit
Plan: TypeAlias = Generator[Step, Any, T]
