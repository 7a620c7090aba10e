"""A gateway in this process: the real app and upstream, and a server that does what the test says."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest

from fakes.exchange_server import SECONDS, ExchangeServer
from fakes.gateway import Gateway
from fakes.methods import Methods
from fakes.sockets import Socket
from syncline_gateway.settings import Settings
from syncline_gateway.upstream import STREAMS, Upstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.gateway import Started
    from fakes.sockets import Connect
    from syncline_gateway.transcoding.transcoder import Transcoder


@pytest.fixture
def methods() -> Methods:
    """What the server does besides Exchange."""
    return Methods()


@pytest.fixture
async def server(methods: Methods) -> AsyncIterator[ExchangeServer]:
    async with ExchangeServer(methods=methods) as running:
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
    async def start(transcoder: Transcoder | None = None, **settings: object) -> AsyncIterator[Gateway]:
        chosen = replace(Settings(http=("127.0.0.1", 0), http_async=("127.0.0.1", 0)), **settings)  # type: ignore[arg-type]
        async with aiohttp.ClientSession() as session, Gateway(server, session, chosen, transcoder) as gateway:
            yield gateway

    return start


@pytest.fixture
async def gateway(started: Started) -> AsyncIterator[Gateway]:
    async with started() as running:
        yield running


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Connect to a gateway's face; what a test leaves open is closed after it."""
    opened: list[Socket] = []

    async def connect_to(gateway: Gateway, *, synchronous: bool = True) -> Socket:
        port = gateway.port if synchronous else gateway.port_async
        opened.append(Socket(*await asyncio.open_connection("127.0.0.1", port)))
        return opened[-1]

    yield connect_to
    for socket in opened:
        with contextlib.suppress(ConnectionError):
            await socket.close()
