"""Warn of operations that are not stable yet, as Arize's own clients do."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arize_queues_raw.operations import Operation

# The other listings resolve names; a reader of the warning has not called them.
_WARNED_OF = "/v2/annotation-queues"
OFF_SWITCH = "DISABLE_PRERELEASE_WARNING"

logger = logging.getLogger("arize_queues")
_warned: set[str] = set()
_lock = threading.Lock()


def warn_prerelease(operation: Operation) -> None:
    """Log one warning per process for an operation in stage alpha or beta.

    The environment variable DISABLE_PRERELEASE_WARNING=true turns it off, as does a level above WARNING on
    the logger `arize_queues`.
    """
    if operation.stage not in ("alpha", "beta") or operation.operation_id in _warned:
        return
    if not operation.path.startswith(_WARNED_OF):
        return
    with _lock:
        if operation.operation_id in _warned:
            return
        _warned.add(operation.operation_id)
    if os.environ.get(OFF_SWITCH, "").lower() != "true":
        logger.warning(
            "[%s] %s is at stage %s: Arize may change it without notice (%s=true turns this line off)",
            operation.stage.upper(),
            operation.operation_id,
            operation.stage,
            OFF_SWITCH,
        )
