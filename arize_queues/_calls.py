"""The plans of all calls, each loaded when it is first called.

The generated models and what serves bulk calls take longer to load than httpx; a program that only reads a queue
does without most of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arize_queues._bulk.per_record import annotate_records, assign_records

    from ._add import add_records, plan_records
    from ._create import create
    from ._operations import (
        add_tags,
        annotate_record,
        assign_record,
        delete,
        get,
        iter_queues,
        iter_records,
        list_queues,
        list_records,
        list_tags,
        update,
    )
    from ._records import delete_records

__all__ = [
    "add_records",
    "add_tags",
    "annotate_record",
    "annotate_records",
    "assign_record",
    "assign_records",
    "create",
    "delete",
    "delete_records",
    "get",
    "iter_queues",
    "iter_records",
    "list_queues",
    "list_records",
    "list_tags",
    "plan_records",
    "update",
]

_HOMES = {
    "add_records": "_add",
    "plan_records": "_add",
    "create": "_create",
    "annotate_records": "_each",
    "assign_records": "_each",
    "delete_records": "_records",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    plan = getattr(import_module(f".{_HOMES.get(name, '_operations')}", __package__), name)
    globals()[name] = plan
    return plan
