"""What the emulator's tests share: a seeded emulator and a bare HTTP client for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from arize_queues_raw import limits

from arize_queues.emulator import Emulator
from arize_queues.emulator._pytest import arize_emulator
from arize_queues.emulator._seeding.demo import ANNOTATORS, FIRST_SPAN_TIME

__all__ = ["arize_emulator"]

QUEUES = "/v2/annotation-queues"


class Desk:
    """A seeded emulator, with the requests that most tests send."""

    def __init__(self, emulator: Emulator) -> None:
        """Seed the emulator and connect to it."""
        self.emulator = emulator
        self.ids = emulator.seed(spans=limits.MAX_RECORDS_PER_REQUEST + 10, examples=20)
        self.space: str = self.ids["space"]
        self.project: str = self.ids["projects"]["support-chat"]
        self.upper = emulator.revision == "2026-10"
        headers = {"authorization": f"Bearer {emulator.api_key}"}
        self.http = httpx.Client(base_url=emulator.url, headers=headers, trust_env=False)

    def spelled(self, value: str) -> str:
        """Spell an enum value as the revision does."""
        return value.upper() if self.upper else value

    def queue_body(self, **fields: Any) -> dict[str, Any]:
        """Build the body of a create."""
        return {
            "name": "Quality",
            "space_id": self.space,
            "annotation_config_ids": list(self.ids["annotation_configs"].values()),
            "annotator_emails": [ANNOTATORS[0]],
            **fields,
        }

    def create(self, **fields: Any) -> str:
        """Create a queue and return its ID."""
        response = self.http.post(QUEUES, json=self.queue_body(**fields))
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def window(self, days: float = 1) -> dict[str, str]:
        """Build a time range that starts with the first span."""
        end = FIRST_SPAN_TIME + timedelta(days=days)
        return {"start_time": FIRST_SPAN_TIME.isoformat(), "end_time": end.isoformat()}

    def source(self, kind: str, ids: list[str], **fields: Any) -> dict[str, Any]:
        """Build a record source of one kind."""
        owner = {"dataset_id": self.ids["dataset"]} if kind == "example" else {"project_id": self.project}
        window = {} if kind == "example" else self.window()
        return {"record_type": self.spelled(kind), **owner, **window, f"{kind}_ids": ids, **fields}

    def spans(self, *positions: int) -> dict[str, Any]:
        """Build a source of the seeded spans at these positions."""
        return self.source("span", [f"support-chat-span-{position:05}" for position in positions])

    def add(self, queue: str, *sources: dict[str, Any]) -> httpx.Response:
        """Add records."""
        return self.http.post(f"{QUEUES}/{queue}/records", json={"record_sources": list(sources)})

    def add_ids(self, queue: str, *sources: dict[str, Any]) -> list[str]:
        """Add records that are new, and return their IDs."""
        response = self.add(queue, *sources)
        assert response.status_code == 201, response.text
        return [record["id"] for record in response.json()["record_sources"]]

    def annotate(self, queue: str, record: str, *annotations: dict[str, Any]) -> httpx.Response:
        """Annotate a record."""
        path = f"{QUEUES}/{queue}/records/{record}/annotate"
        return self.http.post(path, json={"annotations": list(annotations)})

    def assign(self, queue: str, record: str, *emails: str) -> httpx.Response:
        """Assign a record."""
        path = f"{QUEUES}/{queue}/records/{record}/assign"
        return self.http.post(path, json={"assigned_user_emails": list(emails)})

    def delete_records(self, queue: str, ids: list[str]) -> httpx.Response:
        """Delete records."""
        return self.http.request("DELETE", f"{QUEUES}/{queue}/records", json={"record_ids": ids})

    def records(self, queue: str) -> list[dict[str, Any]]:
        """List the records of a queue, one page."""
        params = {"limit": limits.MAX_RECORDS_PAGE_SIZE}
        found: list[dict[str, Any]] = self.http.get(f"{QUEUES}/{queue}/records", params=params).json()["records"]
        return found


def _desk(**options: Any) -> Iterator[Desk]:
    with Emulator(**options) as emulator:
        desk = Desk(emulator)
        yield desk
        desk.http.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Run a seeded emulator of the current revision."""
    yield from _desk()


@pytest.fixture
def old_desk() -> Iterator[Desk]:
    """Run a seeded emulator of 2026-05."""
    yield from _desk(revision="2026-05")


@pytest.fixture
def creating_desk() -> Iterator[Desk]:
    """Run a seeded emulator that makes up what does not exist."""
    yield from _desk(unknown_ids="create")


@pytest.fixture(params=["2026-05", "2026-10"])
def any_desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Run a seeded emulator of each revision."""
    yield from _desk(revision=request.param)
