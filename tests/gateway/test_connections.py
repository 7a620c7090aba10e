"""Connections by themselves: what they say when whoever answers on them fails, and how they are counted."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from fakes.exchange_server import SECONDS
from fakes.sockets import Socket, head
from syncline_gateway.http.connection import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Socket]:
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    client = Socket(*await asyncio.open_connection(*listener.sockets[0].getsockname()))
    try:
        yield client
    finally:
        await client.close()
        listener.close()
        await server.shutdown(0)


@pytest.mark.parametrize("error", [ValueError("secret text"), TimeoutError("secret text")])
async def test_an_exception_is_logged_and_not_shown(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_: web.BaseRequest) -> web.StreamResponse:
        raise error

    async with connected(Server(fail)) as client:
        await client.send(head(path="/", method="GET"))
        status, headers, body = await client.answer()

    answer = json.loads(body)
    assert (status, answer["code"], headers["content-type"]) == (500, 13, "application/json")
    assert (answer["details"][0]["reason"], b"secret" in body) == ("INTERNAL", False)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == ["request.fault"]


async def test_a_server_is_empty_once_its_connections_have_ended() -> None:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response()

    server = Server(answer)
    async with connected(server) as client:
        await client.send(head(path="/", method="GET"))
        await client.answer()
        assert not await server.until_empty(0)
        await client.close()
        assert await server.until_empty(SECONDS)
