"""HTTP as real clients speak it, byte by byte."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

import pytest

from fakes import sockets
from fakes.exchange_server import SECONDS, accept, created, reply
from fakes.gateway import ECHO, OPS

if TYPE_CHECKING:
    from fakes.exchange_server import ExchangeServer
    from fakes.gateway import Gateway, Started
    from fakes.sockets import Connect

BODY = json.dumps({"ops": [ECHO]}).encode()
GOOD = {"request_proc": "ok", "ops": [{"proc": "ok", "data": 1}]}


def head(*lines: str, **more: str) -> bytes:
    return sockets.head(*lines, **{"path": OPS, **more})


def sized(body: bytes = BODY) -> str:
    return sockets.sized(body)


@pytest.fixture
def answering(server: ExchangeServer) -> None:
    server.answer = lambda _: created("1")


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize(
    "request_head",
    [
        head(sized()),
        head(sized().lower(), host="host: x"),
        head(sized(), "te: ", "Connection: TE"),
        head(sized(), "Accept-Encoding: *", "Accept: text/html"),
        head(sized(), path="/" + OPS),
        head(sized(), path="///" + OPS),
        head(sized(), path="http://elsewhere.test" + OPS),
        head(sized(), path=OPS.upper().replace("/API/1/JSON", "/api/2/json")),
        head(sized(), path=OPS.replace("1700000000", "1483534567.123456")),
        head(sized(), path=OPS.replace("1700000000", "7")),
        head(sized(), path=OPS + "?conv_id=1"),
        head(sized(), version="1.0", host=""),
        head(sized(), "Connection: keep-alive", version="1.0"),
    ],
)
async def test_a_request_as_clients_write_it(connect: Connect, gateway: Gateway, request_head: bytes) -> None:
    client = await connect(gateway)
    await client.send(request_head + BODY)

    status, headers, body = await client.answer()
    assert (status, json.loads(body)) == (200, GOOD)
    assert headers["content-type"].startswith("application/json")
    assert "transfer-encoding" not in headers


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize(
    ("request_head", "is_kept"),
    [
        (head(sized()), True),
        (head(sized(), "Connection: close"), False),
        (head(sized(), version="1.0"), False),
        (head(sized(), "Connection: keep-alive", version="1.0"), True),
    ],
)
async def test_a_connection_is_kept_or_closed_as_asked(
    connect: Connect, gateway: Gateway, request_head: bytes, is_kept: bool
) -> None:
    client = await connect(gateway)
    await client.send(request_head + BODY)
    await client.answer()
    if is_kept:
        await client.send(request_head + BODY)
        assert (await client.answer())[0] == 200
    else:
        assert await client.rest() == b""


@pytest.mark.usefixtures("answering")
async def test_pipelined_requests_are_answered_in_order(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send((head(sized()) + BODY) * 3 + head(path="/healthz", method="GET"))

    bodies = [(await client.answer())[2] for _ in range(4)]
    assert [json.loads(body) for body in bodies] == [GOOD, GOOD, GOOD, {"status": "ok"}]


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_chunked_body(connect: Connect, gateway: Gateway, size: int) -> None:
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(BODY[i : i + size]), BODY[i : i + size]) for i in range(0, len(BODY), size)
    )
    client = await connect(gateway)
    await client.send(head("Transfer-Encoding: chunked"), chunks + b"0\r\n\r\n")

    assert json.loads((await client.answer())[2]) == GOOD


@pytest.mark.usefixtures("answering")
async def test_a_large_body_that_asks_first(connect: Connect, gateway: Gateway, server: ExchangeServer) -> None:
    body = json.dumps({"ops": [{**ECHO, "data": {"a": "x" * 1_200_000}}]}).encode()
    client = await connect(gateway)
    await client.send(head(sized(body), "Expect: 100-continue"))
    assert (await client.answer())[0] == 100
    await client.send(body)

    assert json.loads((await client.answer())[2]) == GOOD
    seen = await server.next()
    assert seen.credentials is not None
    assert seen.credentials.signed.body == body


@pytest.mark.usefixtures("answering")
async def test_a_body_that_comes_with_the_question(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send(head(sized(), "Expect: 100-Continue") + BODY)

    assert json.loads((await client.answer())[2]) == GOOD


async def test_an_expectation_that_nobody_knows(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send(head(sized(), "Expect: tea"))

    status, _, body = await client.answer()
    assert status == 417
    assert json.loads(body)


@pytest.mark.parametrize("expect", [[], ["Expect: 100-continue"]])
async def test_a_length_over_the_limit_is_refused_before_a_byte_comes(
    connect: Connect, gateway: Gateway, expect: list[str]
) -> None:
    client = await connect(gateway)
    await client.send(head("Content-Length: 999999999999", *expect))

    status, headers, body = await client.answer()
    assert (status, headers["connection"]) == (413, "close")
    assert json.loads(body)["ops"][0]["proc"] == "error"


async def test_chunks_over_the_limit_are_refused_as_soon_as_they_pass_it(connect: Connect, started: Started) -> None:
    async with started(max_body_bytes=1000) as gateway:
        client = await connect(gateway)
        await client.send(head("Transfer-Encoding: chunked"), *[b"64\r\n" + b"x" * 100 + b"\r\n"] * 11)

        assert (await client.answer())[0] == 413


async def test_a_body_that_does_not_come(connect: Connect, started: Started) -> None:
    async with started(body_seconds=0.1) as gateway:
        client = await connect(gateway)
        await client.send(head(sized()), BODY[:5])

        status, headers, body = await client.answer()
        assert (status, headers["connection"]) == (408, "close")
        assert json.loads(body)["ops"][0]["proc"] == "error"


@pytest.mark.parametrize("chunk", [b"xyz\r\n", b"5\r\nabcdefgh\r\n", b"-1\r\n"])
async def test_chunks_that_are_none(connect: Connect, gateway: Gateway, chunk: bytes) -> None:
    client = await connect(gateway)
    await client.send(head("Transfer-Encoding: chunked"), chunk)

    status, _, body = await client.answer()
    assert status == 400
    assert json.loads(body)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (head(sized(), host=""), 400),
        (head("Content-Length: x"), 400),
        (head("Content-Length: 5", "Content-Length: 6"), 400),
        (head("Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (head("X: " + "y" * 40_000), 431),
        (head(*(f"X-{n}: {'y' * 600}" for n in range(60)), "Content-Length: 0"), 431),
        (head(path="/" + "x" * 10_000), 414),
        (head(path="/v1/tasks?filter=" + "x" * 10_000, method="GET"), 414),
        (b"GET /" + b"x" * 10_000, 414),
        (head(*(f"X-{n}: y" for n in range(4000))), 431),
        (head(*(f"X-{n}: y" for n in range(6000))), 431),
        (head("Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n", 501),
        (head(method="FOO"), 501),
        (head(method="GETX"), 501),
        (head(method="get"), 501),
        (head(method="PLAY"), 501),  # of RTSP, which the parser knows as well
        (head(method="F'O`O"), 501),
        (head(method="F(O)"), 400),
        (head(method="FOO", version="9.9"), 400),
        (b"FOO bar\r\n\r\n", 400),
        (head("Transfer-Encoding: chunked", path="/v1/processes/1/tasks") + b"zz\r\n", 400),
        (head("Transfer-Encoding: gzip, chunked", path="/v1/processes/1/tasks") + b"0\r\n\r\n", 501),
    ],
)
async def test_what_is_no_request(connect: Connect, gateway: Gateway, sent: bytes, status: int) -> None:
    client = await connect(gateway)
    await client.send(sent)

    given, headers, body = await client.answer()
    assert given == status
    assert headers["content-type"].startswith("application/json")
    assert headers["server"] == "syncline"
    assert json.loads(body)
    assert b"yyy" not in body


async def test_a_head_without_end_is_not_kept(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send(head()[:-2], *[b"X: " + b"y" * 30_000 + b"\r\n"] * 2)
    answer = asyncio.create_task(client.rest())
    async with asyncio.timeout(SECONDS):
        while not answer.done():  # the refusal comes with the next bytes, whose writer must not run ahead of it
            client.writer.write(b"X: y\r\n")
            await asyncio.wait([answer], timeout=0.2)

    assert (await answer).startswith(b"HTTP/1.0 431 ")


@pytest.mark.usefixtures("answering")
async def test_a_long_head_in_pieces_is_one_request(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    sent = head(sized(), *(f"X-{n}: {'y' * 1000}" for n in range(30))) + BODY
    for _ in range(3):  # what came of one head does not count for the next
        for start in range(0, len(sent), 5000):
            await client.send(sent[start : start + 5000])
        assert (await client.answer())[0] == 200


@pytest.mark.usefixtures("answering")
async def test_many_pipelined_requests_are_no_long_head(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    small, large = head(sized()) + BODY, json.dumps({"ops": [{**ECHO, "extra": "y" * 300_000}]}).encode()
    requests = [small] * 1_000 + [head(sized(large)) + large] + [small] * 10

    async def read() -> list[int]:
        return [(await client.answer())[0] for _ in requests]

    statuses, _ = await asyncio.gather(read(), client.send(*requests))
    assert statuses == [200] * len(requests)


@pytest.mark.usefixtures("answering")
async def test_what_follows_a_declined_upgrade_is_no_long_head(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    large = json.dumps({"ops": [{**ECHO, "extra": "y" * 300_000}]}).encode()
    upgrade = head(sized(), "Connection: Upgrade", "Upgrade: websocket") + BODY
    await client.send(upgrade, head(sized(large)) + large, head(sized()) + BODY)

    assert [(await client.answer())[0] for _ in range(3)] == [200, 200, 200]


async def test_a_client_that_leaves_in_a_body_that_nobody_wants_is_no_fault(
    connect: Connect, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    client = await connect(gateway)
    await client.send(head("Content-Length: 100000000"), b"y" * 100)
    assert (await client.answer())[0] == 413
    client.writer.write_eof()

    assert await client.rest() == b""
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_path_that_is_no_utf8(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send(b"POST /api/1/json/\xff/2/3 HTTP/1.1\r\nHost: x\r\n" + sized().encode() + b"\r\n\r\n" + BODY)

    assert (await client.answer())[0] in (200, 400)


async def test_header_values_that_are_no_utf8_reach_the_task(
    connect: Connect, gateway: Gateway, server: ExchangeServer
) -> None:
    server.answer = lambda _: created("1")
    client = await connect(gateway)
    await client.send(head(sized())[:-2] + b"X-Odd: \xff\xd0\x96\r\nX-Two: a\r\nX-Two: b\r\n\r\n" + BODY)
    await client.answer()

    headers = json.loads((await server.next()).operation.create_task.headers_json)
    assert (headers["x-odd"], headers["x-two"]) == ("\ufffdЖ", "a, b")


async def test_a_truncated_body_makes_no_task(connect: Connect, gateway: Gateway, server: ExchangeServer) -> None:
    client = await connect(gateway)
    await client.send(head(sized()) + BODY[:-5])
    await client.close()
    server.answer = lambda _: created("1")
    await gateway.ops(ECHO)

    assert server.seen.qsize() == 1


@pytest.mark.parametrize(
    "request_bytes",
    [
        head(sized()) + BODY[:-5],
        head("Transfer-Encoding: chunked") + b"%x\r\n" % len(BODY) + BODY + b"\r\n",
        head(sized()),
    ],
)
async def test_a_client_that_ends_before_its_body_does_is_told(
    connect: Connect, gateway: Gateway, request_bytes: bytes
) -> None:
    client = await connect(gateway)
    client.writer.write(request_bytes)
    client.writer.write_eof()

    status, headers, body = await client.answer()
    assert (status, headers["connection"]) == (400, "close")
    assert json.loads(body)["ops"][0]["description"] == "The body did not come whole"


@pytest.mark.usefixtures("answering")
async def test_many_small_headers(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send(head(sized(), *(f"X-{n}: y" for n in range(1000))) + BODY)

    assert json.loads((await client.answer())[2]) == GOOD


@pytest.mark.parametrize("synchronous", [True, False])
async def test_a_client_that_sends_and_hangs_up_means_what_it_sent(
    connect: Connect, gateway: Gateway, server: ExchangeServer, synchronous: bool
) -> None:
    client = await connect(gateway, synchronous=synchronous)
    client.writer.write(head(sized()) + BODY)
    client.writer.close()

    assert (await server.next()).kind == "create_task"


async def test_a_client_that_sends_no_more_but_reads(
    connect: Connect, gateway: Gateway, server: ExchangeServer
) -> None:
    client = await connect(gateway)
    client.writer.write(head(sized()) + BODY)
    client.writer.write_eof()
    reply(await server.next(), created("1"))

    assert json.loads((await client.answer())[2]) == GOOD
    assert await client.rest() == b""


async def test_a_parked_client_that_hangs_up_is_released(
    connect: Connect, gateway: Gateway, server: ExchangeServer
) -> None:
    client = await connect(gateway)
    await client.send(head(sized()) + BODY)
    seen = await server.next()
    accept(seen)
    await client.close()

    assert await server.next_cancelled() == seen.operation.number


async def test_an_idle_connection_that_ends_is_ended(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    client.writer.write_eof()

    assert await client.rest() == b""
