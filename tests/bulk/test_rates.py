"""Rate-limited servers: a bulk call finishes in the end and sends nothing while the server asks it to wait."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from arize_queues import PartialFailureError, RateLimitError
from arize_queues._request.retry import LONGEST_RETRY_AFTER
from tests.support.bulk_world import Caller, Handled, check_sums
from tests.support.clock import ManualClock
from tests.support.plain_server import QUEUE, PlainServer


class Limited:
    """Server that admits one request per interval and answers every other one with a 429."""

    def __init__(self, clock: ManualClock, every: float, headers: dict[str, str]) -> None:
        self.server = PlainServer()
        self._clock, self._every, self._headers = clock, every, headers
        self._next = clock.elapsed
        self.refused = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        if self._clock.elapsed < self._next:
            self.refused += 1
            return httpx.Response(429, headers=self._headers, json={"status": 429})
        self._next = self._clock.elapsed + self._every
        return self.server(request)


@pytest.mark.parametrize(
    ("every", "headers"), [(1.0, {"Retry-After": "1"}), (2.0, {"Retry-After": "1"}), (10.0, {"Retry-After": "10"})]
)
def test_a_job_ends_however_slow_the_server_allows_it_to_be(kind: str, every: float, headers: dict[str, str]) -> None:
    """A bulk call finishes on a server that admits one request per interval, however many 429s that takes."""
    ids, clock = [f"r{number}" for number in range(40)], ManualClock(1000.0)
    limited = Limited(clock, every, headers)
    caller = Caller(kind=kind, transport=Handled(limited), clock=clock)
    result = caller("annotate_records", annotation_queue=QUEUE, validate=False, annotations=notes(ids))
    assert list(result) == ids
    assert limited.refused > 0
    assert len(limited.server.bodies) == len(ids)


def notes(ids: list[str]) -> dict[str, Any]:
    """Return a note for each record."""
    return {name: [{"name": "notes", "text": "x"}] for name in ids}


@pytest.mark.parametrize("retries", [0, 5])
def test_who_asks_for_more_than_is_waited_stops_the_job(kind: str, retries: int) -> None:
    """A Retry-After beyond the longest wait stops the call after one request, and every record remains."""
    ids, requests = [f"r{number}" for number in range(20)], []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(429, headers={"Retry-After": str(LONGEST_RETRY_AFTER + 1)}, json={"status": 429})

    caller = Caller(kind=kind, transport=Handled(handle))
    with pytest.raises(PartialFailureError, match="asks to wait") as caught:
        caller(
            "annotate_records",
            client={"max_concurrency": 1, "max_retries": retries},
            annotation_queue=QUEUE,
            validate=False,
            annotations=notes(ids),
        )
    assert len(requests) == 1
    assert isinstance(caught.value.failures[0].error, RateLimitError)
    assert (caught.value.summary.failed, caught.value.summary.not_sent) == (1, 19)
    assert list(caught.value.remaining) == ids


def test_a_wait_is_kept_by_all_also_without_retries(kind: str) -> None:
    """Without retries, a throttled request fails, and all later requests still wait out its Retry-After."""
    ids, clock, began = [f"r{number}" for number in range(3)], ManualClock(1000.0), []
    server = PlainServer(script=["429"])

    def handle(request: httpx.Request) -> httpx.Response:
        began.append(clock.elapsed)
        response = server(request)
        if response.status_code == 429:
            response.headers["Retry-After"] = "30"
        return response

    caller = Caller(kind=kind, transport=Handled(handle), clock=clock)
    start = clock.elapsed
    with pytest.raises(PartialFailureError) as caught:
        caller(
            "annotate_records",
            client={"max_concurrency": 1, "max_retries": 0},
            annotation_queue=QUEUE,
            validate=False,
            annotations=notes(ids),
        )
    assert [time - start for time in began] == [0.0, 30.0, 30.0]
    assert list(caught.value.remaining) == ids[:1]
    check_sums(caught.value.summary)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<html>Please log in</html>"),
        httpx.Response(302, headers={"Location": "https://login.test"}),
        httpx.Response(502, html="<html>Bad gateway</html>"),
    ],
    ids=["login page", "redirect", "gateway"],
)
def test_a_way_that_leads_elsewhere_is_not_taken_for_each_record(kind: str, answer: httpx.Response) -> None:
    """A proxy that answers for the server stops the call after a few requests, and every record remains."""
    ids, requests = [f"r{number}" for number in range(1000)], []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    with pytest.raises(PartialFailureError, match="in a row") as caught:
        Caller(kind=kind, transport=Handled(handle))(
            "annotate_records",
            client={"max_concurrency": 4, "max_retries": 0},
            annotation_queue=QUEUE,
            validate=False,
            annotations=notes(ids),
        )
    assert len(requests) < 10
    assert list(caught.value.remaining) == ids
    check_sums(caught.value.summary)
