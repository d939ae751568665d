"""`client.raw` is the generated client on the same connections, address and key."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from arize_queues_raw.api.annotation_queues import list_annotation_queues

from arize_queues import ArizeClient, AsyncArizeClient


def answer(request: httpx.Request) -> httpx.Response:
    """Answer with an empty page, if the request is as ours are."""
    assert request.headers["authorization"] == "Bearer the-key"
    assert str(request.url) == "https://api.arize.com/v2/annotation-queues"
    return httpx.Response(200, json={"annotation_queues": [], "pagination": {"has_more": False}})


def test_the_raw_client_sends_our_address_and_key_through_a_users_client():
    """The raw client sends our base URL and API key through a user's httpx client that has neither."""
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = ArizeClient(api_key="the-key", http_client=http)
        page = list_annotation_queues.sync(client=client.raw)
        assert page.annotation_queues == []
        client.close()
        assert not http.is_closed


def test_the_async_raw_client_sends_our_address_and_key_through_a_users_client():
    """The async raw client sends our base URL and API key through a user's httpx client that has neither."""

    async def main():
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            client = AsyncArizeClient(api_key="the-key", http_client=http)
            page = await list_annotation_queues.asyncio(client=client.raw)
            assert page.annotation_queues == []

    asyncio.run(main())


@pytest.mark.parametrize("calls", [1, 3])
def test_the_raw_client_shares_the_connections(calls):
    """Each `raw` has the same httpx client."""
    with ArizeClient(api_key="the-key") as client:
        clients = {id(client.raw.get_httpx_client()) for _ in range(calls)}
        assert len(clients) == 1
