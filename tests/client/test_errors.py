"""Errors: their tree, their words, and what must never be in them."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback

import httpx
import pytest

import arize_queues
from arize_queues import (
    AmbiguousNameError,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ArizeQueuesError,
    BadRequestError,
    ConfigurationError,
    DeadlineExceededError,
    InvalidRequestError,
    LedgerError,
    NameNotFoundError,
    PartialFailureError,
    SpaceRequiredError,
    UnexpectedResponseError,
)
from arize_queues._results import AddRecordsResult, AddSummary, Failure
from arize_queues.errors import class_for
from tests.support.answers import BASE_URL, KEY, problem, queue, reply
from tests.support.clients import serve
from tests.support.clock import ManualClock

STATUSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "ServerError",
    502: "ServerError",
    503: "ServerError",
    599: "ServerError",
    402: "APIStatusError",
    418: "APIStatusError",
    307: "APIStatusError",
}

PARTIAL = PartialFailureError(
    "some of it did not go through",
    completed=AddRecordsResult([], AddSummary()),
    remaining=[],
    failures=[Failure(["s1"], APIConnectionError("POST", "/x", "no answer"))],
    summary=AddSummary(submitted=3, created=2, failed=1),
)

ALL = [
    ConfigurationError("no API key"),
    InvalidRequestError(["a: is wrong", "b: is wrong"]),
    SpaceRequiredError("annotation_queue", "Triage"),
    NameNotFoundError("space", "prod", ["prod-eu"], " in space spc_1"),
    AmbiguousNameError("space", "prod", ["spc_1", "spc_2"]),
    APIConnectionError("GET", "/v2/spaces", "no answer"),
    APITimeoutError("GET", "/v2/spaces", "no answer"),
    BadRequestError(reply(400), problem(400, extra=[1]), request_id="req_1", retry_after=2.0, secret=KEY),
    UnexpectedResponseError("GET", "/v2/spaces", 200, "the body is empty"),
    LedgerError("ledger x: broken"),
    PARTIAL,
]


@pytest.mark.parametrize(("status", "name"), STATUSES.items())
def test_each_status_has_its_class(status, name):
    """Each error status raises its own class."""
    kind = class_for(status)
    assert kind.__name__ == name
    assert issubclass(kind, APIStatusError)


def test_the_tree_is_the_documented_one():
    """Every error is an ArizeQueuesError, and a local refusal is also a ValueError."""
    errors = [kind for kind in vars(arize_queues).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert all(issubclass(kind, ArizeQueuesError) for kind in errors)
    assert issubclass(InvalidRequestError, ValueError)
    assert issubclass(SpaceRequiredError, InvalidRequestError)
    assert issubclass(APITimeoutError, APIConnectionError)
    assert issubclass(DeadlineExceededError, PartialFailureError)
    assert not issubclass(APIConnectionError, APIStatusError)


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_errors_survive_pickling_and_copying(error, again):
    """Errors keep class, text and attributes when they are pickled or copied, as process pools do."""
    twin = again(error)
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    left_out = {"response", "failures"}
    kept = {name: value for name, value in vars(error).items() if name not in left_out}
    assert {name: value for name, value in vars(twin).items() if name not in left_out} == kept


def test_a_pickled_status_error_leaves_the_response_behind():
    """A pickled status error omits its response, whose request holds the API key."""
    response = reply(404)
    response.request.headers["authorization"] = f"Bearer {KEY}"
    error = class_for(404)(response, problem(404), secret=KEY)
    assert error.response is response
    assert KEY.encode() not in pickle.dumps(error)
    assert pickle.loads(pickle.dumps(error)).response is None


def test_the_text_of_a_status_error():
    """The text of a status error has method, path, status, title, detail and request ID."""
    server = serve(reply(409, problem(409, "the name is taken"), headers={"x-request-id": "req_7"}))
    with pytest.raises(arize_queues.ConflictError) as caught:
        server.client().annotation_queues.delete(annotation_queue="aq_1")
    error = caught.value
    assert str(error) == "DELETE /v2/annotation-queues/aq_1: 409 Refused: the name is taken (request id req_7)"
    assert (error.method, error.path, error.status_code) == ("DELETE", "/v2/annotation-queues/aq_1", 409)
    assert (error.title, error.detail, error.request_id) == ("Refused", "the name is taken", "req_7")


def test_a_problem_with_extra_fields_keeps_them():
    """`.problem` keeps fields that only the server knows, such as error_code."""
    body = problem(403, request_id="req_9", error_code="plan", entitlement="queues", limit=5, type="https://x#y")
    with pytest.raises(arize_queues.PermissionDeniedError) as caught:
        serve(reply(403, body)).client().annotation_queues.get(annotation_queue="aq_1")
    error = caught.value
    assert error.problem == body
    assert (error.request_id, error.type) == ("req_9", "https://x#y")


def test_a_request_id_is_text():
    """`.request_id` is a string, whatever JSON value the server sent."""
    assert _refused(reply(404, problem(404, request_id=12345))).request_id == "12345"
    assert _refused(reply(404, problem(404, request_id=["x"]))).request_id is None


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"created_at": "PATIENT"}, "a time in ISO 8601 was expected"),
        ({"name": None, "instructions": "PATIENT"}, "AnnotationQueue: null in name"),
        ({"annotation_configs": ["PATIENT"]}, "a JSON object with 'type' was expected, not str"),
        ({"annotators": ["PATIENT"]}, "TypeError"),
        ({"annotators": [{"PATIENT": 1}]}, "'id' is missing"),
    ],
)
def test_a_body_that_does_not_fit_is_told_without_what_is_in_it(fields, told):
    """The error of a body that does not fit names types and fields, never values, even in its traceback."""
    error = _refused(reply(200, queue(**fields)))
    assert isinstance(error, UnexpectedResponseError)
    assert "PATIENT" not in "".join(traceback.format_exception(error))
    assert told in str(error)


def test_a_fault_of_the_request_itself_is_told_without_its_headers():
    """The error of a malformed header does not show it, because it may hold a token, and is not retried."""
    server = serve(httpx.LocalProtocolError("Illegal header value b' hush '"))
    with pytest.raises(APIConnectionError, match="LocalProtocolError") as caught:
        server.client().annotation_queues.get(annotation_queue="aq_1")
    assert "hush" not in "".join(traceback.format_exception(caught.value))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [reply(404, problem(404)), reply(200, content=b"<"), httpx.ReadError("reset")],
    ids=["status", "body", "none"],
)
def test_the_path_of_an_error_is_the_one_that_was_sent(answer):
    """The path in an error is encoded and has the prefix of the base URL, for every kind of error."""
    told = []
    http = httpx.Client(transport=httpx.MockTransport(serve(answer)))
    client = arize_queues.ArizeClient(
        api_key=KEY, base_url="https://gw.example/arize", http_client=http, max_retries=0, on_response=told.append
    )
    with pytest.raises(ArizeQueuesError) as caught:
        client.annotation_queues.get(annotation_queue=arize_queues.Id("a/b="))
    path = "/arize/v2/annotation-queues/a%2Fb%3D"
    assert caught.value.path == path
    assert path in str(caught.value)
    assert [info.path for info in told] in ([], [path])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html>Bad Gateway</html>", "text/html"),
        (b"", "no content type"),
        (b'{"title": "cut', "application/problem+json"),
        (b'["not", "an object"]', "application/json"),
        (b'{"title": 5, "detail": {}}', "application/json"),
        (b"\xff\xfe", "application/octet-stream"),
    ],
)
def test_an_error_without_a_problem_document_is_judged_by_its_status(content, kind):
    """An HTML page with status 502 is a ServerError, whose text omits the body."""
    headers = {} if kind == "no content type" else {"content-type": f"{kind}; charset=utf-8"}
    server = serve(reply(502, content=content, headers=headers))
    with pytest.raises(arize_queues.ServerError) as caught:
        server.client(max_retries=0).annotation_queues.get(annotation_queue="aq_1")
    text = str(caught.value)
    assert text == f"GET /v2/annotation-queues/aq_1: 502 Bad Gateway (the body, {kind}, is not a problem document)"
    assert "html>" not in text


def _refused(response_or_fault: httpx.Response | Exception) -> ArizeQueuesError:
    client = serve(response_or_fault).client(ManualClock(), max_retries=1)
    with pytest.raises(ArizeQueuesError) as caught:
        client.annotation_queues.get(annotation_queue="aq_1")
    return caught.value


ECHOES = [
    reply(401, problem(401, f"key {KEY} is unknown", title=KEY, type=KEY, given={"key": [KEY]})),
    reply(500, content=f"Authorization: Bearer {KEY}".encode()),
    reply(200, content=f"<html>{KEY}</html>".encode()),
    reply(200, queue(annotation_configs=[{"type": KEY}, KEY])),
    reply(200, queue(created_at=KEY)),
    reply(200, queue(annotators=[{KEY: 1}])),
    reply(404, problem(404), headers={"x-request-id": KEY}),
    reply(503, problem(503), headers={"x-request-id": KEY}),
    reply(404, problem(404, request_id=KEY)),
    reply(502, content=b"", headers={"content-type": KEY}),
    reply(200, content=b"<", headers={"content-type": KEY}),
    httpx.RemoteProtocolError(f"illegal status line: {KEY}"),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
]


@pytest.mark.parametrize("answer", ECHOES, ids=range(len(ECHOES)))
def test_the_key_is_in_no_error_even_where_the_server_echoes_it(answer, caplog):
    """The API key is in no text, repr, traceback, pickle or log line of an error, even if the server echoes it."""
    caplog.set_level(logging.DEBUG, logger="arize_queues")
    error = _refused(answer)
    shown = [str(error), repr(error), "".join(traceback.format_exception(error)), caplog.text]
    shown += [repr(value) for name, value in vars(error).items() if name != "response"]
    assert not [text for text in shown if KEY in text]
    assert KEY.encode() not in pickle.dumps(error)


def test_the_key_is_in_no_repr():
    """The API key is in no repr of the client or of its parts."""
    client = serve(reply(200)).client()
    for thing in (client, client._context, client._context.settings, client.annotation_queues):
        assert KEY not in repr(thing)
    assert repr(client) == f"ArizeClient(base_url={BASE_URL!r}, api_revision='auto')"


def test_headers_and_payloads_stay_out_of_the_text():
    """Error texts contain neither headers nor payloads."""
    client = serve(reply(422, problem(422, "no"))).client(default_headers={"X-Tenant": "hush"})
    with pytest.raises(arize_queues.UnprocessableEntityError) as caught:
        client.annotation_queues.annotate_record(
            annotation_queue="aq_1", record_id="r1", annotations=[{"name": "notes", "text": "private words"}]
        )
    assert "private words" not in str(caught.value)
    assert "hush" not in str(caught.value)
