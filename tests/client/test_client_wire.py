"""What goes over the wire: headers once, the key to its host only, and a warning where it is in the clear."""

from __future__ import annotations

import gc
import platform
import weakref

import httpx
import pytest
from arize_queues_raw.api.annotation_queues import list_annotation_queues

from arize_queues import APIStatusError, ArizeClient, AsyncArizeClient, PartialFailureError, __version__
from arize_queues.emulator import Emulator
from tests.support.answers import BASE_URL, KEY, page, queue, reply
from tests.support.clients import Server, client_of, serve

EMPTY = reply(200, page("annotation_queues"))


def sent(**options) -> httpx.Request:
    """Make a call, and give its request."""
    server = serve(EMPTY)
    server.client(**options).annotation_queues.list()
    return server.requests[0]


def test_the_headers_of_a_request():
    """A request carries the API key as bearer token, accepts JSON and problem JSON, and names its user agent."""
    headers = sent().headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["accept"] == "application/json, application/problem+json"
    expected = f"arize-queues/{__version__} Python/{platform.python_version()} httpx/{httpx.__version__}"
    assert headers["user-agent"] == expected


@pytest.mark.parametrize("name", ["User-Agent", "user-agent", "USER-AGENT"])
def test_default_headers_are_sent_and_win(name):
    """Default headers replace ours, in any case of letters, and are sent once."""
    headers = sent(default_headers={name: "mine", "X-Team": "quality"}).headers
    assert headers.get_list("user-agent") == ["mine"]
    assert headers["x-team"] == "quality"


@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
def test_a_content_type_of_the_users_own_is_sent_once(name):
    """A Content-Type in the default headers replaces ours."""
    server = serve(reply(204))
    client = server.client(default_headers={name: "application/json; charset=utf-8"})
    client.annotation_queues.delete_records(annotation_queue="aq_1", record_ids=["r1"])
    assert server.requests[0].headers.get_list("content-type") == ["application/json; charset=utf-8"]


def test_our_own_client_sends_the_same_headers():
    """Our httpx client sends the headers that a user's one sends, and DELETE carries a body."""
    with Emulator() as emulator, client_of(emulator, default_headers={"accept": "x/y"}) as client:
        client.annotation_queues.list()
        with pytest.raises(PartialFailureError):
            client.annotation_queues.delete_records(annotation_queue="aq_1", record_ids=["r1"])
    first, second = emulator.requests
    assert first.headers["user-agent"].startswith("arize-queues/")
    assert first.headers["accept"] == "x/y"
    assert "content-type" not in first.headers
    assert (second.method, second.headers["content-type"]) == ("DELETE", "application/json")
    assert second.body == {"record_ids": ["r1"]}


@pytest.mark.parametrize("raw", [False, True])
def test_the_auth_of_a_users_httpx_client_does_not_replace_our_key(raw):
    """The auth of a user's httpx client, meant for other servers, does not replace the API key."""
    server = serve(EMPTY)
    http = httpx.Client(transport=httpx.MockTransport(server), auth=("user", "password"))
    client = ArizeClient(api_key=KEY, base_url=BASE_URL, http_client=http)
    if raw:
        list_annotation_queues.sync(client=client.raw)
    else:
        client.annotation_queues.list()
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def _mock(server: Server, request: httpx.Request) -> httpx.Response:
    return httpx.MockTransport(server).handle_request(request)


def test_our_own_client_sends_each_header_once(monkeypatch):
    """No header is sent twice; many proxies refuse a second Authorization or Content-Type."""
    server = serve(EMPTY)
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: _mock(server, request))
    with ArizeClient(api_key=KEY, base_url=BASE_URL, default_headers={"accept": "x/y", "X-Team": "a"}) as client:
        client.annotation_queues.list()
        client.with_options(timeout=3).annotation_queues.list()
        list_annotation_queues.sync(client=client.raw)
    for request in server.requests:
        names = [name.lower() for name, _ in request.headers.raw]
        assert sorted(names) == sorted(set(names))
        assert {b"authorization", b"user-agent", b"accept", b"x-team", b"host"} <= set(names)


def test_a_base_url_with_a_path_keeps_it():
    """Requests keep the path prefix of the base URL."""
    server = serve(EMPTY)
    http = httpx.Client(transport=httpx.MockTransport(server))
    ArizeClient(api_key=KEY, base_url="https://gw.example/arize/", http_client=http).annotation_queues.list()
    assert str(server.requests[0].url) == "https://gw.example/arize/v2/annotation-queues?limit=50"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("own", [True, False])
def test_redirects_are_not_followed(status, own):
    """A redirect is not followed, even if the user's httpx client would, so the API key stays with its host."""
    server = serve(reply(status, headers={"location": "https://elsewhere.example/"}))
    http = httpx.Client(transport=httpx.MockTransport(server), follow_redirects=own)
    client = ArizeClient(api_key=KEY, base_url=BASE_URL, http_client=http, max_retries=0)
    with pytest.raises(APIStatusError) as caught:
        client.annotation_queues.list()
    assert caught.value.status_code == status
    assert [request.url.host for request in server.requests] == ["localhost"]


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://arize.example", True),
        ("https://arize.example", False),
        ("http://localhost:8080", False),
        ("http://127.0.0.1:8080", False),
        ("http://[::1]:8080", False),
        ("http://localhost.example", True),
        ("http://127.0.0.1.attacker.example", True),
        ("http://127.attacker.example", True),
        ("http://127.8.9.10", False),
    ],
)
def test_plain_http_is_warned_about_once(url, warned, caplog):
    """Plain http to another machine is warned about once for each base URL."""
    for kind in (ArizeClient, AsyncArizeClient):
        kind(api_key=KEY, base_url=url)
    lines = [entry for entry in caplog.records if entry.name == "arize_queues"]
    assert len(lines) == warned
    assert KEY not in caplog.text


def test_an_answer_is_let_go_without_the_garbage_collector():
    """A response is freed by its reference count, without the garbage collector."""
    answers: list[weakref.ref[httpx.Response]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        response = httpx.Response(200, json=queue())
        answers.append(weakref.ref(response))
        return response

    client = ArizeClient(api_key=KEY, http_client=httpx.Client(transport=httpx.MockTransport(answer)))
    gc.disable()
    try:
        client.annotation_queues.get(annotation_queue="aq_1")
        assert answers[0]() is None
    finally:
        gc.enable()
