"""The notice that an operation is not stable yet, as Arize's documentation promises it."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arize_queues_raw.operations import Operation

# The other listings serve to resolve names: nobody who reads the line would have called them.
_ASKED_FOR = "/v2/annotation-queues"
OFF_SWITCH = "DISABLE_PRERELEASE_WARNING"

logger = logging.getLogger("arize_queues")
_told: set[str] = set()
_lock = threading.Lock()


def notice(operation: Operation) -> None:
    """Write one line, once per process, for an operation whose stage is alpha or beta.

    The environment variable DISABLE_PRERELEASE_WARNING=true turns it off, as does a level above WARNING on the
    logger `arize_queues`.
    """
    if operation.stage not in ("alpha", "beta") or operation.operation_id in _told:
        return
    if not operation.path.startswith(_ASKED_FOR):
        return
    with _lock:
        if operation.operation_id in _told:
            return
        _told.add(operation.operation_id)
    if os.environ.get(OFF_SWITCH, "").lower() != "true":
        logger.warning(
            "[%s] %s is at stage %s: Arize may change it without notice (%s=true turns this line off)",
            operation.stage.upper(),
            operation.operation_id,
            operation.stage,
            OFF_SWITCH,
        )
