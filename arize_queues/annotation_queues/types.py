"""The names of `arize_queues.types`, where code from Arize's documentation looks for them."""

from __future__ import annotations

from arize_queues.types import *  # noqa: F403
from arize_queues.types import __all__ as __all__  # noqa: PLC0414  # for type checkers, which read names off it
