"""The two spellings of the API, and how a client learns which one its server speaks.

2026-05 writes enum values in lower case and clears instructions with ""; 2026-10 writes them in upper case and
clears with null. Users read and write the first one, with null for clearing, whatever the server speaks.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any, cast

OLD = "2026-05"
NEW = "2026-10"


class Revision:
    """Which revision the server speaks, as far as a client knows.

    Attributes:
        known: The revision, or None while nothing has told.
        fixed: Whether the user said it, so that nothing is learned.
        shown: Whether enum values in an answer told it; else it is known from a write that was accepted.
        guess: What is written while nothing is known.
        probed: Whether the one extra request of a client's life has been spent.
    """

    def __init__(self, setting: str = "auto") -> None:
        self.fixed = setting != "auto"
        self.known: str | None = setting if self.fixed else None
        self.shown = False
        self.guess = OLD
        self.probed = False
        self._turn = threading.Lock()
        self._process = os.getpid()

    @property
    def spoken(self) -> str:
        """The revision to write in now."""
        return self.known or self.guess

    @property
    def turn(self) -> threading.Lock:
        """What a write holds while it finds out; a new one after a fork, as its holder may not have come along."""
        if self._process != os.getpid():
            self._turn, self._process = threading.Lock(), os.getpid()
        return self._turn

    def is_surely(self, revision: str) -> bool:
        """Say whether it is certain enough to refuse here what this revision lacks."""
        return self.known == revision and (self.fixed or self.shown)

    def learn(self, payload: object) -> None:
        """Learn from what the server answered."""
        if not self.fixed and (told := revision_of(payload)) is not None:
            self.known, self.shown = told, True

    def settle(self, revision: str) -> None:
        """Take down that the server understood this revision."""
        if not self.fixed and self.known != revision:
            self.known, self.shown = revision, False


def other(revision: str) -> str:
    """Name the other revision."""
    return OLD if revision == NEW else NEW


def differs(body: object) -> bool:
    """Say whether the revisions write this body differently."""
    if not isinstance(body, dict):
        return False
    fields = cast("dict[str, object]", body)
    return "record_sources" in fields or "assignment_method" in fields or fields.get("instructions", "") is None


def spell(body: dict[str, Any], revision: str) -> dict[str, Any]:
    """Write a body in the spelling of a revision."""
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
    """Tell the revision from the enum values of an answer; None where it has none."""
    for value in _enum_values(payload):
        if value.islower():
            return OLD
        if value.isupper():
            return NEW
    return None


def _enum_values(payload: object) -> Iterator[str]:
    """Walk to the enum values that every revision has, at most one item down each list."""
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
