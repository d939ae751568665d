"""Refuse what only revision 2026-10 has, where the server certainly speaks 2026-05."""

from __future__ import annotations

from collections.abc import Iterable

from arize_queues._inputs.checks import Checks

from .context import ClientContext
from .revision import OLD

_NEW_SOURCES = ("trace", "session")


def check_available(context: ClientContext, checks: Checks, feature: str) -> None:
    """Refuse an argument or a call that the server certainly lacks."""
    if context.revision.is_certain(OLD):
        checks.problems.append(f"{feature}: the server speaks revision {OLD} of the API, which does not have it")


def unavailable_sources(context: ClientContext, kinds: Iterable[str], *, first: int = 0) -> list[str]:
    """Return a problem for each kind of source that the server certainly lacks; `first` is the index of the first."""
    if not context.revision.is_certain(OLD):
        return []
    return [
        f"record_sources[{index}].record_type: {kind!r} sources do not exist in revision {OLD} of the API, "
        "which the server speaks"
        for index, kind in enumerate(kinds, first)
        if kind in _NEW_SOURCES
    ]
