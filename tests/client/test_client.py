"""The clients: options, the raw client, pickling, forking, sharing, closing."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from arize_queues_raw.api.annotation_queues import list_annotation_queues

from arize_queues import (
    ArizeClient,
    AsyncArizeClient,
    ConfigurationError,
)
from arize_queues.emulator import Emulator, Fault
from tests.support.answers import BASE_URL, KEY, page, queue, record, reply
from tests.support.clients import NO_TLS, async_client_of, client_of, serve

EMPTY = reply(200, page("annotation_queues"))


@pytest.fixture
def emulator():
    """Run an emulator with a small world in it."""
    with Emulator() as running:
        running.seed(spans=3)
        yield running


def test_options_make_a_copy_that_shares_what_was_learned():
    """A copy shares connections, cached names and the revision; the settings of the original stay."""
    server = serve(EMPTY)
    client = server.client(timeout=30)
    other = client.with_options(timeout=1.5, max_retries=0, max_concurrency=2)
    assert other._context.names is client._context.names
    assert other._context.revision is client._context.revision
    other.annotation_queues.list()
    client.annotation_queues.list()
    timeouts = [request.extensions["timeout"] for request in server.requests]
    assert timeouts[0] == {"connect": 1.5, "read": 1.5, "write": 1.5, "pool": 1.5}
    assert timeouts[1] == {"connect": 5.0, "read": 30, "write": 30, "pool": 30}
    assert (client._context.settings.max_retries, other._context.settings.max_retries) == (5, 0)
    assert other._context.settings.max_concurrency == 2


def test_options_that_are_not_given_stay():
    """`with_options` changes only the given options; None is a timeout without limit."""
    client = serve(EMPTY).client(timeout=30, max_retries=1)
    assert client.with_options()._context.settings == client._context.settings
    assert client.with_options(timeout=None)._context.settings.timeout is None
    assert client.with_options(max_retries=2).with_options(timeout=3)._context.settings.max_retries == 2


@pytest.mark.parametrize("options", [{"timeout": 0}, {"max_retries": -1}, {"max_concurrency": 0}])
def test_malformed_options_are_refused(options):
    """`with_options` checks its options by the rules of the constructor."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        serve(EMPTY).client().with_options(**options)


def test_own_connections_are_shared_with_copies(emulator):
    """Copies use one connection pool, and a short timeout affects only its copy."""
    with client_of(emulator, max_retries=0) as client:
        copy = client.with_options(timeout=9)
        copy.annotation_queues.list()
        client.annotation_queues.list()
        assert copy._connection.get() is client._connection.get()


def test_a_copy_may_have_more_requests_under_way():
    """The `max_concurrency` of a copy counts, even above that of the original."""
    wanted = 40
    together = threading.Barrier(wanted)
    body = {"id": "r", "annotation_queue_id": "aq_1", "source_type": "spans", "annotations": []}

    def answer(_request):
        together.wait(timeout=10)
        return reply(200, body)

    client = serve(answer).client(max_retries=0).with_options(max_concurrency=wanted)
    notes = {f"r{number}": [{"name": "notes", "text": "x"}] for number in range(wanted)}
    done = client.annotation_queues.annotate_records(annotation_queue="aq_1", annotations=notes, validate=False)
    assert len(done) == wanted


def test_copies_of_one_width_share_its_bound():
    """Copies with one `max_concurrency` share one semaphore, so that a copy for each call cannot exceed the bound."""
    client = serve(EMPTY).client()
    assert client.with_options(timeout=3)._builder().semaphore is client._builder().semaphore
    assert client.with_options(max_concurrency=64)._builder().semaphore is not client._builder().semaphore


def test_the_raw_client_of_a_copy_has_its_timeout(emulator):
    """The raw client of a copy has the timeout of the copy, over the connections of the original."""
    with client_of(emulator) as client:
        raw = client.with_options(timeout=3).raw
        assert raw.get_httpx_client().timeout == httpx.Timeout(3)
        assert list_annotation_queues.sync(client=raw) is not None
        assert client.raw.get_httpx_client() is client._connection.get()


def test_the_raw_client_sends_through_the_same_connections(emulator):
    """The raw client sends the API key to the base URL, over the same connections."""
    with client_of(emulator) as client:
        found = list_annotation_queues.sync(client=client.raw)
    assert found is not None
    assert found.annotation_queues == []


def test_the_raw_client_works_with_a_client_of_the_users_own():
    """The raw client sends our base URL and API key through a user's httpx client, which knows neither."""
    server = serve(EMPTY)
    assert list_annotation_queues.sync(client=server.client().raw) is not None
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_raw_client_is_async_on_an_async_client(emulator, run_async):
    """The raw client of an async client is async, and shares its connections."""

    async def both():
        async with async_client_of(emulator) as client:
            raw = await list_annotation_queues.asyncio(client=client.raw)
            return raw, await client.annotation_queues.list()

    raw, ours = run_async(both)
    assert raw == ours


def test_a_closed_client_says_so():
    """A closed client can be closed again but not used; the user's own httpx client stays open."""
    client = ArizeClient(api_key=KEY)
    client.close()
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client.annotation_queues.list()
    with httpx.Client(transport=httpx.MockTransport(serve(EMPTY))) as http:
        with ArizeClient(api_key=KEY, base_url=BASE_URL, http_client=http) as borrowing:
            borrowing.annotation_queues.list()
        assert not http.is_closed


def test_an_iterator_of_a_closed_client_says_so():
    """An iterator raises ConfigurationError once its client, or the user's httpx client, is closed."""
    client = ArizeClient(api_key=KEY, base_url=BASE_URL, max_retries=0)
    client._connection.get()
    records = client.annotation_queues.iter_records(annotation_queue="aq_1")
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        next(records)
    http = httpx.Client(transport=httpx.MockTransport(serve(EMPTY)))
    borrowing = ArizeClient(api_key=KEY, base_url=BASE_URL, http_client=http)
    queues = borrowing.annotation_queues.iter()
    http.close()
    with pytest.raises(ConfigurationError, match="closed"):
        next(queues)
    with pytest.raises(ConfigurationError, match="closed"):
        borrowing.annotation_queues.list()


# Connections whose loop is closed can no longer be closed themselves; Python warns when it frees them.
UNCLOSED = pytest.mark.filterwarnings("ignore::ResourceWarning")


def list_and(client, *, close=False):
    """Make a call in an event loop of its own, and close the client in it if asked to."""

    async def use():
        found = await client.annotation_queues.list()
        if close:
            await client.aclose()
        return found

    return asyncio.run(use())


@UNCLOSED
def test_an_async_client_goes_from_one_event_loop_to_the_next(emulator):
    """An async client opens new connections in each event loop that uses it."""
    client = async_client_of(emulator)
    assert list_and(client) == list_and(client)
    list_and(client, close=True)
    with pytest.raises(ConfigurationError, match="closed"):
        list_and(client)
    gc.collect()


@UNCLOSED
def test_an_async_client_may_be_closed_in_another_event_loop(emulator):
    """Closing an async client in another event loop does nothing, because its connections ended with theirs."""
    client = async_client_of(emulator)
    list_and(client)
    asyncio.run(client.aclose())
    with pytest.raises(ConfigurationError, match="closed"):
        list_and(client)
    client = None
    gc.collect()


def test_closing_closes_what_is_ours(emulator, run_async):
    """Closing a client closes its connections, sync and async."""
    with client_of(emulator) as client:
        client.annotation_queues.list()
        http = client._connection.get()
    assert http.is_closed

    async def use():
        async with async_client_of(emulator) as client:
            await client.annotation_queues.list()
            return client._connection.get()

    assert run_async(use).is_closed


@pytest.mark.parametrize("kind", [ArizeClient, AsyncArizeClient])
def test_a_client_pickles_as_its_settings(kind, monkeypatch):
    """A pickled client keeps its settings, whatever the environment where it is loaded, but not what it learned."""
    client = kind(
        api_key=KEY, region="eu-west-1a", timeout=3, max_retries=1, api_revision="2026-10", default_headers={"X": "y"}
    )
    client._context.names.remember(("queue",), "aq_1")
    packed = pickle.dumps(client)
    monkeypatch.setenv("ARIZE_REGION", "us-east-1b")
    twin = pickle.loads(packed)
    assert type(twin) is kind
    assert twin._context.settings == client._context.settings
    assert twin._context.names.recall(("queue",)) is None


@pytest.mark.parametrize("option", ["http_client", "ssl_context"])
def test_a_client_that_holds_what_does_not_pickle_says_so(option):
    """Pickling a client with an httpx client or an SSL context raises ConfigurationError."""
    with httpx.Client() as http:
        value = http if option == "http_client" else NO_TLS
        with pytest.raises(ConfigurationError, match=f"{option}= cannot be pickled"):
            pickle.dumps(ArizeClient(api_key=KEY, **{option: value}))


def test_a_pickled_client_works(emulator):
    """A client can be pickled and used, before and after its first call."""
    with ArizeClient(api_key=emulator.api_key, base_url=emulator.url) as client:
        client.annotation_queues.list()
        with pickle.loads(pickle.dumps(client)) as twin:
            assert twin.annotation_queues.list().annotation_queues == []


FORKING = """
import os, sys
from arize_queues import ArizeClient

client = ArizeClient(api_key=sys.argv[1], base_url=sys.argv[2])
client.annotation_queues.list()
before = client._connection.get()
child = os.fork()
client.annotation_queues.list()
same = client._connection.get() is before
client.close()
if child == 0:
    os._exit(7 if not same else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert same
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system does not fork")
def test_a_client_survives_a_fork(emulator):
    """After a fork, parent and child use the client at the same time, the child over new connections."""
    arguments = [sys.executable, "-W", "error", "-c", FORKING, emulator.api_key, emulator.url]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert [request.status for request in emulator.requests] == [200, 200, 200]


def test_threads_may_share_a_client(emulator):
    """Threads that start at once create one connection pool."""
    made = set()
    with client_of(emulator) as client:
        begin = threading.Barrier(8)

        def use():
            begin.wait()
            client.annotation_queues.list()
            made.add(id(client._connection.get()))

        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(made) == 1
    assert len(emulator.requests) == 8


def test_a_retry_and_a_dropped_connection_on_the_wire(emulator, run_async):
    """After a dropped connection and a 503, a call over real sockets returns the answer."""
    emulator.faults.add(Fault(drop=True), Fault(status=503, retry_after=0))
    told = []

    async def use():
        async with async_client_of(emulator, on_response=told.append) as client:
            return await client.annotation_queues.list()

    assert run_async(use).annotation_queues == []
    assert [(info.status_code, info.attempt) for info in told] == [(503, 2), (200, 3)]
    assert all(info.request_id and info.elapsed > 0 for info in told)


def test_nothing_is_connected_or_read_before_the_first_call(monkeypatch):
    """Creating a client opens no connection and reads no certificate."""
    monkeypatch.setattr(httpx, "Client", None)
    assert ArizeClient._http_class is not None
    assert ArizeClient(api_key=KEY)._connection._http is None


def test_the_log_has_no_key(emulator, caplog):
    """No log line of any library contains the API key, at any level."""
    caplog.set_level(logging.DEBUG)
    with client_of(emulator) as client:
        client.annotation_queues.list()
    assert caplog.records
    assert emulator.api_key not in caplog.text


def test_tasks_may_share_a_client():
    """Many tasks can call one async client at once."""
    server = serve(lambda request: reply(200, queue(id=Path(request.url.path).name)))

    async def use():
        client = server.async_client()
        return await asyncio.gather(*(client.annotation_queues.get(annotation_queue=f"aq_{i}") for i in range(20)))

    assert [found.id for found in asyncio.run(use())] == [f"aq_{i}" for i in range(20)]


def test_records_are_plain_data():
    """`data` is a dict, absent fields are None, and models convert to JSON-ready dicts."""
    body = page("records", record(data={"a": {"b": [1]}}, assigned_users=[]))
    found = serve(reply(200, body)).client().annotation_queues.list_records(annotation_queue="aq_1")
    assert found[0].data == {"a": {"b": [1]}}
    assert found[0].granularity is None
    assert found.to_dict()["records"][0]["data"] == {"a": {"b": [1]}}
