"""Check the record sources of a call, and resolve the names of their projects and datasets."""

from __future__ import annotations

from arize_queues._inputs.checks import Checks
from arize_queues._inputs.identifiers import Id
from arize_queues._names.resolver import Resolver
from arize_queues._names.resources import DATASET, PROJECT, Resource
from arize_queues._plans.steps import Plan
from arize_queues._request.availability import unavailable_sources
from arize_queues._request.context import ClientContext
from arize_queues.errors import InvalidRequestError

from .packing import RecordPlan, pack
from .reader import normalise
from .sources import RecordSource


def read_sources(context: ClientContext, checks: Checks, record_sources: object) -> list[RecordSource]:
    """Parse record sources in any form, and collect their problems in `checks`."""
    try:
        sources = normalise(record_sources)
    except InvalidRequestError as error:
        checks.problems.extend(error.problems)
        return []
    checks.problems.extend(unavailable_sources(context, [source.kind for source in sources]))
    return sources


def read_source(context: ClientContext, item: object, index: int) -> RecordSource:
    """Parse one record source of an iterator.

    Raises:
        InvalidRequestError: It is malformed, or the server certainly lacks its kind.
    """
    (source,) = normalise([item], first=index)
    if problems := unavailable_sources(context, [source.kind], first=index):
        raise InvalidRequestError(problems)
    return source


def pack_resolved(resolver: Resolver, sources: list[RecordSource]) -> Plan[RecordPlan]:
    """Resolve projects and datasets, and pack the sources into requests."""
    labels = [str(source.owner) for source in sources]
    owned = yield from resolver.retry_if_stale(lambda: resolve_owners(resolver, sources))
    return pack(owned, labels=labels)


def resolve_owners(resolver: Resolver, sources: list[RecordSource]) -> Plan[list[RecordSource]]:
    """Return the sources with the IDs of their projects and datasets instead of names."""
    found: list[RecordSource] = []
    for source in sources:
        owner = yield from resolver.id_of(owner_resource(source), source.owner)
        found.append(source.with_owner(Id(resolver.current(owner))))
    return found


def owner_resource(source: RecordSource) -> Resource:
    """Return the kind of resource that a source belongs to."""
    return DATASET if source.kind == "example" else PROJECT
