"""Search a listing for a name: exact and case-sensitive, over all pages."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Iterable
from typing import Any

from arize_queues_raw.limits import MAX_PAGE_SIZE

from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext
from arize_queues._request.pagination import walk
from arize_queues.errors import AmbiguousNameError, ArizeQueuesError, NameNotFoundError

from .resources import Resource

_CANDIDATES = 5  # near misses in an error
_COMPARED = 64  # names that they are chosen from


def find_id(context: ClientContext, resource: Resource, name: str, space_id: str | None) -> Plan[str]:
    """Return the ID of the one item with a name.

    Raises:
        NameNotFoundError: No item has the name.
        AmbiguousNameError: Several items have it.
    """
    matching, seen = yield from search(context, resource, name, space_id)
    if len(matching) > 1:
        raise AmbiguousNameError(resource.label, name, matching)
    if not matching:
        near = _nearest(name, seen) or (yield from _near_misses(context, resource, name, space_id))
        raise NameNotFoundError(resource.label, str(name), near, f" in space {space_id}" if space_id else "")
    return matching[0]


def search(
    context: ClientContext, resource: Resource, name: str, space_id: str | None
) -> Plan[tuple[list[str], list[Any]]]:
    """Return the IDs of exact matches, and every item whose name contains the name."""
    seen: list[Any] = []

    def page(cursor: str | None) -> Plan[Any]:
        filters = {**_scope(space_id), **({} if cursor is None else {"cursor": cursor})}
        return call(context, resource.endpoint, **filters, name=str(name), limit=MAX_PAGE_SIZE)

    yield from walk(page, seen.extend)
    return [str(field_of(item, "id")) for item in seen if field_of(item, "name") == name], seen


def field_of(item: Any, field: str) -> Any:
    """Return a field of a model, or of the dict that an annotation config of an unknown type is decoded to."""
    return item.get(field) if isinstance(item, dict) else getattr(item, field)  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]


def _nearest(name: str, seen: Iterable[Any]) -> list[str]:
    """Return a few of the names that contain the name; only the shortest of them are compared."""
    shortest = heapq.nsmallest(_COMPARED, dict.fromkeys(_names(seen)), key=len)
    return difflib.get_close_matches(name, shortest, _CANDIDATES, cutoff=0.0)


def _near_misses(context: ClientContext, resource: Resource, name: str, space_id: str | None) -> Plan[list[str]]:
    """Return names like a misspelt one, from the first page of the unfiltered listing."""
    try:
        page = yield from call(context, resource.endpoint, **_scope(space_id), limit=MAX_PAGE_SIZE)
    except ArizeQueuesError:  # the caller needs to hear that the name was not found, not this
        return []
    return difflib.get_close_matches(name, _names(page), _CANDIDATES)


def _scope(space_id: str | None) -> dict[str, str]:
    return {} if space_id is None else {"space_id": space_id}


def _names(items: Iterable[Any]) -> list[str]:
    return [name for item in items if isinstance(name := field_of(item, "name"), str)]
