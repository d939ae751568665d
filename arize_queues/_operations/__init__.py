"""The calls of a client, one function each: check the arguments, resolve names, send.

`queues`, `create`, `records`, `labels` and `tags` tell what each call does, as plans. This table loads the module of a
call when the call is first used: generated models and bulk modules take longer to load than httpx, and a program that
only reads a queue does without most of them. Imports `_bulk` and what is below it. Start in `queues`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .create import create_queue
    from .labels import annotate_record, annotate_records, assign_record, assign_records
    from .queues import delete_queue, get_queue, iter_queues, list_queues, update_queue
    from .records import add_records, delete_records, iter_records, list_records, plan_records
    from .tags import add_tags, list_tags

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

_MODULES = {
    "queues": ("delete_queue", "get_queue", "iter_queues", "list_queues", "update_queue"),
    "create": ("create_queue",),
    "records": ("add_records", "delete_records", "iter_records", "list_records", "plan_records"),
    "labels": ("annotate_record", "annotate_records", "assign_record", "assign_records"),
    "tags": ("add_tags", "list_tags"),
}
_MODULE_OF = {call: module for module, calls in _MODULES.items() for call in calls}


def __getattr__(name: str) -> Any:
    """Load the module of a call."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    plan = globals()[name] = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    return plan
