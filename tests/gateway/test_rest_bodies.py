"""Bodies that are no single JSON message: streams of requests, and raw bytes in both directions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from google.rpc.status_pb2 import Status

from fakes.conformance import message, rpc, transcoder
from fakes.gateway import Answer
from fakes.methods import fail
from fakes.sockets import head

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.gateway import Gateway, Started
    from fakes.methods import Context, Methods
    from fakes.sockets import Connect, Socket

COLLECT = rpc("StreamService/Collect")
PUT_FILE = rpc("StreamService/PutFile")
ECHO = rpc("StreamService/Echo")
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture
async def gateway(started: Started) -> AsyncIterator[Gateway]:
    async with started(transcoder()) as running:
        yield running


async def collect(requests: AsyncIterator[Any], _: Context) -> Any:
    return message("Reply", words=[one.a_string async for one in requests])


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def answered(client: Socket) -> Answer:
    return Answer(*await client.answer())


async def test_lines_become_messages(gateway: Gateway, methods: Methods) -> None:
    methods.serve(COLLECT, collect)
    body = b'{"aString":"a"}\n\n{"aString":"b"}\r\n{"aString":"c"}'
    answer = await gateway.request("POST", "/v1/collect", body, Content_Type="application/x-ndjson")

    assert (answer.status, answer.json["words"]) == (200, ["a", "b", "c"])


async def test_path_and_query_are_in_the_first_message(gateway: Gateway, methods: Methods) -> None:
    methods.serve(COLLECT, collect)
    await gateway.request("POST", "/v1/collect/first", b'{"anInt32":1}\n{"anInt32":2}\n')

    asked = [await methods.asked() for _ in range(2)]
    assert [(one.a_string, one.an_int32) for one in asked] == [("first", 1), ("", 2)]


async def test_an_empty_stream(gateway: Gateway, methods: Methods) -> None:
    methods.serve(COLLECT, collect)
    answer = await gateway.request("POST", "/v1/collect")

    assert (answer.status, answer.json["words"]) == (200, [])


async def test_a_message_is_sent_when_its_line_is_there(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    methods.serve(COLLECT, collect)
    client = await connect(gateway)
    await client.send(head(CHUNKED, path="/v1/collect"), chunk(b'{"aString":"a"}\n{"aStr'))
    assert (await methods.asked()).a_string == "a"
    await client.send(chunk(b'ing":"b"}\n'))
    assert (await methods.asked()).a_string == "b"
    await client.send(b"0\r\n\r\n")

    assert (await answered(client)).json["words"] == ["a", "b"]


async def test_a_line_that_is_none_ends_it(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    methods.serve(COLLECT, lambda _, __: asyncio.sleep(60))
    client = await connect(gateway)
    await client.send(head(CHUNKED, path="/v1/collect"), chunk(b'{"aString":"a"}\n'))
    await asyncio.wait_for(methods.metadata.get(), 5)
    await client.send(chunk(b'{"surprise":1}\n'))

    answer = await answered(client)
    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert answer.json["details"][1]["fieldViolations"][0]["field"] == "[2].surprise"
    assert await methods.left() == COLLECT.name


async def test_a_server_that_has_heard_enough(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    async def first(requests: AsyncIterator[Any], context: Context) -> None:
        await anext(requests)
        await fail(context, Status(code=9, message="Enough."))

    methods.serve(COLLECT, first)
    client = await connect(gateway)
    await client.send(head(CHUNKED, path="/v1/collect"), chunk(b"{}\n"))
    await methods.asked()
    answering = asyncio.ensure_future(answered(client))
    async with asyncio.timeout(5):
        while not answering.done():
            await client.send(chunk(b"{}\n"))
            await asyncio.wait((answering,), timeout=0.01)

    answer = await answering
    assert (answer.status, answer.json["message"]) == (400, "Enough.")


async def test_a_server_that_answers_a_silent_sender(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    async def refuse(_: Any, context: Context) -> None:
        await fail(context, Status(code=9, message="Enough."))

    methods.serve(COLLECT, refuse)
    client = await connect(gateway)
    await client.send(head(CHUNKED, path="/v1/collect"))

    answer = await answered(client)
    assert (answer.status, answer.json["code"], answer.headers["connection"]) == (400, 9, "close")


async def test_a_deadline_ends_a_silent_sender(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    methods.serve(COLLECT, lambda _, __: asyncio.sleep(60))
    client = await connect(gateway)
    await client.send(head(CHUNKED, "Grpc-Timeout: 200m", path="/v1/collect"))

    assert (await answered(client)).status == 504


async def test_a_line_over_the_limit(connect: Connect, started: Started, methods: Methods) -> None:
    methods.serve(COLLECT, lambda _, __: asyncio.sleep(60))
    async with started(transcoder(), max_body_bytes=100) as gateway:
        client = await connect(gateway)
        await client.send(head(CHUNKED, path="/v1/collect"), chunk(b"{}\n" * 100))
        await asyncio.wait_for(methods.metadata.get(), 5)
        await client.send(chunk(b" " * 200))

        answer = await answered(client)
        assert (answer.status, answer.json["code"]) == (413, 8)
        assert await methods.left() == COLLECT.name


async def test_a_stream_that_stands_still(connect: Connect, started: Started, methods: Methods) -> None:
    methods.serve(COLLECT, lambda _, __: asyncio.sleep(60))
    async with started(transcoder(), body_seconds=0.2) as gateway:
        client = await connect(gateway)
        await client.send(head(CHUNKED, path="/v1/collect"), chunk(b"{}\n"))

        assert (await answered(client)).status == 408
        assert await methods.left() == COLLECT.name


async def test_a_client_that_leaves_ends_the_call(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    methods.serve(COLLECT, lambda _, __: asyncio.sleep(60))
    client = await connect(gateway)
    await client.send(head(CHUNKED, path="/v1/collect"), chunk(b"{}\n"))
    await asyncio.wait_for(methods.metadata.get(), 5)
    client.writer.transport.abort()

    assert await methods.left() == COLLECT.name


async def test_a_stop_ends_a_stream_of_requests(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    methods.serve(COLLECT, lambda _, __: asyncio.sleep(60))
    asked = gateway.requesting("POST", "/v1/collect", b"{}\n")
    await asyncio.wait_for(methods.metadata.get(), 5)
    gateway.app.refuse_more()
    gateway.upstream.release()

    answer = await asked
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml"])
async def test_lines_of_another_type(gateway: Gateway, content_type: str) -> None:
    answer = await gateway.request("POST", "/v1/collect", b"{}\n", Content_Type=content_type)

    assert answer.status == 415


async def test_a_stream_asks_before_it_is_sent(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    methods.serve(COLLECT, collect)
    client = await connect(gateway)
    await client.send(head(CHUNKED, "Expect: 100-continue", path="/v1/collect"))
    assert (await client.head())[0] == 100
    await client.send(chunk(b"{}\n") + b"0\r\n\r\n")

    assert (await answered(client)).status == 200


# Raw bodies.


async def test_a_raw_body_is_taken_as_it_is(gateway: Gateway, methods: Methods) -> None:
    methods.answer(PUT_FILE, message("Reply", text="kept"))
    answer = await gateway.request("PUT", "/v1/files/f?note=n", b" \x00\xff\n", Content_Type="image/png")

    asked = await methods.asked()
    assert (answer.status, answer.json["text"]) == (200, "kept")
    assert (asked.name, asked.note, asked.file.content_type, asked.file.data) == ("f", "n", "image/png", b" \x00\xff\n")


async def test_a_raw_answer_is_given_as_it_is(gateway: Gateway, methods: Methods) -> None:
    async def echo(request: Any, _: Context) -> Any:
        return request

    methods.serve(ECHO, echo)
    answer = await gateway.request("POST", "/v1/echo", b"\x00\xff", Content_Type="image/png", Accept="image/png")

    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "image/png", b"\x00\xff")


async def test_a_content_type_cannot_split_an_answer(gateway: Gateway, methods: Methods) -> None:
    methods.answer(ECHO, ECHO.output(content_type="text/plain\r\nEvil: yes", data=b"x"))
    answer = await gateway.request("POST", "/v1/echo", b"x")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/octet-stream")
    assert "Evil" not in answer.headers
