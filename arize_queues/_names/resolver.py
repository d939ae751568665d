"""Name or ID -> ID: one loop, parameterised by resource."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import attrs
from arize_queues_raw.api.annotation_configs import list_annotation_configs
from arize_queues_raw.api.annotation_queues import get_annotation_queue, list_annotation_queues
from arize_queues_raw.api.datasets import list_datasets
from arize_queues_raw.api.projects import list_projects
from arize_queues_raw.api.spaces import list_spaces
from arize_queues_raw.limits import MAX_PAGE_SIZE

from arize_queues._inputs.identifiers import fault_of, is_id
from arize_queues._inputs.messages import problem
from arize_queues._plans.combinators import in_turn
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext, NameKey, Reliance
from arize_queues._request.pagination import walk
from arize_queues.errors import (
    AmbiguousNameError,
    ArizeQueuesError,
    NameNotFoundError,
    NotFoundError,
    SpaceRequiredError,
)

T = TypeVar("T")
SpaceId = Callable[[], Plan[str]]

_CANDIDATES, _COMPARED = 5, 64  # near misses that an error names at most, and names that they are chosen from


@attrs.frozen
class Resource:
    """A kind of thing that has names.

    Attributes:
        label: What it is called in errors.
        endpoint: The generated module that lists it.
        prefixes: The prefixes of its readable IDs in Arize's documentation.
    """

    label: str
    endpoint: Any
    prefixes: tuple[str, ...]


SPACE = Resource("space", list_spaces, ("spc_",))
QUEUE = Resource("annotation queue", list_annotation_queues, ("aq_",))
CONFIG = Resource("annotation config", list_annotation_configs, ("ac_",))
PROJECT = Resource("project", list_projects, ("proj_", "prj_"))
DATASET = Resource("dataset", list_datasets, ("ds_",))
_RESOURCES = {resource.label: resource for resource in (SPACE, QUEUE, CONFIG, PROJECT, DATASET)}


@attrs.define
class QueueRef:
    """The queue of a call.

    Attributes:
        given: What the user gave.
        space: The space that the user gave, if any.
        id: Its ID.
        call: The session of the call that found it by its name; None where its ID was given.
        home: The ID of the space that it is in, once that was asked for.
    """

    given: str
    space: str | None
    id: str
    call: ClientContext | None = None
    home: str | None = None

    def now(self) -> str:
        """Give its ID, which may be another one since it was found."""
        if self.call is not None:
            self.id = self.call.current(self.id)
        return self.id


def check(problems: list[str], field: str, value: object) -> None:
    """Take down what is wrong with a name or ID."""
    if (fault := fault_of(value)) is not None:
        problems.append(problem(field, value, fault))


def check_queue(problems: list[str], annotation_queue: object, space: object) -> None:
    """Take down what is wrong with a queue and its space; a missing space alone has an error of its own."""
    before = len(problems)
    check(problems, "annotation_queue", annotation_queue)
    if space is not None:
        check(problems, "space", space)
    elif not isinstance(annotation_queue, str) or is_id(annotation_queue, QUEUE.prefixes):
        return
    elif 0 < before == len(problems):
        problems.extend(SpaceRequiredError("annotation_queue", annotation_queue).problems)


def require_space(annotation_queue: str, space: str | None) -> None:
    """Refuse a queue's name without a space."""
    if space is None and not is_id(annotation_queue, QUEUE.prefixes):
        raise SpaceRequiredError("annotation_queue", annotation_queue)


def queue_ref(context: ClientContext, annotation_queue: str, space: str | None) -> Plan[QueueRef]:
    """Find a queue; no request where it is an ID or remembered."""
    require_space(annotation_queue, space)
    if is_id(annotation_queue, QUEUE.prefixes) or space is None:
        return QueueRef(annotation_queue, space, str(annotation_queue))
    own = context.for_call()

    def look_up() -> Plan[str]:
        return (yield from find(own, QUEUE, annotation_queue, (yield from space_id_of(own, space))))

    return QueueRef(annotation_queue, space, (yield from renewing(own, look_up)), own)


def addressed(context: ClientContext, queue: QueueRef, use: Callable[[str], Plan[T]]) -> Plan[T]:
    """Use a queue's ID; where a remembered one turns out not to exist, find it again, once."""
    if queue.call is None:
        return (yield from use(queue.id))
    return (yield from renewing(queue.call, lambda: use(queue.now())))


def renewing(context: ClientContext, use: Callable[[], Plan[T]]) -> Plan[T]:
    """Carry out a part of a call; where it does not find something, once more if remembered names have moved."""
    reliance = context.reliance
    if reliance is None:
        return (yield from use())
    moves = len(reliance.moved)
    try:
        return (yield from use())
    except (NotFoundError, NameNotFoundError):
        if not (yield from in_turn(reliance.turn, _have_moved(context, reliance, moves))):
            raise
    return (yield from use())


def _have_moved(context: ClientContext, reliance: Reliance, moves: int) -> Plan[bool]:
    """Look up again what a call took from memory, and say whether anything has another ID now.

    Spaces come first, as the names in them were looked for after them.
    """
    if len(reliance.moved) == moves:  # else a part beside this one has found it out already
        remembered, reliance.remembered = reliance.remembered, {}
        for key, old in remembered.items():
            if context.names.recall(key) == old:
                context.names.forget(key)
        for (label, space_id, name), old in remembered.items():
            found = yield from find(context, _RESOURCES[label], name, context.current(space_id) or None)
            if found != old:
                reliance.moved[old] = found
    return len(reliance.moved) > moves


def space_id_of(context: ClientContext, space: str) -> Plan[str]:
    """Give the ID of a space, by exact match of its name."""
    if is_id(space, SPACE.prefixes):
        return str(space)
    return (yield from find(context, SPACE, space, None))


def home_space_id(context: ClientContext, queue: QueueRef) -> Plan[str]:
    """Give the space that names in a call are looked for in: the one given, else the queue's own."""
    if queue.space is not None:
        return (yield from space_id_of(context, queue.space))
    if queue.home is None:
        found = yield from addressed(context, queue, lambda id_: call(context, get_annotation_queue, id_))
        queue.home = found.space_id
    return queue.home


def id_of(context: ClientContext, resource: Resource, given: str, space_id: SpaceId) -> Plan[str]:
    """Give the ID of something in a space, which is found out only where it is needed."""
    if is_id(given, resource.prefixes):
        return str(given)
    return (yield from find(context, resource, given, (yield from space_id())))


def find(context: ClientContext, resource: Resource, name: str, space_id: str | None) -> Plan[str]:
    """Look a name up: all pages, exact and case-sensitive.

    Raises:
        NameNotFoundError: Nothing has the name.
        AmbiguousNameError: Several things have it.
    """
    key = _key(resource, name, space_id)
    reliance, known = context.reliance, context.names.recall(key)
    if known is not None:
        if reliance is not None and key not in reliance.looked_up:
            reliance.remembered[key] = known
        return known
    matching, seen = yield from search(context, resource, name, space_id)
    if len(matching) > 1:
        raise AmbiguousNameError(resource.label, name, matching)
    if not matching:
        near = _nearest(name, seen) or (yield from _near_misses(context, resource, name, space_id))
        raise NameNotFoundError(resource.label, str(name), near, f" in space {space_id}" if space_id else "")
    context.names.remember(key, matching[0])
    if reliance is not None:
        reliance.looked_up.add(key)
    return matching[0]


def search(
    context: ClientContext, resource: Resource, name: str, space_id: str | None
) -> Plan[tuple[list[str], list[Any]]]:
    """Give the IDs of all that have a name, and all that have it somewhere in theirs."""
    seen: list[Any] = []

    def page(cursor: str | None) -> Plan[Any]:
        filters = {**_scope(space_id), **({} if cursor is None else {"cursor": cursor})}
        return call(context, resource.endpoint, **filters, name=str(name), limit=MAX_PAGE_SIZE)

    yield from walk(page, seen.extend)
    return [str(field_of(item, "id")) for item in seen if field_of(item, "name") == name], seen


def _nearest(name: str, seen: Iterable[Any]) -> list[str]:
    """Give a handful of the names that contain one; the longest of them are not even compared."""
    shortest = heapq.nsmallest(_COMPARED, dict.fromkeys(_names(seen)), key=len)
    return difflib.get_close_matches(name, shortest, _CANDIDATES, cutoff=0.0)


def _near_misses(context: ClientContext, resource: Resource, name: str, space_id: str | None) -> Plan[list[str]]:
    """Compare a name that nothing contains with the first page of all names, since it may be misspelt."""
    try:
        page = yield from call(context, resource.endpoint, **_scope(space_id), limit=MAX_PAGE_SIZE)
    except ArizeQueuesError:  # that nothing has the name is what the caller should hear
        return []
    return difflib.get_close_matches(name, _names(page), _CANDIDATES)


def _scope(space_id: str | None) -> dict[str, str]:
    return {} if space_id is None else {"space_id": space_id}


def _names(items: Iterable[Any]) -> list[str]:
    return [name for item in items if isinstance(name := field_of(item, "name"), str)]


def field_of(item: Any, field: str) -> Any:
    """Read a field of a model, or of the plain dict that an unknown kind of annotation config stays."""
    return item.get(field) if isinstance(item, dict) else getattr(item, field)  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]


def _key(resource: Resource, name: str, space_id: str | None) -> NameKey:
    return (resource.label, space_id or "", str(name))


def forget_queue_name(context: ClientContext, name: str, space_id: str) -> None:
    """Forget which queue has a name: it is about to be another."""
    context.names.forget(_key(QUEUE, name, space_id))
