"""The concurrency limiter: a 429 halves the limit, and successes raise it again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arize_queues._bulk.limiter import ConcurrencyLimiter


def test_it_begins_at_full_width():
    """A new limiter starts at the configured maximum."""
    assert ConcurrencyLimiter(8).limit == 8


def test_a_refusal_halves_it():
    """A 429 halves the limit."""
    limiter = ConcurrencyLimiter(8)
    limiter.on_throttled(1, newest=8)
    assert limiter.limit == 4


def test_refusals_of_one_round_are_one_sign():
    """Several 429s for requests that were in flight together halve the limit only once."""
    limiter = ConcurrencyLimiter(8)
    for request in range(1, 9):
        limiter.on_throttled(request, newest=8)
    assert limiter.limit == 4
    limiter.on_throttled(9, newest=12)
    assert limiter.limit == 2


def test_the_longest_wait_of_a_round_counts():
    """A shorter pause never replaces a longer one that already holds."""
    limiter = ConcurrencyLimiter(8)
    limiter.pause_until(15.0)
    limiter.pause_until(12.0)
    assert limiter.paused_until == 15.0
    limiter.pause_until(21.0)
    assert limiter.paused_until == 21.0


def test_a_round_of_answers_widens_it_by_one():
    """About `limit` successes raise the limit by one, and never above the configured maximum."""
    limiter = ConcurrencyLimiter(8)
    limiter.on_throttled(1, newest=8)
    for _ in range(5):
        limiter.on_success()
    assert limiter.limit == 5
    for _ in range(100):
        limiter.on_success()
    assert limiter.limit == 8


@given(st.integers(1, 64), st.integers(0, 50), st.integers(0, 50))
def test_it_stays_within_one_and_the_setting(most, refusals, answers):
    """The limit stays between one and the configured maximum, whatever the server answers."""
    limiter = ConcurrencyLimiter(most)
    for request in range(1, refusals + 1):
        limiter.on_throttled(request, newest=request)
        assert 1 <= limiter.limit <= most
    for _ in range(answers):
        limiter.on_success()
        assert 1 <= limiter.limit <= most
