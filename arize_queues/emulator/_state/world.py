"""The arguments of every rule: the world, with its state and revision, and a validated request."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from attrs import field, frozen

from arize_queues.emulator._formats.problems import Refusal
from arize_queues.emulator._formats.spelling import Revision

from . import ids
from .store import Row, Store

KEY_OWNER = "key-owner@example.com"

UnknownIds = Literal["refuse", "create"]
PageFault = Literal["empty", "no-cursor", "repeat"]


def _now() -> int:
    return time.time_ns() // 1_000


@frozen(kw_only=True)
class World:
    """The emulated service: its state and its settings."""

    store: Store
    revision: Revision
    unknown_ids: UnknownIds = "refuse"
    now: Callable[[], int] = field(default=_now)

    def key_owner(self) -> Row:
        """Return the user of the API key, who makes all annotations."""
        found = self.store.one("SELECT id, email FROM users WHERE email = ?", (KEY_OWNER,))
        if found is None:
            sql = "INSERT INTO users (email, name, everywhere, created_at) VALUES (?, 'Key owner', 1, ?)"
            self.store.run(sql, (KEY_OWNER, self.now()))
            return self.key_owner()
        return found

    def queue(self, queue_id: str) -> Row:
        """Return a queue's row, or refuse with 404."""
        number = ids.require("AnnotationQueue", queue_id, "annotation queue")
        found = self.store.one("SELECT * FROM queues WHERE id = ?", (number,))
        if found is None:
            raise ids.not_found("annotation queue", queue_id)
        return found

    def space_number(self, space_id: str) -> int:
        """Return a space's number, or refuse with 404."""
        number = ids.require("Space", space_id, "space")
        if self.store.one("SELECT 1 FROM spaces WHERE id = ?", (number,)) is None:
            raise ids.not_found("space", space_id)
        return number

    def user_numbers(self, space_number: int, emails: list[str]) -> list[int]:
        """Return the users of email addresses, each once; refuse a user without access to the space with 404."""
        sql = """SELECT id FROM users WHERE email = ? AND (everywhere OR EXISTS (
                 SELECT 1 FROM user_spaces WHERE user_id = users.id AND space_id = ?))"""
        numbers: list[int] = []
        for email in emails:
            number = self.store.value(sql, (email, space_number))
            if number is None:
                raise Refusal(404, f"Annotator email not found or does not have access to the space: {email}")
            numbers.append(number)
        return list(dict.fromkeys(numbers))


@frozen(kw_only=True)
class Call:
    """A validated request to one operation, in the spelling of the contract."""

    operation: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    page_fault: PageFault | None = None
