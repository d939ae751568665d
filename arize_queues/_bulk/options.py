"""The options that all bulk calls take."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, TypeAlias

import attrs

from arize_queues._inputs.checks import Checks
from arize_queues._request.context import ClientContext

LedgerPath: TypeAlias = str | os.PathLike[str] | None
ProgressOption: TypeAlias = bool | Callable[[int, int | None], object] | None
OnConflict: TypeAlias = Literal["overwrite", "skip", "fail"]


@attrs.frozen
class BulkOptions:
    """Progress, ledger and deadline of the call.

    Attributes:
        progress: True for a display on the terminal, a callable `(done, total)`, or None.
        ledger: Path of the ledger, or None.
        deadline: Time on the client's clock after which nothing more is sent, or None.
    """

    progress: ProgressOption = None
    ledger: LedgerPath = None
    deadline: float | None = None

    @classmethod
    def checked(
        cls,
        context: ClientContext,
        checks: Checks,
        progress: ProgressOption,
        ledger: LedgerPath,
        deadline: float | None,
    ) -> BulkOptions:
        """Check the deadline in seconds, and return the options; the deadline runs from now on."""
        return cls(progress, ledger, checks.deadline(deadline, context.clock.now()))
