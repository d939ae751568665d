"""When a request is sent again, and after how long; the clock is data here."""

from __future__ import annotations

import logging
import ssl
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from arize_queues_raw.api.annotation_queues import get_annotation_queue
from hypothesis import given
from hypothesis import strategies as st

from arize_queues import (
    APIConnectionError,
    APITimeoutError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
)
from arize_queues._request.call import call, call_once
from arize_queues._request.retry import LONGEST_RETRY_AFTER, RETRIED_STATUSES, Idempotency, Policy, retry_after
from tests.support.answers import problem, queue, reply
from tests.support.clock import START
from tests.support.plans import make_context, play

OK = reply(200, queue())
FAULTS = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.ReadTimeout("slow"),
    httpx.WriteError("reset"),
    httpx.WriteTimeout("slow"),
    httpx.RemoteProtocolError("closed"),
    httpx.PoolTimeout("full"),
]
UNSEEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def get(*answers, **settings):
    """Play a GET."""
    return play(call(make_context(**settings), get_annotation_queue, "aq_1"), *answers)


def once(*answers, **settings):
    """Play a call that must not act twice."""
    return play(call_once(make_context(**settings), get_annotation_queue, "aq_1"), *answers)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_these_statuses_are_retried(status):
    """Each documented status is retried until the attempts are used up."""
    assert status in RETRIED_STATUSES
    assert get(reply(status), OK).value.id == "aq_1"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 409, 413, 422, 501, 505])
def test_other_statuses_are_not(status):
    """Other statuses are not retried."""
    played = get(reply(status, problem(status)))
    assert played.error.status_code == status
    assert played.waits == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_faults_of_the_connection_are_retried(fault):
    """Connect, read and write errors and timeouts are retried."""
    assert get(fault, fault, OK).value.id == "aq_1"


def untrusted() -> httpx.ConnectError:
    """Make the fault of a certificate, as httpx raises it."""
    fault = httpx.ConnectError("certificate verify failed")
    fault.__cause__ = OSError("from the layer below")
    fault.__cause__.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    return fault


LASTING = [httpx.UnsupportedProtocol("ftp"), httpx.TooManyRedirects("loop"), httpx.LocalProtocolError("bad header")]


@pytest.mark.parametrize("fault", [*LASTING, untrusted()], ids=lambda fault: type(fault).__name__)
def test_faults_that_a_retry_cannot_mend_are_not(fault):
    """A wrong URL, header or certificate is not retried."""
    played = get(fault)
    assert isinstance(played.error, APIConnectionError)
    assert len(played.sends) == 1


def test_the_backoff_doubles_up_to_its_bound():
    """With the largest jitter, the backoff begins at half a second and doubles up to 20 s."""
    assert get(*[reply(503)] * 7, OK, max_retries=7).waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0]


@given(st.integers(1, 2000), st.floats(0, 1, exclude_max=True))
def test_the_jitter_is_full(attempt, drawn):
    """The wait is anything between zero and the bound, for any number of attempts."""
    policy = Policy(2000, lambda: drawn, lambda: START)
    wait = policy.after_response(reply(503), attempt, Idempotency.SAFE)
    assert wait == drawn * min(20.0, 0.5 * 2.0 ** min(attempt - 1, 10))


@pytest.mark.parametrize("last", [reply(503), reply(429), httpx.ReadTimeout("slow"), httpx.ConnectError("refused")])
def test_after_max_retries_the_last_answer_is_the_error(last):
    """After `max_retries` retries the last answer is raised."""
    played = get(last, last, last, max_retries=2)
    kinds = {503: ServerError, 429: RateLimitError}
    expected = kinds[last.status_code] if isinstance(last, httpx.Response) else APIConnectionError
    assert isinstance(played.error, expected)
    assert len(played.sends) == 3


@pytest.mark.parametrize(
    "answer", [reply(503), reply(429, headers={"retry-after": "1"}), httpx.ConnectError("refused")]
)
def test_no_retries_means_none(answer):
    """`max_retries=0` turns retries off, even after a Retry-After."""
    played = get(answer, max_retries=0)
    assert (len(played.sends), played.waits) == (1, [])


def test_a_timeout_is_an_error_of_its_own():
    """A timeout raises APITimeoutError with the httpx fault as its cause."""
    error = get(httpx.ReadTimeout("slow"), max_retries=0).error
    assert isinstance(error, APITimeoutError)
    assert isinstance(error.__cause__, httpx.ReadTimeout)
    assert str(error) == "GET /v2/annotation-queues/aq_1: no answer (ReadTimeout): slow"
    assert not isinstance(get(httpx.ReadError(""), max_retries=0).error, APITimeoutError)


@pytest.mark.parametrize("status", [429, 503, 500])
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),  # against the standard, but clear
        (" 42 ", 42.0),
        (format_datetime(START + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(START + timedelta(seconds=30)).replace("+0000", "-0000"), 30.0),
        ("Sunday, 01-Mar-26 12:00:09 GMT", 9.0),  # the older form
        (format_datetime(START - timedelta(hours=1), usegmt=True), 0.0),
        (str(int(LONGEST_RETRY_AFTER)), LONGEST_RETRY_AFTER),
    ],
)
def test_retry_after_is_waited_out_exactly(status, header, expected):
    """A Retry-After in seconds or as an HTTP date is waited out exactly, whatever the status."""
    assert get(reply(status, headers={"retry-after": header}), OK).waits == [expected]


@pytest.mark.parametrize(
    "header", [str(int(LONGEST_RETRY_AFTER) + 1), format_datetime(START + timedelta(days=1), usegmt=True), "9" * 400]
)
def test_a_long_retry_after_ends_it_at_once(header):
    """A Retry-After above the limit raises at once, with the seconds on the error."""
    played = get(reply(429, problem(429), headers={"retry-after": header}))
    assert isinstance(played.error, RateLimitError)
    assert played.error.retry_after > LONGEST_RETRY_AFTER
    assert played.waits == []


@pytest.mark.parametrize("header", ["", "soon", "-5", "1.5.0", "٣", "1e3", "Mon, 99 Foo 2026", "0x10", "²"])
def test_a_retry_after_without_sense_counts_as_none(header):
    """A malformed Retry-After counts as none, so the usual backoff applies."""
    response = httpx.Response(503, headers=[(b"retry-after", header.encode())], request=OK.request)
    assert get(response, OK).waits == [0.5]


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0")))
def test_no_retry_after_breaks_the_client(header):
    """Any text in Retry-After is read as seconds or as nothing."""
    response = httpx.Response(503, headers=[(b"retry-after", header.encode("latin-1"))])
    seconds = retry_after(response, lambda: START)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_what_must_not_act_twice_is_repeated_only_where_nothing_arrived(fault):
    """A create is repeated after a failed connect, and after no other fault."""
    if isinstance(fault, UNSEEN):
        assert once(fault, OK).value.id == "aq_1"
    else:
        assert isinstance(once(fault).error, APIConnectionError)


@pytest.mark.parametrize("status", sorted(RETRIED_STATUSES))
def test_what_must_not_act_twice_is_repeated_only_where_the_server_refused_unseen(status):
    """A create is repeated after 429 and 503, and after no other status."""
    if status in (429, 503):
        assert once(reply(status), OK).value.id == "aq_1"
    else:
        assert once(reply(status)).error.status_code == status


def test_each_retry_writes_one_line(caplog):
    """Each retry logs one line with attempt, reason, wait and request ID."""
    caplog.set_level(logging.INFO, logger="arize_queues")
    get(reply(503, headers={"x-request-id": "req_5"}), httpx.ReadError("reset"), OK)
    assert [entry.getMessage() for entry in caplog.records] == [
        "retry 1 of GET /v2/annotation-queues/aq_1 in 0.50 s: 503, request id req_5",
        "retry 2 of GET /v2/annotation-queues/aq_1 in 1.00 s: ReadError",
    ]


def test_only_too_many_requests_slow_the_others_down():
    """The wait after a 429 is marked as throttled, that after a 503 is not."""
    steps = get(reply(429), reply(503), OK).steps
    assert [step.throttled for step in steps if hasattr(step, "throttled")] == [True, False]


def test_a_fault_that_is_not_the_connections_goes_through():
    """An exception of the user's own transport is raised unchanged."""
    assert isinstance(get(RuntimeError("mine")).error, RuntimeError)


@pytest.mark.parametrize("answer", [reply(200, content=b"<html>"), reply(200, content=b"")])
def test_an_answer_that_breaks_its_promise_is_not_retried(answer):
    """A body that does not match its status is not retried."""
    assert isinstance(get(answer).error, UnexpectedResponseError)


def test_the_error_of_a_final_answer_has_its_retry_after():
    """The error of a final answer has `.retry_after`, even if its status is not retried."""
    assert get(reply(404, problem(404), headers={"retry-after": "3"})).error.retry_after == 3.0
    assert isinstance(get(reply(404)).error, NotFoundError)
