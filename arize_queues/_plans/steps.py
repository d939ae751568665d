"""The vocabulary of plans.

A plan is a generator that performs no I/O: it yields the step that it wants done and is sent the answer.

=========  ==================================================  =====================================
step       what it asks for                                    the answer
=========  ==================================================  =====================================
Send       one HTTP request                                    httpx.Response, or the fault is thrown
Sleep      wait                                                None, or whether others got through meanwhile
Start      one HTTP request in the background                  None, at once
Next       wait for a background request to end                Finished, or None after the timeout
Emit       give a page to whoever iterates                     None, when the next page is asked for
=========  ==================================================  =====================================

`yield from` composes plans, and the driver that carries a plan out returns its value. All the code of a plan runs
in the caller's thread or task; only requests run beside it. Where a step will not be carried out, since the call
that it is part of ends, `Stopped` is thrown.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class Send(NamedTuple):
    """Send a request and read its answer.

    Attributes:
        kwargs: For httpx's `request`: method, url (a path), params, json.
        within: Seconds that it may take in all, beside the client's own limits for each phase, or None.
    """

    kwargs: dict[str, Any]
    within: float | None = None


class Sleep(NamedTuple):
    """Wait.

    Attributes:
        seconds: How long.
        throttled: Whether the server asked for it because of too many requests.
    """

    seconds: float
    throttled: bool = False


class Start(NamedTuple):
    """Send a request in the background; `tag` comes back with its end."""

    tag: int
    send: Send


class Next(NamedTuple):
    """Wait until a background request has ended, `timeout` seconds at most (None: as long as it takes)."""

    timeout: float | None = None


class Emit(NamedTuple):
    """Hand a page to whoever iterates."""

    page: Any


class Finished(NamedTuple):
    """The end of a background request: its response or its fault."""

    tag: int
    response: httpx.Response | None
    fault: Exception | None = None


class Stopped(Exception):  # noqa: N818  # nothing is wrong
    """The call ends before this step was carried out."""


Step: TypeAlias = Send | Sleep | Start | Next | Emit
Plan: TypeAlias = Generator[Step, Any, T]
