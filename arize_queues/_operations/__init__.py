"""The plans of all calls, each loaded when it is first called.

The generated models and what serves bulk calls take longer to load than httpx; a program that only reads a queue
does without most of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arize_queues._bulk.per_record import annotate_records, assign_records

    from .add import add_records, plan_records
    from .create import create_queue
    from .deletion import delete_records
    from .queues import (
        add_tags,
        annotate_record,
        assign_record,
        delete_queue,
        get_queue,
        iter_queues,
        iter_records,
        list_queues,
        list_records,
        list_tags,
        update_queue,
    )

__all__ = [
    "add_records",
    "add_tags",
    "annotate_record",
    "annotate_records",
    "assign_record",
    "assign_records",
    "create_queue",
    "delete_queue",
    "delete_records",
    "get_queue",
    "iter_queues",
    "iter_records",
    "list_queues",
    "list_records",
    "list_tags",
    "plan_records",
    "update_queue",
]

_HOMES = {
    "add_records": "arize_queues._operations.add",
    "plan_records": "arize_queues._operations.add",
    "create_queue": "arize_queues._operations.create",
    "annotate_records": "arize_queues._bulk.per_record",
    "assign_records": "arize_queues._bulk.per_record",
    "delete_records": "arize_queues._operations.deletion",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    plan = getattr(import_module(_HOMES.get(name, "arize_queues._operations.queues")), name)
    globals()[name] = plan
    return plan
