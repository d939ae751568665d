"""Faults: which requests go wrong, and how."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Literal

from attrs import field, frozen

from arize_queues.emulator._formats.json_text import Json, is_array, is_object
from arize_queues.emulator._state.world import PageFault

from . import fault_checks as checks
from .journal import ReceivedRequest

FaultBody = Literal["problem", "html", "empty", "truncated"]
FaultTime = Literal["before", "after"]

# The statuses whose answers end with their head.
NO_CONTENT = frozenset({204, 304})

_ID_FIELDS = ("span_ids", "trace_ids", "session_ids", "example_ids", "record_ids")


@frozen(kw_only=True)
class Fault:
    """A fault: the requests that it applies to, and its effect on them.

    Attributes:
        method: The HTTP method to strike, in capitals; any, when not given.
        path: A pattern of the path, with `*` and `?` as in a shell.
        where: A further condition on the request, from Python only.
        nth: The first of the matching requests to strike, counting from 1.
        times: How many to strike from there on; None for all.
        when: "before": the request has no effect. "after": what it asks is done, and only then it goes wrong.
        status: The status to answer with.
        retry_after: The Retry-After header: seconds, or a time that is written as an HTTP date, or any text.
        body: What the answer holds. Without a status the true answer's is kept, and its effect; but HTML in
            the place of no content makes a 204 a 200.
        drop: Reset the connection and answer nothing.
        cut: Send half of the true answer, or nothing of one without content, then reset the connection.
        delay: Seconds to wait before anything is done.
        trickle: Seconds over which the answer's bytes are spread.
        reject: IDs, or a test of one, that make a request refused with 422 if it names any of them.
        page: A list that misbehaves: "empty" (no items, but has_more), "repeat" (the first page, with the
            same cursor, again and again), "no-cursor" (has_more, and no way to go on).
        add: Unknown fields for the answer and for each of its items.
        replace: Other values for fields of these names anywhere in the answer, such as unknown enum values.
        remove: Names of fields to leave out anywhere in the answer.

    Raises:
        ValueError: A field is not what is said above, or the fault would do nothing.
    """

    method: str | None = field(default=None, validator=checks.METHOD)
    path: str = field(default="*", validator=checks.TEXT)
    where: Callable[[ReceivedRequest], bool] | None = field(default=None, validator=checks.FUNCTION)
    nth: int = field(default=1, validator=checks.COUNT)
    times: int | None = field(default=1, validator=checks.COUNT_OR_ALL)
    when: FaultTime = field(default="before", validator=checks.one_of(FaultTime))  # pyright: ignore[reportAssignmentType]
    status: int | None = field(default=None, validator=checks.STATUS)
    retry_after: float | datetime | str | None = field(default=None, validator=checks.HEADER)
    body: FaultBody | None = field(default=None, validator=checks.one_of(FaultBody, None))
    drop: bool = field(default=False, validator=checks.FLAG)
    cut: bool = field(default=False, validator=checks.FLAG)
    delay: float = field(default=0.0, validator=checks.SECONDS)
    trickle: float = field(default=0.0, validator=checks.SECONDS)
    reject: Container[str] | Callable[[str], bool] | None = field(default=None, validator=checks.IDS)
    page: PageFault | None = field(default=None, validator=checks.one_of(PageFault, None))
    add: Mapping[str, Any] = field(factory=dict[str, Any], validator=checks.FIELDS)
    replace: Mapping[str, Any] = field(factory=dict[str, Any], validator=checks.FIELDS)
    remove: Sequence[str] = field(default=(), validator=checks.NAMES)

    def __attrs_post_init__(self) -> None:
        """Refuse a fault that contradicts itself or would do nothing."""
        if self.status in NO_CONTENT and self.body not in {None, "empty"}:
            raise ValueError(f"body={self.body!r}: an answer with status {self.status} has no content")
        effects = (self.status, self.body, self.drop, self.cut, self.delay, self.trickle, self.page)
        if not (any(effects) or self.reject is not None or self.changes_answer):
            raise ValueError("the fault has no effect: give it a status, a drop, a delay or another")

    @property
    def changes_answer(self) -> bool:
        """True if the fault changes fields of the true answer."""
        return bool(self.add or self.replace or self.remove)

    def matches(self, request: ReceivedRequest) -> bool:
        """Return True if the fault applies to a request."""
        return (
            self.method in {None, request.method}
            and fnmatchcase(request.path, self.path)
            and (self.where is None or self.where(request))
        )

    def retry_after_text(self) -> str | None:
        """Return the Retry-After header's value."""
        if isinstance(self.retry_after, datetime):
            return format_datetime(self.retry_after.astimezone(UTC), usegmt=True)
        return None if self.retry_after is None else str(self.retry_after)

    def rejected(self, request: ReceivedRequest) -> list[str]:
        """Return the IDs of the request that the fault rejects."""
        if self.reject is None:
            return []
        test = self.reject if callable(self.reject) else self.reject.__contains__
        return [name for name in _named_ids(request) if test(name)]


def _named_ids(request: ReceivedRequest) -> list[str]:
    steps = request.path.split("/")
    sent = request.body
    body = sent if is_object(sent) else Json()
    found = steps[5:6] if steps[4:5] == ["records"] else []
    sources = body.get("record_sources")
    for part in [body, *(sources if is_array(sources) else [])]:
        for name in _ID_FIELDS:
            ids = part.get(name) if is_object(part) else None
            found += [item for item in ids if isinstance(item, str)] if is_array(ids) else []
    return found


class FaultScript:
    """The pending faults; the first one that matches a request strikes.

    A fault counts only requests that none before it has struck, so several of them make a script: one
    after another, in the order in which they were added.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: list[tuple[Fault, list[int]]] = []

    def add(self, *faults: Fault) -> None:
        """Append faults to the script."""
        with self._lock:
            self._entries += [(fault, [0]) for fault in faults]

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._entries.clear()

    @property
    def pending(self) -> list[Fault]:
        """The faults that can still strike."""
        with self._lock:
            return [fault for fault, _ in self._entries]

    def take(self, request: ReceivedRequest) -> Fault | None:
        """Return the fault that strikes a request, and remove it once it is used up."""
        with self._lock:
            for entry in self._entries:
                fault, seen = entry
                if not fault.matches(request):
                    continue
                seen[0] += 1
                if seen[0] < fault.nth:
                    continue
                if fault.times is not None and seen[0] == fault.nth + fault.times - 1:
                    self._entries.remove(entry)
                return fault
        return None
