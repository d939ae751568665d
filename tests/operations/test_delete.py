"""Deleting a queue where answers are lost."""

from __future__ import annotations

import httpx
import pytest

from arize_queues import NotFoundError
from tests.support.answers import problem, reply
from tests.support.clients import serve
from tests.support.clock import ManualClock


@pytest.mark.parametrize("lost", [httpx.ReadError("reset"), httpx.ReadTimeout("slow"), reply(502), reply(500)])
def test_a_delete_whose_answer_was_lost_is_done_when_the_queue_is_gone(lost):
    """A delete whose answer was lost succeeds when its retry gets a 404."""
    server = serve(lost, reply(404, problem(404)))
    assert server.client(clock=ManualClock()).annotation_queues.delete(annotation_queue="aq_1") is None


@pytest.mark.parametrize("refused", [httpx.ConnectError("down"), reply(429), reply(503)])
def test_a_queue_that_was_never_there_is_not_found_after_a_refusal(refused):
    """A 404 raises NotFoundError if the first attempt certainly did not delete the queue."""
    server = serve(refused, reply(404, problem(404)))
    with pytest.raises(NotFoundError):
        server.client(clock=ManualClock()).annotation_queues.delete(annotation_queue="aq_1")


def test_a_queue_that_is_not_there_is_not_found_at_once():
    """A 404 on the first attempt of a delete raises NotFoundError."""
    with pytest.raises(NotFoundError):
        serve(reply(404, problem(404))).client().annotation_queues.delete(annotation_queue="aq_1")
