"""Walk the pages of a listing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arize_queues._plans.steps import Emit, Finished, Next, Plan, Start
from arize_queues.errors import UnexpectedResponseError

Fetch = Callable[[str | None], Plan[Any]]

_MOST_EMPTY_PAGES = 100


class Cursors:
    """The cursors of one walk; they must lead to an end."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._empty_pages = 0

    def after(self, page: Any) -> str | None:
        """Return the cursor of the next page; None after the last one.

        Raises:
            UnexpectedResponseError: A cursor repeats or is missing, or too many pages in a row are empty.
        """
        cursor = page.pagination.next_cursor
        if not page.pagination.has_more:
            return None
        if not cursor:
            raise _lost("has_more is true without a next_cursor, so the rest of the items cannot be reached")
        if cursor in self._seen:
            raise _lost("next_cursor repeats, so the pages have no end")
        self._seen.add(cursor)
        self._empty_pages = 0 if len(page) else self._empty_pages + 1
        if self._empty_pages > _MOST_EMPTY_PAGES:
            raise _lost(f"{self._empty_pages} pages in a row have no items and promise more")
        return str(cursor)


def walk(fetch: Fetch, take: Callable[[Any], object]) -> Plan[None]:
    """Fetch all pages one after another, and call `take` with each."""
    cursors, page = Cursors(), (yield from fetch(None))
    take(page)
    while (cursor := cursors.after(page)) is not None:
        page = yield from fetch(cursor)
        take(page)


def stream(fetch: Fetch) -> Plan[None]:
    """Emit all pages; the next one is fetched while the caller uses the last one.

    A page with a broken cursor is emitted before the error is raised.
    """
    cursors, page = Cursors(), (yield from fetch(None))
    while True:
        try:
            cursor = cursors.after(page)
        except UnexpectedResponseError:
            yield Emit(page)
            raise
        if cursor is None:
            yield Emit(page)
            return
        ahead = fetch(cursor)
        yield from _begin(ahead)
        yield Emit(page)
        page = yield from _finish(ahead)


def _begin(ahead: Plan[Any]) -> Plan[None]:
    """Start the first step of a plan, which is a request, in the background."""
    yield Start(0, next(ahead))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _finish(ahead: Plan[Any]) -> Plan[Any]:
    """Run a started plan to its end, and return its value."""
    finished: Finished = yield Next()
    try:
        step = ahead.throw(finished.fault) if finished.fault else ahead.send(finished.response)
        while True:
            try:
                answer = yield step
            except Exception as fault:  # the plan decides
                step = ahead.throw(fault)
            else:
                step = ahead.send(answer)
    except StopIteration as end:
        return end.value


def _lost(reason: str) -> UnexpectedResponseError:
    return UnexpectedResponseError("GET", "the pages of a listing", 200, reason)
