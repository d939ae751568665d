"""The record sources of a call: read, and with the IDs of their projects and datasets."""

from __future__ import annotations

from arize_queues._inputs.checks import Checks
from arize_queues._inputs.identifiers import Id
from arize_queues._names.resolver import DATASET, PROJECT, Resource, SpaceId, id_of, renewing
from arize_queues._operations.queues import only_new_sources
from arize_queues._plans.steps import Plan
from arize_queues._request.context import ClientContext
from arize_queues.errors import InvalidRequestError

from .packing import RecordPlan, plan
from .reader import normalise
from .sources import RecordSource


def read_sources(context: ClientContext, checks: Checks, record_sources: object) -> list[RecordSource]:
    """Read record sources in any form; what is wrong goes on the list of the call."""
    try:
        sources = normalise(record_sources)
    except InvalidRequestError as error:
        checks.problems.extend(error.problems)
        return []
    checks.problems.extend(only_new_sources(context, [source.kind for source in sources]))
    return sources


def plan_sources(context: ClientContext, sources: list[RecordSource], space_id: SpaceId) -> Plan[RecordPlan]:
    """Find the ids of projects and datasets, and plan the requests."""
    labels = [str(source.owner) for source in sources]
    owned = yield from renewing(context, lambda: with_ids(context, sources, space_id))
    return plan(owned, labels=labels)


def with_ids(context: ClientContext, sources: list[RecordSource], space_id: SpaceId) -> Plan[list[RecordSource]]:
    """Put the ids of projects and datasets in place of their names."""
    found: list[RecordSource] = []
    for source in sources:
        owner = yield from id_of(context, owner_of(source), source.owner, space_id)
        found.append(source.with_owner(Id(context.current(owner))))
    return found


def owner_of(source: RecordSource) -> Resource:
    """Say what kind of thing a source is of."""
    return DATASET if source.kind == "example" else PROJECT
