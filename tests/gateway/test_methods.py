"""The fake methods do what a test tells them, and tell it what came."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc.status_pb2 import Status
from grpc import aio

from fakes.conformance import message, rpc
from fakes.methods import fail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.exchange_server import ExchangeServer
    from fakes.methods import Context, Methods

WHOLE = rpc("AnswerService/GetWhole")


@pytest.fixture
async def channel(server: ExchangeServer) -> AsyncIterator[aio.Channel]:
    async with aio.insecure_channel(server.address) as opened:
        yield opened


def whole(channel: aio.Channel) -> aio.UnaryUnaryCall[Any, Any]:
    ask: aio.UnaryUnaryMultiCallable[Any, Any] = channel.unary_unary(
        WHOLE.path,
        request_serializer=WHOLE.input.SerializeToString,
        response_deserializer=WHOLE.output.FromString,
    )
    call: aio.UnaryUnaryCall[Any, Any] = ask(
        message("Watch", name="n"), metadata=aio.Metadata(("a", "b")), wait_for_ready=True
    )
    return call


async def test_an_answer(channel: aio.Channel, methods: Methods) -> None:
    methods.answer(WHOLE, message("Reply", text="t"))

    assert await whole(channel) == message("Reply", text="t")
    assert (await methods.asked(), (await methods.metadata.get())["a"]) == (message("Watch", name="n"), "b")


async def test_an_error(channel: aio.Channel, methods: Methods) -> None:
    methods.serve(WHOLE, lambda _, context: fail(context, Status(code=5, message="no")))
    with pytest.raises(aio.AioRpcError) as refused:
        await whole(channel)

    assert (refused.value.code(), refused.value.details()) == (grpc.StatusCode.NOT_FOUND, "no")
    details = dict(refused.value.trailing_metadata() or ())
    assert details["grpc-status-details-bin"] == Status(code=5, message="no").SerializeToString()


async def test_what_nobody_serves(channel: aio.Channel, methods: Methods) -> None:
    with pytest.raises(aio.AioRpcError) as refused:
        await whole(channel)

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert methods.metadata.empty()


async def test_a_caller_that_leaves(channel: aio.Channel, methods: Methods) -> None:
    async def never(_: Any, __: Context) -> None:
        await asyncio.sleep(60)

    methods.serve(WHOLE, never)
    call = whole(channel)
    await methods.asked()
    call.cancel()

    assert await methods.left() == WHOLE.name
