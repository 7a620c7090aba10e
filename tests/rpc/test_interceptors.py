"""Whatever a handler raises reaches its caller as a status of the contract, in every style of call."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from fakes.rpc import Refusal, refusal
from fakes.runtime import PATIENCE
from syncline_server import errors
from syncline_server.rpc.interceptors import ErrorsToStatus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SERVICE = "test.Service"


async def unary(request: bytes, _: Any) -> bytes:
    raise_for(request)
    return b"fine"


async def generator(request: bytes, _: Any) -> AsyncIterator[bytes]:
    yield b"first"
    raise_for(request)


async def writer(request: bytes, context: Any) -> None:
    await context.write(b"first")
    raise_for(request)


async def both_ways(requests: AsyncIterator[bytes], context: Any) -> None:
    async for request in requests:
        await context.write(b"first")
        raise_for(request)


async def both_ways_generator(requests: AsyncIterator[bytes], _: Any) -> AsyncIterator[bytes]:
    async for request in requests:
        yield b"first"
        raise_for(request)


async def many_to_one(requests: AsyncIterator[bytes], _: Any) -> bytes:
    async for request in requests:
        raise_for(request)
    return b"fine"


async def aborting(_: bytes, context: Any) -> bytes:
    await context.abort(grpc.StatusCode.DATA_LOSS, "by itself")
    return b""


async def heading_generator(_: bytes, context: Any) -> AsyncIterator[bytes]:
    await context.send_initial_metadata((("name", "value"),))
    await asyncio.Event().wait()
    yield b"never"


async def heading_writer(_: bytes, context: Any) -> None:
    await context.send_initial_metadata((("name", "value"),))
    await asyncio.Event().wait()


def raise_for(request: bytes) -> None:
    if request == b"known":
        raise errors.TaskExpired
    if request == b"unknown":
        raise ValueError("password=123")


METHODS: dict[str, Any] = {
    "Unary": grpc.unary_unary_rpc_method_handler(unary),
    "Generator": grpc.unary_stream_rpc_method_handler(generator),
    "Writer": grpc.unary_stream_rpc_method_handler(writer),
    "HeadingGenerator": grpc.unary_stream_rpc_method_handler(heading_generator),
    "HeadingWriter": grpc.unary_stream_rpc_method_handler(heading_writer),
    "BothWays": grpc.stream_stream_rpc_method_handler(both_ways),
    "BothWaysGenerator": grpc.stream_stream_rpc_method_handler(both_ways_generator),
    "ManyToOne": grpc.stream_unary_rpc_method_handler(many_to_one),
    "Aborting": grpc.unary_unary_rpc_method_handler(aborting),
}


@asynccontextmanager
async def channel() -> AsyncIterator[Any]:
    server = grpc.aio.server(interceptors=(ErrorsToStatus(),))
    server.add_registered_method_handlers(SERVICE, METHODS)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as open_:
        yield open_
    await server.stop(None)


async def drain(call: Any) -> list[bytes]:
    return [message async for message in call]


async def one(request: bytes) -> AsyncIterator[bytes]:
    yield request


CALLS: dict[str, Callable[[Any, bytes], Any]] = {
    "Unary": lambda open_, request: open_.unary_unary(f"/{SERVICE}/Unary")(request),
    "Generator": lambda open_, request: drain(open_.unary_stream(f"/{SERVICE}/Generator")(request)),
    "Writer": lambda open_, request: drain(open_.unary_stream(f"/{SERVICE}/Writer")(request)),
    "BothWays": lambda open_, request: drain(open_.stream_stream(f"/{SERVICE}/BothWays")(one(request))),
    "BothWaysGenerator": lambda open_, request: drain(
        open_.stream_stream(f"/{SERVICE}/BothWaysGenerator")(one(request))
    ),
    "ManyToOne": lambda open_, request: open_.stream_unary(f"/{SERVICE}/ManyToOne")(one(request)),
}


@pytest.mark.parametrize("style", CALLS)
async def test_every_style(style: str, caplog: pytest.LogCaptureFixture) -> None:
    call = CALLS[style]
    async with channel() as open_, asyncio.timeout(PATIENCE):
        fine = await call(open_, b"fine")
        known: Refusal = await refusal(call(open_, b"known"))
        unknown: Refusal = await refusal(call(open_, b"unknown"))

    assert fine in (b"fine", [b"first"])
    assert (known.code, known.reason) == (grpc.StatusCode.NOT_FOUND, "TASK_EXPIRED")
    assert (unknown.code, unknown.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "123" not in unknown.message
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.getMessage() == "rpc.failed"


async def test_a_handler_may_end_its_call_itself(caplog: pytest.LogCaptureFixture) -> None:
    async with channel() as open_:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await open_.unary_unary(f"/{SERVICE}/Aborting")(b"")

    assert (refused.value.code(), refused.value.details()) == (grpc.StatusCode.DATA_LOSS, "by itself")
    assert caplog.records == []


async def test_a_method_that_is_not_there() -> None:
    async with channel() as open_:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await open_.unary_unary(f"/{SERVICE}/Nothing")(b"")

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_client_that_leaves_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with channel() as open_:
        call = open_.stream_stream(f"/{SERVICE}/BothWays")()
        await call.write(b"fine")
        await call.read()
        call.cancel()

    assert caplog.records == []


@pytest.mark.parametrize("style", ["HeadingGenerator", "HeadingWriter"])
async def test_what_a_stream_says_first_goes_out_before_its_first_message(style: str) -> None:
    async with channel() as open_, asyncio.timeout(PATIENCE):
        call = open_.unary_stream(f"/{SERVICE}/{style}")(b"")
        metadata = await call.initial_metadata()
        call.cancel()

    assert ("name", "value") in list(metadata)
