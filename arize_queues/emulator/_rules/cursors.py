"""Keyset pagination: an opaque cursor holds the last number of a page, and the list that it belongs to."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from arize_queues_raw import limits
from attrs import field, frozen

from arize_queues.emulator._formats.json_text import read
from arize_queues.emulator._formats.problems import Refusal
from arize_queues.emulator._state.store import Row, Store
from arize_queues.emulator._state.world import Call


@frozen(kw_only=True)
class Listing:
    """The query of a list: its columns, its conditions with their values, and its order."""

    select: str
    conditions: Sequence[str] = field(default=())
    values: Sequence[Any] = field(default=())
    key: str = "id"
    newest_first: bool = False


def page(store: Store, call: Call, listing: Listing) -> tuple[list[Row], dict[str, Any]]:
    """Fetch one page of a list, with its pagination."""
    scope = _scope(call)
    after, turn = _decode(call.query["cursor"], scope)
    if call.page_fault == "repeat":
        after = None
    limit = call.query["limit"] or limits.DEFAULT_PAGE_SIZE
    conditions, values = list(listing.conditions), list(listing.values)
    if after is not None:
        conditions.append(f"{listing.key} {'<' if listing.newest_first else '>'} ?")
        values.append(after)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f" ORDER BY {listing.key} {'DESC' if listing.newest_first else 'ASC'} LIMIT ?"
    rows = store.rows(listing.select + where + order, [*values, limit + 1])
    has_more, rows = len(rows) > limit, rows[:limit]
    if call.page_fault is not None:
        return _spoil(call, scope, rows, after, turn)
    if not has_more:
        return rows, {"has_more": False}
    return rows, {"has_more": True, "next_cursor": _encode(scope, rows[-1]["id"], 0)}


def _spoil(call: Call, scope: str, rows: list[Row], after: int | None, turn: int) -> tuple[list[Row], dict[str, Any]]:
    if call.page_fault == "empty":
        # A new cursor for the same place: a walk that goes on loses nothing.
        return [], {"has_more": True, "next_cursor": _encode(scope, after, turn + 1)}
    if call.page_fault == "repeat":
        return rows, {"has_more": True, "next_cursor": _encode(scope, None, 0)}
    return rows, {"has_more": True}


def _scope(call: Call) -> str:
    """Return a digest of the list of a cursor: operation, path and filters, but not the page size."""
    filters = {name: value for name, value in call.query.items() if name not in {"cursor", "limit"}}
    text = json.dumps([call.operation, dict(call.path), filters], sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def _encode(scope: str, after: int | None, turn: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([scope, after, turn]).encode()).decode()


def _decode(cursor: str | None, scope: str) -> tuple[int | None, int]:
    if cursor is None:
        return None, 0
    try:
        found, after, turn = read(base64.b64decode(cursor.encode(), b"-_", validate=True))
    except (TypeError, ValueError) as error:
        raise _not_ours() from error
    if not ((after is None or _is_number(after)) and _is_number(turn)):
        raise _not_ours()
    if found != scope:
        raise Refusal(400, "cursor: made for another list or for other filters.")
    return after, turn


def _is_number(value: Any) -> bool:
    # Beyond this SQLite has no integers.
    return isinstance(value, int) and 0 <= value < 2**63


def _not_ours() -> Refusal:
    return Refusal(400, "cursor: not a cursor of this API.")
