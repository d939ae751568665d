"""The garbage collector is paused while a large answer is read, and only then."""

from __future__ import annotations

import gc

import pytest

from arize_queues import UnexpectedResponseError
from arize_queues._request.call import _LARGE
from arize_queues._request.gc_pause import gc_paused
from tests.support.answers import page, record, reply
from tests.support.clients import serve


@pytest.fixture(autouse=True)
def _collector_as_before():
    """Leave the collector running."""
    yield
    gc.enable()


def test_the_collector_runs_again_after_a_pause():
    """The garbage collector is off during a pause and on after it."""
    with gc_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off():
    """A garbage collector that was off stays off after a pause."""
    gc.disable()
    with gc_paused():
        pass
    assert not gc.isenabled()


@pytest.mark.parametrize("broken", [False, True])
def test_the_collector_runs_again_after_a_large_answer(broken):
    """The garbage collector is on after a large answer, whether or not it can be decoded."""
    records = [
        record(id=None if broken else f"r{index}", data={"input": "x" * 1000}) for index in range(_LARGE // 1000)
    ]
    server = serve(reply(200, page("records", *records)))
    if broken:
        with pytest.raises(UnexpectedResponseError):
            server.client().annotation_queues.list_records(annotation_queue="aq_1")
    else:
        assert len(server.client().annotation_queues.list_records(annotation_queue="aq_1")) == len(records)
    assert gc.isenabled()
