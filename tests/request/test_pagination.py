"""Walking pages: every item once, and an end in every case."""

from __future__ import annotations

import asyncio
import threading

import anyio
import httpx
import pytest

from arize_queues import AsyncArizeClient, NotFoundError, ServerError, UnexpectedResponseError
from arize_queues._request.pagination import _MOST_EMPTY_PAGES
from tests.support.answers import QUEUES, page, problem, queue, record, reply
from tests.support.clients import serve


def names(*pages):
    """Iterate over queues that come on these pages; give the names and the queries."""
    server = serve(*[reply(200, body) for body in pages])
    found = [item.name for item in server.client().annotation_queues.iter()]
    return found, [dict(request.url.params) for request in server.requests]


def queues(*found: str, **rest):
    """Make a page of queues."""
    return page("annotation_queues", *[queue(name=name) for name in found], **rest)


def test_all_pages_are_walked_in_order():
    """Every page is requested with the cursor of the previous one and the same filters."""
    found, queries = names(queues("a", "b", cursor="2"), queues("c", cursor="3"), queues("d"))
    assert found == ["a", "b", "c", "d"]
    assert queries == [{"limit": "100"}, {"limit": "100", "cursor": "2"}, {"limit": "100", "cursor": "3"}]


@pytest.mark.parametrize("last", [{"has_more": False}, {"has_more": False, "next_cursor": None}])
def test_a_last_page_may_leave_the_cursor_out_or_null(last):
    """The last page may omit its cursor or have null."""
    found, _ = names({**queues("a"), "pagination": last})
    assert found == ["a"]


def test_a_cursor_without_more_is_not_followed():
    """A cursor is not followed if `has_more` is false."""
    found, queries = names(queues("a", cursor="2", has_more=False))
    assert (found, len(queries)) == (["a"], 1)


def test_an_empty_listing_has_no_items():
    """An empty listing is one request without items."""
    assert names(queues()) == ([], [{"limit": "100"}])


def test_empty_pages_between_others_are_walked_over():
    """An empty page with a cursor does not end the walk."""
    found, _ = names(queues("a", cursor="2"), queues(cursor="3"), queues(cursor="4"), queues("b"))
    assert found == ["a", "b"]


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([queues("a", cursor="2"), queues("b", cursor="2")], "repeats"),
        ([queues("a", cursor="2"), queues("b", cursor="3"), queues("c", cursor="2")], "repeats"),
        ([queues("a", has_more=True)], "without a next_cursor"),
        ([queues("a", has_more=True, cursor="")], "without a next_cursor"),
        ([queues(has_more=True)], "without a next_cursor"),
    ],
)
def test_a_walk_without_an_end_is_an_error(pages, reason):
    """A repeated or missing cursor raises, instead of an endless loop or lost items."""
    with pytest.raises(UnexpectedResponseError, match=reason):
        names(*pages)


def test_endless_empty_pages_are_an_error():
    """Too many empty pages in a row raise, even if each has a new cursor."""
    server = serve(lambda request: reply(200, queues(cursor=f"{request.url.params.get('cursor', '')}x")))
    with pytest.raises(UnexpectedResponseError, match="no items"):
        list(server.client().annotation_queues.iter())
    assert len(server.requests) == _MOST_EMPTY_PAGES + 1


def test_the_items_before_an_error_are_given():
    """A walk that fails on its third page has yielded the items of two."""
    server = serve(reply(200, queues("a", cursor="2")), reply(200, queues("b", cursor="3")), reply(500, problem(500)))
    walk = server.client(max_retries=0).annotation_queues.iter()
    assert [next(walk).name, next(walk).name] == ["a", "b"]
    with pytest.raises(ServerError):
        next(walk)


@pytest.mark.parametrize("broken", [reply(503), httpx.ReadError("reset")])
def test_a_page_that_was_fetched_ahead_is_retried(broken):
    """A page that is fetched ahead is retried like any other request."""
    server = serve(reply(200, queues("a", cursor="2")), broken, broken, reply(200, queues("b")))
    assert [item.name for item in server.client().annotation_queues.iter()] == ["a", "b"]


def test_nothing_is_fetched_before_the_first_item_is_asked_for():
    """Creating an iterator sends no request."""
    server = serve(reply(200, queues("a")))
    server.client().annotation_queues.iter()
    assert server.requests == []


def test_the_next_page_is_fetched_while_this_one_is_used():
    """The next page is requested before the first item of a page is yielded, and no page after it."""
    second = threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        cursor = request.url.params.get("cursor")
        if cursor == "2":
            second.set()
        following = {None: "2", "2": "3"}.get(cursor)
        return reply(200, page("records", record(id=f"r{cursor}a"), record(id=f"r{cursor}b"), cursor=following))

    server = serve(answer)
    walk = server.client().annotation_queues.iter_records(annotation_queue="aq_1")
    assert next(walk).id == "rNonea"
    assert second.wait(5)
    assert [item.id for item in walk] == ["rNoneb", "r2a", "r2b", "r3a", "r3b"]
    assert len(server.requests) == 3


def test_an_abandoned_walk_leaves_no_thread():
    """An iterator that is abandoned leaves no thread, and has fetched at most one page ahead."""
    server = serve(lambda request: reply(200, queues("a", "b", cursor=f"{len(server.requests)}")))
    before = threading.active_count()
    for _ in server.client().annotation_queues.iter():
        break
    walk = server.client().annotation_queues.iter()
    next(walk)
    walk.close()
    assert threading.active_count() == before
    assert len(server.requests) == 4


def test_the_async_walk_does_the_same(run_async):
    """The async iterator prefetches, keeps the order, retries and ends like the sync one, on asyncio and trio."""
    server = serve(
        reply(200, queues("a", "b", cursor="2")), reply(503), reply(200, queues("c", cursor="3")), reply(200, queues())
    )

    async def walk():
        client = server.async_client()
        return [item.name async for item in client.annotation_queues.iter()]

    assert run_async(walk) == ["a", "b", "c"]
    assert len(server.requests) == 4


def test_an_abandoned_async_walk_cancels_the_page_ahead(run_async):
    """Closing an async iterator cancels the request of the page ahead."""
    cancelled = []

    async def walk():
        under_way = anyio.Event()

        async def answer(request: httpx.Request) -> httpx.Response:
            if "cursor" in request.url.params:
                under_way.set()
                try:
                    await anyio.sleep_forever()
                finally:
                    cancelled.append(True)
            return reply(200, queues("a", "b", cursor="2"))

        http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        client = AsyncArizeClient(api_key="k", base_url="http://localhost", http_client=http)
        pages = client.annotation_queues.iter()
        first = await anext(pages)
        await under_way.wait()
        await pages.aclose()
        return first.name

    assert run_async(walk) == "a"
    assert cancelled == [True]


def test_concurrent_async_walks_do_not_mix():
    """Concurrent async iterators do not share requests."""

    def answer(request: httpx.Request) -> httpx.Response:
        queue_id, cursor = request.url.path.split("/")[3], int(request.url.params.get("cursor", "0"))
        following = str(cursor + 1) if cursor < 3 else None
        return reply(200, page("records", record(id=f"{queue_id}-{cursor}"), cursor=following))

    server = serve(answer)

    async def ids(client: AsyncArizeClient, queue_id: str) -> list[str]:
        return [item.id async for item in client.annotation_queues.iter_records(annotation_queue=queue_id)]

    async def both():
        client = server.async_client()
        return await asyncio.gather(*(ids(client, f"aq_{number}") for number in range(5)))

    assert asyncio.run(both()) == [[f"aq_{number}-{place}" for place in range(4)] for number in range(5)]


def test_a_walk_over_records_by_name_finds_a_queue_again_that_was_made_anew():
    """A 404 on a cached queue ID in the middle of a walk triggers one fresh lookup."""
    spaces = page("spaces", {"id": "spc_1", "name": "prod", "description": "", "created_at": "2026-01-01T00:00:00Z"})
    server = serve(
        reply(200, spaces),
        reply(200, queues("Triage")),
        reply(200, page("records", record(id="old"))),
        reply(404, problem(404)),
        reply(200, spaces),
        reply(200, page("annotation_queues", queue(id="aq_2"))),
        reply(200, page("records", record(id="new"))),
    )
    client = server.client()
    walk = {"annotation_queue": "Triage", "space": "prod"}
    assert [item.id for item in client.annotation_queues.iter_records(**walk)] == ["old"]
    assert [item.id for item in client.annotation_queues.iter_records(**walk)] == ["new"]
    assert server.requests[-1].url.path == f"{QUEUES}/aq_2/records"


def test_a_queue_that_does_not_exist_is_an_error_at_the_first_item():
    """A 404 on a queue given by ID is raised at the first item, without a lookup."""
    with pytest.raises(NotFoundError):
        next(serve(reply(404, problem(404))).client().annotation_queues.iter_records(annotation_queue="aq_1"))


def test_a_page_without_its_list_is_an_error():
    """A page without its list raises, instead of counting as empty."""
    server = serve(reply(200, {"pagination": {"has_more": False}}))
    with pytest.raises(UnexpectedResponseError):
        server.client().annotation_queues.list_records(annotation_queue="aq_1")


def test_the_items_of_a_page_that_leads_nowhere_are_given_before_the_error():
    """The items of a page with a broken cursor are yielded before the error is raised."""
    server = serve(reply(200, {**queues("a", "b"), "pagination": {"has_more": True}}))
    items = server.client().annotation_queues.iter()
    assert [next(items).name, next(items).name] == ["a", "b"]
    with pytest.raises(UnexpectedResponseError):
        next(items)
