"""The fake server does what its tests rely on, as a plain gRPC client sees it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from grpc import StatusCode, aio

from fakes.exchange_server import ExchangeServer, accept, created, fail, reply
from syncline.v1.exchange_pb2 import Credentials, ExchangeRequest, ExchangeResponse, Operation
from syncline.v1.task_calls_pb2 import GetTaskRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Stream = aio.StreamStreamCall[ExchangeRequest, ExchangeResponse]
GET = Operation(number=7, credentials_index=1, get_task=GetTaskRequest(task_id="a" * 24))
ASK = ExchangeRequest(credentials=[Credentials(authorization="Basic x")], operations=[GET])


@pytest.fixture
async def stream(server: ExchangeServer) -> AsyncIterator[Stream]:
    async with aio.insecure_channel(server.address) as channel:
        exchange: aio.StreamStreamMultiCallable[ExchangeRequest, ExchangeResponse] = channel.stream_stream(
            "/syncline.v1.TaskService/Exchange",
            request_serializer=ExchangeRequest.SerializeToString,
            response_deserializer=ExchangeResponse.FromString,
        )
        call = exchange()
        first = await read(call)
        assert first.credit == 1000
        yield call
        call.cancel()


async def read(stream: Stream) -> ExchangeResponse:
    frame = await asyncio.wait_for(stream.read(), 5)
    assert isinstance(frame, ExchangeResponse)
    return frame


async def test_an_operation_arrives_with_its_credentials(server: ExchangeServer, stream: Stream) -> None:
    await stream.write(ASK)
    seen = await server.next()

    assert seen.kind == "get_task"
    assert seen.credentials == ASK.credentials[0]


async def test_a_test_gives_both_phases(server: ExchangeServer, stream: Stream) -> None:
    await stream.write(ASK)
    seen = await server.next()
    accept(seen)
    reply(seen, created("{}"))

    assert (await read(stream)).results[0].accepted.task_id == "a" * 24
    assert (await read(stream)).results[0].create_task.outcome.data_json == "{}"


async def test_an_error_names_its_reason(server: ExchangeServer, stream: Stream) -> None:
    await stream.write(ASK)
    fail(await server.next(), "TASK_NOT_FOUND")

    assert (await read(stream)).results[0].error.code == 5


async def test_a_function_answers_at_once(server: ExchangeServer, stream: Stream) -> None:
    server.answer = lambda _: created("1")
    await stream.write(ASK)

    (result,) = (await read(stream)).results
    assert (result.number, result.create_task.outcome.data_json) == (7, "1")


async def test_news_about_earlier_operations(server: ExchangeServer, stream: Stream) -> None:
    await stream.write(ExchangeRequest(cancelled_numbers=[3], delivered_numbers=[4]))

    assert (await server.next_cancelled(), await server.next_delivered()) == (3, 4)


async def test_going_away_and_ending(server: ExchangeServer, stream: Stream) -> None:
    server.go_away()
    server.end()

    assert (await read(stream)).going_away
    assert await asyncio.wait_for(stream.read(), 5) is aio.EOF


async def test_cutting_a_stream_looks_like_a_death(server: ExchangeServer, stream: Stream) -> None:
    server.cut()

    with pytest.raises(aio.AioRpcError) as broken:
        await asyncio.wait_for(stream.read(), 5)
    assert broken.value.code() is StatusCode.UNAVAILABLE
    await server.streams(0)


async def test_it_comes_back_on_the_same_port(server: ExchangeServer, stream: Stream) -> None:
    before = server.address
    await server.stop()
    await server.start()

    assert server.address == before
    with pytest.raises(aio.AioRpcError):
        await asyncio.wait_for(stream.read(), 5)
