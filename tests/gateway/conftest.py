"""A gateway in this process: the real app and upstream, and a server that does what the test says."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest

from fakes.exchange_server import SECONDS, ExchangeServer
from fakes.gateway import Gateway
from syncline_gateway.settings import Settings
from syncline_gateway.upstream import STREAMS, Upstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.gateway import Started


@pytest.fixture
async def server() -> AsyncIterator[ExchangeServer]:
    async with ExchangeServer() as running:
        yield running


@pytest.fixture
async def upstream(server: ExchangeServer) -> AsyncIterator[Upstream]:
    connected = Upstream(server.address)
    await connected.start()
    await asyncio.wait_for(connected.until(lambda: connected.open_streams == STREAMS + 1), SECONDS)
    yield connected
    await connected.stop()


@pytest.fixture
def started(server: ExchangeServer) -> Started:
    """Start a gateway with settings of the test's own."""

    @asynccontextmanager
    async def start(**settings: object) -> AsyncIterator[Gateway]:
        chosen = replace(Settings(http=("127.0.0.1", 0), http_async=("127.0.0.1", 0)), **settings)  # type: ignore[arg-type]
        async with aiohttp.ClientSession() as session, Gateway(server, session, chosen) as gateway:
            yield gateway

    return start


@pytest.fixture
async def gateway(started: Started) -> AsyncIterator[Gateway]:
    async with started() as running:
        yield running
