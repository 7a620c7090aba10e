"""Single calls to the server, in bytes: what comes back, what an error says, who ends a stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from fakes.conformance import message, rpc
from fakes.methods import fail
from syncline_gateway.errors import Away, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from fakes.exchange_server import ExchangeServer
    from fakes.methods import Context, Methods
    from syncline_gateway.upstream import Upstream

WHOLE = rpc("AnswerService/GetWhole")
WATCH = rpc("StreamService/WatchBooks")
COLLECT = rpc("StreamService/Collect")
ASKED = message("Watch", name="n").SerializeToString()


async def refused(work: Awaitable[object]) -> Status:
    with pytest.raises(Refused) as caught:
        await asyncio.wait_for(work, 5)
    return caught.value.status


async def test_a_call_carries_its_metadata(upstream: Upstream, methods: Methods) -> None:
    methods.answer(WHOLE, message("Reply", text="hello"))
    data = await upstream.calls.unary(WHOLE.path, ASKED, [("authorization", "Basic x")], 5)

    assert WHOLE.output.FromString(data) == message("Reply", text="hello")
    assert await methods.asked() == message("Watch", name="n")
    assert (await methods.metadata.get())["authorization"] == "Basic x"


async def test_an_error_comes_with_its_details(upstream: Upstream, methods: Methods) -> None:
    status = Status(code=5, message="No such book.")
    status.details.add().Pack(ErrorInfo(reason="BOOK_NOT_FOUND", domain="books"))
    methods.serve(WHOLE, lambda _, context: fail(context, status))

    assert await refused(upstream.calls.unary(WHOLE.path, ASKED, [], 5)) == status


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (grpc.StatusCode.NOT_FOUND, "secret text"),
        (grpc.StatusCode.UNKNOWN, "The server failed."),
        (grpc.StatusCode.INTERNAL, "The server failed."),
        (grpc.StatusCode.UNAVAILABLE, "The server is away."),
    ],
)
async def test_an_error_without_details_keeps_only_a_text_that_gRPC_cannot_have_made(  # noqa: N802
    upstream: Upstream, methods: Methods, code: grpc.StatusCode, said: str
) -> None:
    async def abort(_: Any, context: Context) -> None:
        await context.abort(code, "secret text")

    methods.serve(WHOLE, abort)

    assert await refused(upstream.calls.unary(WHOLE.path, ASKED, [], 5)) == Status(code=code.value[0], message=said)


@pytest.mark.parametrize("details", [b"\xff\xff", b""])
async def test_details_that_are_none(upstream: Upstream, methods: Methods, details: bytes) -> None:
    async def abort(_: Any, context: Context) -> None:
        context.set_trailing_metadata((("grpc-status-details-bin", details),))
        await context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")

    methods.serve(WHOLE, abort)

    assert await refused(upstream.calls.unary(WHOLE.path, ASKED, [], 5)) == Status(code=5, message="no such thing")


async def test_a_method_that_is_not_there(upstream: Upstream) -> None:
    status = await refused(upstream.calls.unary(WHOLE.path, ASKED, [], 5))

    assert status == Status(code=12, message="The server does not do that.")


async def test_a_call_whose_time_is_over(upstream: Upstream, methods: Methods) -> None:
    methods.serve(WHOLE, lambda _, __: asyncio.sleep(60))

    assert (await refused(upstream.calls.unary(WHOLE.path, ASKED, [], 0.1))).code == 4
    assert await methods.left() == WHOLE.name


async def test_without_a_server_nothing_is_sent(upstream: Upstream, server: ExchangeServer) -> None:
    await server.stop()
    await asyncio.wait_for(upstream.until(lambda: not upstream.is_ready), 5)

    with pytest.raises(Away):
        await upstream.calls.unary(WHOLE.path, ASKED, [], 5)
    with pytest.raises(Away):
        upstream.calls.server_stream(WATCH.path, ASKED, [], None)
    with pytest.raises(Away):
        upstream.calls.client_stream(COLLECT.path, [], None)


# Streams.


async def two_events(_: Any, context: Context) -> None:
    await context.send_initial_metadata((("syncline-task-id", "abc"), ("other-bin", b"\x00")))
    for cursor in "12":
        await context.write(message("Event", cursor=cursor))


async def test_a_stream_of_responses(upstream: Upstream, methods: Methods) -> None:
    methods.serve(WATCH, two_events)
    stream = upstream.calls.server_stream(WATCH.path, ASKED, [], None)

    begun = await asyncio.wait_for(stream.begin(), 5)
    assert begun == {"syncline-task-id": "abc"}
    assert [await stream.read() for _ in range(3)] == [b"\n\x011", b"\n\x012", None]
    stream.cancel()


async def test_a_stream_that_begins_with_a_message(upstream: Upstream, methods: Methods) -> None:
    async def one(_: Any, context: Context) -> None:
        await context.write(message("Event", cursor="1"))

    methods.serve(WATCH, one)
    stream = upstream.calls.server_stream(WATCH.path, ASKED, [], None)

    assert await asyncio.wait_for(stream.begin(), 5) == {}
    assert await stream.read() == b"\n\x011"
    stream.cancel()


async def test_a_stream_that_is_refused(upstream: Upstream, methods: Methods) -> None:
    methods.serve(WATCH, lambda _, context: fail(context, Status(code=7, message="no")))
    stream = upstream.calls.server_stream(WATCH.path, ASKED, [], None)

    assert await asyncio.wait_for(stream.begin(), 5) == {}
    assert await refused(stream.read()) == Status(code=7, message="no")
    stream.cancel()


async def parked(_: Any, context: Context) -> None:
    await context.send_initial_metadata((("syncline-task-id", "abc"),))
    await asyncio.sleep(60)


async def test_a_stream_that_is_left_is_cancelled_over_there(upstream: Upstream, methods: Methods) -> None:
    methods.serve(WATCH, parked)
    stream = upstream.calls.server_stream(WATCH.path, ASKED, [], None)
    await stream.begin()
    stream.cancel()

    assert await methods.left() == WATCH.name


async def test_a_reader_that_is_cancelled_is_cancelled(upstream: Upstream, methods: Methods) -> None:
    methods.serve(WATCH, parked)
    stream = upstream.calls.server_stream(WATCH.path, ASKED, [], None)
    await stream.begin()
    reading = asyncio.ensure_future(stream.read())
    await asyncio.sleep(0)
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    stream.cancel()
    assert await methods.left() == WATCH.name


@pytest.mark.parametrize("has_begun", [True, False])
async def test_a_stop_ends_streams_with_an_error(upstream: Upstream, methods: Methods, has_begun: bool) -> None:
    async def silent(_: Any, __: Context) -> None:
        await asyncio.sleep(60)

    methods.serve(WATCH, parked if has_begun else silent)
    stream = upstream.calls.server_stream(WATCH.path, ASKED, [], None)

    async def heard() -> None:
        await stream.begin()
        await stream.read()

    waiting = asyncio.ensure_future(heard())
    await methods.asked()
    upstream.release()

    assert (await refused(waiting)).code == 14
    with pytest.raises(Away):
        upstream.calls.server_stream(WATCH.path, ASKED, [], None)


async def test_a_stop_gives_a_unary_call_a_moment(
    upstream: Upstream, methods: Methods, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = asyncio.Event()

    async def slow(request: Any, _: Context) -> Any:
        await (may_end.wait() if request.name == "soon" else asyncio.sleep(60))
        return message("Reply", text="done")

    monkeypatch.setattr("syncline_gateway.calls.UNARY_SECONDS", 5.0)
    methods.serve(WHOLE, slow)
    soon, never = (
        asyncio.ensure_future(upstream.calls.unary(WHOLE.path, message("Watch", name=name).SerializeToString(), [], 60))
        for name in ("soon", "never")
    )
    for _ in range(2):
        await methods.asked()
    upstream.release()
    may_end.set()
    assert WHOLE.output.FromString(await asyncio.wait_for(soon, 5)) == message("Reply", text="done")
    await upstream.stop()

    assert (await refused(never)).code == 14


async def test_a_server_that_dies_ends_its_streams(
    upstream: Upstream, server: ExchangeServer, methods: Methods
) -> None:
    methods.serve(WATCH, parked)
    stream = upstream.calls.server_stream(WATCH.path, ASKED, [], None)
    await stream.begin()
    waiting = asyncio.ensure_future(stream.read())
    await server.stop()

    assert (await refused(waiting)).code == 14
    stream.cancel()


async def count(requests: AsyncIterator[Any], _: Context) -> Any:
    return message("Reply", count=len([one async for one in requests]))


async def test_a_stream_of_requests(upstream: Upstream, methods: Methods) -> None:
    methods.serve(COLLECT, count)
    stream = upstream.calls.client_stream(COLLECT.path, [("authorization", "x")], 5)
    for _ in range(3):
        assert await stream.write(message("Everything", an_int32=1).SerializeToString())

    assert COLLECT.output.FromString(await asyncio.wait_for(stream.finish(), 5)) == message("Reply", count=3)
    assert (await methods.metadata.get())["authorization"] == "x"
    stream.cancel()


async def test_a_server_that_has_answered_takes_no_more(upstream: Upstream, methods: Methods) -> None:
    async def first(requests: AsyncIterator[Any], context: Context) -> Any:
        await anext(requests)
        await fail(context, Status(code=9, message="enough"))

    methods.serve(COLLECT, first)
    stream = upstream.calls.client_stream(COLLECT.path, [], 5)
    large = message("Everything", a_bytes=b"x" * 100_000).SerializeToString()
    async with asyncio.timeout(5):
        while await stream.write(large):
            continue

    assert await refused(stream.finish()) == Status(code=9, message="enough")
    stream.cancel()


async def test_a_stream_of_requests_that_is_left_is_cancelled(upstream: Upstream, methods: Methods) -> None:
    methods.serve(COLLECT, lambda _, __: asyncio.sleep(60))
    stream = upstream.calls.client_stream(COLLECT.path, [], None)
    await stream.write(b"")
    await asyncio.wait_for(methods.metadata.get(), 5)
    stream.cancel()

    assert await methods.left() == COLLECT.name
