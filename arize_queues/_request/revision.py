"""The two spellings of the API, and what a client knows of its server's.

2026-05 writes enum values in lower case and clears instructions with ""; 2026-10 writes them in upper case and clears
with null. Users read and write the first spelling, with null for clearing, whatever the server speaks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, cast

from arize_queues._plans.locks import PlanLock

OLD = "2026-05"
NEW = "2026-10"


class Revision:
    """What a client knows of its server's revision.

    Attributes:
        known: The revision, or None while it is unknown.
        fixed: True if the user set it, so that nothing is learned.
        observed: True if enum values in an answer showed it; otherwise an accepted write did.
        assumed: The revision to write in while it is unknown.
        probed: True if the client has spent its one extra request.
    """

    def __init__(self, setting: str = "auto") -> None:
        self.fixed = setting != "auto"
        self.known: str | None = setting if self.fixed else None
        self.observed = False
        self.assumed = OLD
        self.probed = False
        self._lock = PlanLock()
        self._process = os.getpid()

    @property
    def spoken(self) -> str:
        """The revision to write in now."""
        return self.known or self.assumed

    @property
    def lock(self) -> PlanLock:
        """Held by a write that finds out the revision; a new lock after a fork, where its holder may not exist."""
        if self._process != os.getpid():
            self._lock, self._process = PlanLock(), os.getpid()
        return self._lock

    def is_certain(self, revision: str) -> bool:
        """Return True if the server certainly speaks a revision, so that what it lacks can be refused locally."""
        return self.known == revision and (self.fixed or self.observed)

    def learn(self, payload: object) -> None:
        """Learn the revision from the enum values of an answer."""
        if not self.fixed and (seen := revision_of(payload)) is not None:
            self.known, self.observed = seen, True

    def confirm(self, revision: str) -> None:
        """Learn the revision from a write that the server understood."""
        if not self.fixed and self.known != revision:
            self.known, self.observed = revision, False


def other(revision: str) -> str:
    """Return the other revision."""
    return OLD if revision == NEW else NEW


def differs(body: object) -> bool:
    """Return True if the revisions spell a body differently."""
    if not isinstance(body, dict):
        return False
    fields = cast("dict[str, object]", body)
    return "record_sources" in fields or "assignment_method" in fields or fields.get("instructions", "") is None


def spell(body: dict[str, Any], revision: str) -> dict[str, Any]:
    """Return a body in the spelling of a revision."""
    spelled = dict(body)
    if revision == OLD:
        if spelled.get("instructions", "") is None:
            spelled["instructions"] = ""
        return spelled
    if "assignment_method" in spelled:
        spelled["assignment_method"] = str(spelled["assignment_method"]).upper()
    if "record_sources" in spelled:
        spelled["record_sources"] = [
            {**source, "record_type": str(source["record_type"]).upper()} for source in spelled["record_sources"]
        ]
    return spelled


def revision_of(payload: object) -> str | None:
    """Return the revision that the enum values of an answer show, or None."""
    for value in _enum_values(payload):
        if value.islower():
            return OLD
        if value.isupper():
            return NEW
    return None


def _enum_values(payload: object) -> Iterator[str]:
    """Yield the enum values that both revisions have; of each list only the first item is looked at."""
    if not isinstance(payload, Mapping):
        return
    answer = cast("Mapping[str, object]", payload)
    if isinstance(source_type := answer.get("source_type"), str):
        yield source_type
    for config in _first(answer.get("annotation_configs")):
        if isinstance(kind := config.get("type"), str):
            yield kind
    for items in ("records", "record_sources", "annotation_queues"):
        for item in _first(answer.get(items)):
            yield from _enum_values(item)


def _first(items: object) -> list[Mapping[str, object]]:
    if not isinstance(items, list):
        return []
    return [item for item in cast("list[object]", items)[:1] if isinstance(item, Mapping)]
