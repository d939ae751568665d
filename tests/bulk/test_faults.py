"""Bulk calls against a misbehaving server: its final state is the input, or exactly what the error reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from arize_queues import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    PartialFailureError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from arize_queues._request.retry import LONGEST_RETRY_AFTER
from arize_queues._sources.packing import pack
from arize_queues.emulator import Fault
from tests.support.bulk_world import WRITES, Job, World, check_sums, done_in
from tests.support.clock import ManualClock

pytestmark = pytest.mark.slow

REQUESTS = 4
SLOW = 0.3  # seconds; the client gives up after a third of it

# Faults by name: calls succeed in spite of those in HEALED, and fail on those in FAILING.
HEALED: dict[str, dict[str, Any]] = {
    "429 at once": {"status": 429, "retry_after": 0, "times": 3},
    "429 in 1 s": {"status": 429, "retry_after": 1, "times": 3},
    "429 until a date": {"status": 429, "retry_after": "date", "times": 2},
    "429 without a word": {"status": 429, "times": 2},
    "503": {"status": 503, "times": 2},
    "503 in 3 s": {"status": 503, "retry_after": 3, "times": 2},
    "502 with HTML": {"status": 502, "body": "html", "times": 2},
    "503 after the write": {"status": 503, "when": "after", "times": 2},
    "reset before the write": {"drop": True, "when": "before", "times": 2},
    "reset after the write": {"drop": True, "when": "after", "times": 2},
    "reset in the answer": {"cut": True, "times": 2},
    "slow": {"delay": SLOW, "times": 2},
}
FAILING: dict[str, dict[str, Any]] = {
    "429 in 200 s": {"status": 429, "retry_after": 200},
    "HTML with 200": {"body": "html"},
    "truncated": {"body": "truncated"},
    "empty": {"body": "empty"},
    "401": {"status": 401, "times": None},
    "403": {"status": 403, "times": None},
    "503 for good": {"status": 503, "times": None},
    "503 after the write for good": {"status": 503, "when": "after", "times": None},
    "reset before the write for good": {"drop": True, "times": None},
    "reset after the write for good": {"drop": True, "when": "after", "times": None},
    "422 with HTML": {"status": 422, "body": "html", "times": None},
}
# Errors that leave open whether the server applied the write.
UNSURE = (ServerError, APIConnectionError)
BULK = ["add_records", "delete_records", "annotate_records", "assign_records"]
KINDS = ["sync", "asyncio"]
# Faults of an answer's body, which the answer to a delete does not have.
BODIES = ["HTML with 200", "truncated", "empty"]
SOME_ON_TRIO = ["429 in 1 s", "reset after the write", "slow", "401"]


def strike(world: World, method: str, clock: ManualClock, nth: int = 2, **fields: Any) -> None:
    """Add a fault to the server from its n-th write on, by default the second."""
    verb, path = WRITES[method]
    if fields.get("retry_after") == "date":
        fields["retry_after"] = clock.wall() + timedelta(seconds=30)
    world.emulator.faults.add(Fault(method=verb, path=path, nth=nth, **fields))


def settings(name: str) -> dict[str, Any]:
    """Return the client settings for a fault."""
    return {"timeout": SLOW / 3} if name == "slow" else {}


def cases(names: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return all combinations of faults, methods and kinds of callers that make sense."""
    methods = [(name, method) for name in names for method in [*BULK, "create"]]
    sensible = [(name, method) for name, method in methods if method != "delete_records" or name not in BODIES]
    pairs = [(name, method, kind) for name, method in sensible for kind in KINDS]
    return pairs + [(name, method, "trio") for name, method in sensible if name in SOME_ON_TRIO]


def check_account(job: Job, partial: PartialFailureError) -> None:
    """Check that the error's account agrees with the server's state."""
    given, left = job.ids(job.given), set(job.ids(partial.remaining))
    failed = {name: failure.error for failure in partial.failures for name in failure.what}
    unsure = {name for name, error in failed.items() if not isinstance(error, APIStatusError) or type(error) in UNSURE}
    applied = job.applied()
    done = set(given) - left

    assert left <= set(given)
    assert set(failed) <= left
    assert done <= applied, "what the error calls done is not on the server"
    assert not applied & (left - unsure), "what the error calls not done is on the server"
    if job.method in ("annotate_records", "assign_records"):
        assert set(partial.completed) == done
    check_sums(partial.summary)
    if job.method == "create":  # the add does not count the records that went with the create
        return
    assert partial.summary.submitted == len(given)
    assert done_in(partial.summary) == len(done)
    assert partial.summary.failed == len(failed)
    assert partial.summary.not_sent == len(left) - len(failed)


@pytest.mark.parametrize(("name", "method", "kind"), cases(HEALED))
def test_a_passing_fault_leaves_exactly_what_was_asked(world: World, method: str, name: str, kind: str) -> None:
    """A transient fault leaves no trace: the server's state and the counts are those of a healthy call."""
    job, caller = Job.of(world, method, REQUESTS), world.caller(kind)
    strike(world, method, caller.clock, **HEALED[name])
    result = caller(method, client=settings(name), **job.arguments(job.given))

    assert job.applied() == set(job.ids(job.given))
    assert not world.emulator.faults.pending, "the fault has not struck"
    if method in ("annotate_records", "assign_records"):
        assert list(result) == list(job.given), "the results are not in input order"
    if method in ("add_records", "annotate_records", "assign_records"):
        check_sums(result.summary)
        assert done_in(result.summary) == len(job.ids(job.given))


@pytest.mark.parametrize(("name", "method", "kind"), cases(FAILING))
def test_a_lasting_fault_leaves_exactly_what_the_error_says(world: World, method: str, name: str, kind: str) -> None:
    """A lasting fault is reported exactly, and `.remaining` passed in again finishes the job."""
    job, caller = Job.of(world, method, REQUESTS), world.caller(kind)
    strike(world, method, caller.clock, **FAILING[name])
    with pytest.raises(PartialFailureError) as caught:
        caller(method, client={"max_concurrency": 2, "max_retries": 2}, **job.arguments(job.given))
    check_account(job, caught.value)
    assert caught.value.failures
    assert world.emulator.api_key not in str(caught.value)

    world.emulator.faults.clear()
    rest = job.after(caught.value)
    caller(rest.method, **rest.arguments(rest.given))
    assert job.applied() == set(job.ids(job.given))


@pytest.mark.parametrize("method", BULK)
@pytest.mark.parametrize("kind", KINDS)
def test_a_wait_that_the_server_asks_for_is_waited_out(world: World, method: str, kind: str) -> None:
    """After a 429 with a Retry-After date, no request is sent before that date."""
    job, caller = Job.of(world, method, REQUESTS), world.caller(kind)
    clock = caller.clock
    assert clock is not None
    until = clock.wall() + timedelta(seconds=90)
    times: list[Any] = []

    def note(request: Any) -> bool:
        times.append(clock.wall())
        return len(times) == 2

    verb, path = WRITES[method]
    world.emulator.faults.add(Fault(method=verb, path=path, where=note, status=429, retry_after=until, times=None))
    caller(method, client={"max_concurrency": 1}, **job.arguments(job.given))
    # HTTP dates have whole seconds, so up to one second is lost.
    assert times[2] > until - timedelta(seconds=1)
    assert len(times) == REQUESTS + 1


@pytest.mark.parametrize("method", BULK)
def test_a_longer_wait_than_allowed_is_told(world: World, method: str) -> None:
    """A Retry-After beyond the longest wait fails at once with a RateLimitError that carries it."""
    job, caller = Job.of(world, method, REQUESTS), world.caller("sync")
    strike(world, method, caller.clock, status=429, retry_after=int(LONGEST_RETRY_AFTER) + 1)
    with pytest.raises(PartialFailureError) as caught:
        caller(method, **job.arguments(job.given))
    (failure,) = caught.value.failures
    assert isinstance(failure.error, RateLimitError)
    assert failure.error.retry_after is not None
    assert failure.error.retry_after > LONGEST_RETRY_AFTER
    assert caller.clock.slept == []


@pytest.mark.parametrize("method", BULK)
@pytest.mark.parametrize(("status", "error"), [(401, AuthenticationError), (403, PermissionDeniedError)])
def test_nothing_more_is_sent_after_a_refused_key(
    world: World, method: str, status: int, error: type[Exception]
) -> None:
    """After a 401 or 403 no request is sent, and the rest counts as not sent."""
    job, caller = Job.of(world, method, REQUESTS), world.caller("sync")
    strike(world, method, caller.clock, nth=2, status=status, times=None)
    with pytest.raises(PartialFailureError, match="does not let this key") as caught:
        caller(method, client={"max_concurrency": 1}, **job.arguments(job.given))
    assert isinstance(caught.value.__cause__, error)
    assert len(world.writes(method)) == 2
    each = len(job.ids(job.given)) // REQUESTS
    assert (caught.value.summary.failed, caught.value.summary.not_sent) == (each, (REQUESTS - 2) * each)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", BULK)
def test_a_server_that_is_down_is_not_asked_for_every_record(world: World, method: str, kind: str) -> None:
    """After a few failed requests in a row, the rest is not sent."""
    job, caller = Job.of(world, method, 30 if method != "delete_records" else 8), world.caller(kind)
    strike(world, method, caller.clock, nth=1, status=500, times=None)
    with pytest.raises(PartialFailureError, match="in a row") as caught:
        caller(method, client={"max_retries": 0, "max_concurrency": 2}, **job.arguments(job.given))
    assert len(world.writes(method)) <= 4
    check_account(job, caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("drop", [{"drop": True, "when": "after"}, {"body": "html"}, {"body": "truncated"}])
def test_a_create_whose_answer_is_lost_happens_once(world: World, kind: str, drop: dict[str, Any]) -> None:
    """A create whose answer is lost or unreadable makes exactly one queue with all its records."""
    job, caller = Job.of(world, "create", REQUESTS), world.caller(kind)
    world.emulator.faults.add(Fault(method="POST", path="/v2/annotation-queues", **drop))
    queue = caller("create", **job.arguments(job.given))
    assert [found["id"] for found in world.emulator.queues()] == [queue.id]
    assert job.applied() == set(job.ids(job.given))


@pytest.mark.parametrize("kind", KINDS)
def test_an_overflow_that_fails_leaves_the_queue_in_the_error(world: World, kind: str) -> None:
    """When an overflow record of a create is refused, the error has the queue and `.remaining` for an add."""
    job, caller = Job.of(world, "create", REQUESTS), world.caller(kind)
    bad = pack(job.given).requests[-1].sources[-1].ids[-1]
    world.emulator.faults.add(Fault(method="POST", path="*/records", reject=[bad], times=None))
    with pytest.raises(PartialFailureError, match="was created") as caught:
        caller("create", **job.arguments(job.given))
    assert [found["id"] for found in world.emulator.queues()] == [caught.value.completed.id]
    assert job.ids(caught.value.remaining) == [bad]
    assert [failure.what for failure in caught.value.failures] == [[bad]]
    assert job.applied() == set(job.ids(job.given)) - {bad}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", BULK)
def test_a_slow_server_only_takes_longer(world: World, method: str, kind: str) -> None:
    """A bulk call succeeds, with no request repeated, on a server whose answers trickle in."""
    job, caller = Job.of(world, method, REQUESTS), world.caller(kind)
    strike(world, method, caller.clock, nth=1, trickle=0.2, times=None)
    caller(method, client={"timeout": 5.0}, **job.arguments(job.given))
    assert job.applied() == set(job.ids(job.given))
    assert len(world.writes(method)) == REQUESTS


def test_the_results_stay_in_input_order_when_the_first_is_the_slowest(world: World, kind: str) -> None:
    """Results are in input order, even when the first request is the slowest."""
    job, caller = Job.of(world, "annotate_records", 12), world.caller(kind)
    strike(world, "annotate_records", caller.clock, nth=1, status=503, retry_after=5)
    strike(world, "annotate_records", caller.clock, nth=4, delay=0.1)
    result = caller("annotate_records", **job.arguments(job.given))
    assert list(result) == list(job.given)
    assert [answer.id for answer in result.values()] == list(job.given)
