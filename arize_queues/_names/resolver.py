"""Resolve the names of one call to IDs.

Names are cached by the client. A cached ID can be stale: its queue, space or project was deleted and created anew.
Only the server can tell, by a 404, or by a name that leads to nothing in a cached space; then the resolver looks up
every cached name that the call relied on, and the call goes on with the new IDs, once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self, TypeVar

import attrs
from arize_queues_raw.api.annotation_queues import get_annotation_queue

from arize_queues._inputs.checks import Checks
from arize_queues._plans.combinators import with_lock
from arize_queues._plans.locks import PlanLock
from arize_queues._plans.steps import Plan
from arize_queues._request.call import call
from arize_queues._request.context import ClientContext
from arize_queues.errors import NameNotFoundError, NotFoundError, SpaceRequiredError

from .cache import NameKey
from .resources import QUEUE, RESOURCES, SPACE, Resource
from .search import find_id

T = TypeVar("T")


def _is_id(queue: QueueRef) -> bool:
    return QUEUE.has_id(queue.annotation_queue)


@attrs.frozen
class QueueRef:
    """The queue of a call, as the caller named it.

    Attributes:
        annotation_queue: Its ID or name.
        space: The ID or name of its space, or None.
        is_id: True if the caller gave an ID.
    """

    annotation_queue: str
    space: str | None = None
    is_id: bool = attrs.field(init=False, default=attrs.Factory(_is_id, takes_self=True))

    @classmethod
    def checked(cls, checks: Checks, annotation_queue: str, space: str | None) -> Self:
        """Check the queue and space of a call, and raise all problems of the call found so far.

        Raises:
            InvalidRequestError: An argument is malformed; `.problems` lists all.
            SpaceRequiredError: The queue is a name, and there is no space.
        """
        is_valid = checks.name_or_id("annotation_queue", annotation_queue)
        if space is not None:
            checks.name_or_id("space", space)
        elif is_valid and not QUEUE.has_id(annotation_queue):
            missing = SpaceRequiredError("annotation_queue", annotation_queue)
            if not checks.problems:
                raise missing
            checks.problems.extend(missing.problems)
        checks.refuse()
        return cls(annotation_queue, space)


class Resolver:
    """The names of one call.

    Args:
        context: The state of the client.
        queue: The queue of the call; None where there is none yet.
        space: The space that names of the call are looked up in: an ID or a name. None: the queue's own.
    """

    def __init__(self, context: ClientContext, queue: QueueRef | None = None, space: str | None = None) -> None:
        self._context = context
        self._queue = queue
        self._space = space if queue is None else queue.space
        self._queue_id: str | None = None
        self._home_space_id: str | None = None
        self._cached: dict[NameKey, str] = {}  # cached names that the call relied on, and their IDs
        self._fresh: set[NameKey] = set()  # names that the call looked up itself
        self._relocated: dict[str, str] = {}  # stale IDs, and those that have their names now
        self._lock = PlanLock()

    def queue_id(self) -> Plan[str]:
        """Return the ID of the call's queue; without a request if it was given or is cached."""
        queue = self._queue_of_call()
        if queue.is_id:
            return str(queue.annotation_queue)
        if self._queue_id is None:
            self._queue_id = yield from self.retry_if_stale(lambda: self._find_queue(queue))
        return self.current(self._queue_id)

    def with_queue_id(self, use: Callable[[str], Plan[T]]) -> Plan[T]:
        """Run a plan that takes the queue's ID, once more with the new one if a cached ID is stale."""
        queue_id = yield from self.queue_id()
        if self._queue_of_call().is_id:
            return (yield from use(queue_id))
        return (yield from self.retry_if_stale(lambda: use(self.current(queue_id))))

    def retry_if_stale(self, use: Callable[[], Plan[T]]) -> Plan[T]:
        """Run a plan; after a 404 run it once more if a cached name has another ID now."""
        relocated = len(self._relocated)
        try:
            return (yield from use())
        except (NotFoundError, NameNotFoundError):
            if not (yield from with_lock(self._lock, self._refresh(relocated))):
                raise
        return (yield from use())

    def current(self, found: str) -> str:
        """Return the ID that has the name of this one now, as far as the call knows."""
        return self._relocated.get(found, found)

    def space_id(self) -> Plan[str]:
        """Return the ID of the space that names are looked up in: the one given, else the queue's own."""
        if self._space is not None:
            return (yield from self._find_space(self._space))
        if self._home_space_id is None:
            context = self._context
            queue = yield from self.with_queue_id(lambda queue_id: call(context, get_annotation_queue, queue_id))
            self._home_space_id = queue.space_id
        return self._home_space_id

    def id_of(self, resource: Resource, given: str) -> Plan[str]:
        """Return the ID of a resource in the space of the call, which is resolved only where it is needed."""
        if resource.has_id(given):
            return str(given)
        return (yield from self.find(resource, given, (yield from self.space_id())))

    def find(self, resource: Resource, name: str, space_id: str | None) -> Plan[str]:
        """Return the ID of a name, from the cache or by a search.

        Raises:
            NameNotFoundError: No item has the name.
            AmbiguousNameError: Several items have it.
        """
        key = _key(resource, name, space_id)
        known = self._context.names.recall(key)
        if known is not None:
            if key not in self._fresh:
                self._cached[key] = known
            return known
        found = yield from find_id(self._context, resource, name, space_id)
        self._context.names.remember(key, found)
        self._fresh.add(key)
        return found

    def forget(self, resource: Resource, name: str, space_id: str) -> None:
        """Drop a cached name that is about to lead to another ID."""
        self._context.names.forget(_key(resource, name, space_id))

    def _queue_of_call(self) -> QueueRef:
        if self._queue is None:
            raise AssertionError("the call has no queue")
        return self._queue

    def _find_queue(self, queue: QueueRef) -> Plan[str]:
        return (yield from self.find(QUEUE, queue.annotation_queue, (yield from self.space_id())))

    def _find_space(self, space: str) -> Plan[str]:
        return str(space) if SPACE.has_id(space) else (yield from self.find(SPACE, space, None))

    def _refresh(self, relocated: int) -> Plan[bool]:
        """Look up every cached name of the call again; return True if one of them has another ID now.

        Spaces come first, since the names in them were looked up after them. Where another part of the call has
        refreshed them in the meantime, its findings serve.
        """
        if len(self._relocated) == relocated:
            names, (cached, self._cached) = self._context.names, (self._cached, {})
            for key, old in cached.items():
                if names.recall(key) == old:
                    names.forget(key)
            for (label, space_id, name), old in cached.items():
                found = yield from self.find(RESOURCES[label], name, self.current(space_id) or None)
                if found != old:
                    self._relocated[old] = found
        return len(self._relocated) > relocated


def _key(resource: Resource, name: str, space_id: str | None) -> NameKey:
    return (resource.label, space_id or "", str(name))
