"""A dialect that fails is our fault: the caller learns that much, the log the rest, and the gateway goes on."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web

from syncline.v1.exchange_pb2 import Operation
from syncline_gateway.dialect import Call, HttpResponse, Reply
from syncline_gateway.http.answering import Answerer
from syncline_gateway.http.endpoint import Endpoint
from syncline_gateway.http.reading import BodyReader
from syncline_gateway.routes import Route, Routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from syncline_gateway.dialect import HttpRequest


class Fault(Exception):
    pass


class Faulty:
    """Fails where the path says."""

    def decode(self, request: HttpRequest) -> Call:
        if request.path == "/decode":
            raise Fault("secret text")
        return Call(operations=[Operation()], context=request.path)

    def encode(self, call: Call, replies: Sequence[Reply]) -> HttpResponse:
        if call.context == "/encode":
            raise Fault("secret text")
        return HttpResponse()

    def away(self, call: Call) -> HttpResponse:
        return HttpResponse(status=503)

    def refuse(self, status: int, message: str) -> HttpResponse:
        return HttpResponse(status=status, body=message.encode())


class Echo:
    """Replies to everything."""

    is_ready = True

    async def perform(self, call: Call) -> Sequence[Reply]:
        return [Reply() for _ in call.operations]

    def delivered(self, call: Call) -> None:
        raise AssertionError("nothing was held")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    route = Route("faulty", re.compile("/.*"), ("GET",), Faulty())
    endpoint = Endpoint(Echo(), Routes((route,)), BodyReader(max_bytes=1000, seconds=1), Answerer())

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return await endpoint.handle(request, synchronous=True)

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{site.port}"
    await runner.cleanup()


@pytest.mark.parametrize("where", ["/decode", "/encode"])
async def test_a_fault_is_logged_once_and_told_in_words_of_ours(
    url: str, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        async with ClientSession() as session, session.get(url + where) as answer:
            body = await answer.text()
        async with ClientSession() as session, session.get(url + "/fine") as fine:
            assert fine.status == 200

    assert (answer.status, body) == (500, "Internal server error")
    assert [record.getMessage() for record in caplog.records] == ["request.fault"]
    assert caplog.records[0].exc_info is not None
