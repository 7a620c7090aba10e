"""The real performer with real sockets; what only concerns where calls may go is in test_http_performer_targets.py."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import zlib
from typing import TYPE_CHECKING

import pytest

from fakes.callee import Callee, Drip, Hang, Raw, Received, Reply, Working, redirect
from runtime.performer_conformance import TASK, Arrived, PerformerConformance, Stage, call
from syncline.environment import networks
from syncline_server.engine.effects import MAX_REPLY_BYTES, CallFailure, CallFault, CallReply
from syncline_server.runtime.performers import HttpPerformer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

LOOPBACK = networks("127.0.0.0/8, ::1/128")


@pytest.fixture
async def callee() -> AsyncIterator[Callee]:
    async with Callee() as callee:
        yield callee


@pytest.fixture
async def performer() -> AsyncIterator[HttpPerformer]:
    performer = HttpPerformer(allow=LOOPBACK)
    yield performer
    await performer.close()


class HttpStage:
    """Peers on loopback sockets."""

    def __init__(self, callee: Callee, closing: contextlib.AsyncExitStack) -> None:
        self._callee = callee
        self._closing = closing

    def performer(self, call_seconds: float = 60.0) -> HttpPerformer:
        performer = HttpPerformer(allow=LOOPBACK, call_seconds=call_seconds)
        self._closing.push_async_callback(performer.close)
        return performer

    def replies(self, reply: CallReply) -> str:
        return self._callee.on("/replies", Reply(reply.status, reply.body, reply.headers))

    def nobody(self) -> str:
        return f"http://127.0.0.1:{unused_port()}/"

    def holds(self) -> tuple[str, Callable[[], None]]:
        hang = Hang()
        return self._callee.on("/holds", hang), hang.release

    async def arrived(self, number: int) -> Arrived:
        received = await self._callee.request(number)
        return Arrived(received.method, received.body.decode(), received.headers["idempotency-key"])

    def count(self) -> int:
        return len(self._callee.requests)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TestHttpPerformer(PerformerConformance):
    @pytest.fixture
    async def stage(self, callee: Callee) -> AsyncIterator[Stage]:
        async with contextlib.AsyncExitStack() as closing:
            yield HttpStage(callee, closing)


async def reply_to(
    performer: HttpPerformer, url: str, *, method: str = "POST", body: str | None = "{}", node: str = "a"
) -> CallReply:
    reply = await performer.perform(TASK, call(url, method=method, body=body, node=node))
    assert isinstance(reply, CallReply), reply
    return reply


async def fault_of(performer: HttpPerformer, url: str) -> CallFault:
    reply = await performer.perform(TASK, call(url))
    assert isinstance(reply, CallFailure), reply
    return reply.fault


async def test_a_request_goes_out_as_rendered(performer: HttpPerformer, callee: Callee) -> None:
    await reply_to(performer, callee.url("/p?a=b%20c&d=ї"), method="PUT", body='{"x":"ї"}')
    received = await callee.request()
    assert (received.method, received.path, received.body) == ("PUT", "/p?a=b%20c&d=%D1%97", '{"x":"ї"}'.encode())
    assert received.headers["x-corezoid-taskid"] == TASK.task_id
    assert received.headers["user-agent"] == "Syncline"
    assert "content-type" not in received.headers


async def test_what_came_back_is_given_whole(performer: HttpPerformer, callee: Callee) -> None:
    head = (
        b"HTTP/1.1 404 Gone\r\nX-Two: a\r\nX-Two: b\r\nX-Latin: caf\xe9\r\nX-Utf: \xd1\x97\r\nContent-Length: 2\r\n\r\n"
    )
    reply = await reply_to(performer, callee.on("/raw", Raw(head + b"no")))
    assert (reply.status, reply.body) == (404, b"no")
    assert reply.headers["x-two"] == "a, b"
    assert reply.headers["x-utf"] == "ї"
    assert reply.headers["x-latin"] == "caf\ufffd"
    assert 0 < reply.milliseconds < 60_000


async def test_an_answer_to_head_has_no_body(performer: HttpPerformer, callee: Callee) -> None:
    url = callee.on("/head", Reply(200, b"x" * 600_000))
    reply = await reply_to(performer, url, method="HEAD", body=None)
    assert (reply.body, reply.headers["content-length"]) == (b"", "600000")


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b'{"a":1}', mtime=0)),
        ("deflate", zlib.compress(b'{"a":1}')),
        ("identity", b'{"a":1}'),
    ],
)
async def test_a_packed_answer_is_unpacked(
    performer: HttpPerformer, callee: Callee, coding: str, packed: bytes
) -> None:
    url = callee.on("/packed", Reply(200, packed, {"content-encoding": coding}))
    assert (await reply_to(performer, url)).body == b'{"a":1}'


@pytest.mark.parametrize(
    ("packed", "fault"),
    [
        (gzip.compress(bytes(MAX_REPLY_BYTES + 1), mtime=0), CallFault.TOO_LARGE),
        (b"no gzip at all", CallFault.BROKEN),
    ],
    ids=["large", "other"],
)
async def test_a_badly_packed_answer_is_a_failure(
    performer: HttpPerformer, callee: Callee, packed: bytes, fault: CallFault
) -> None:
    url = callee.on("/packed", Reply(200, packed, {"content-encoding": "gzip"}))
    assert await fault_of(performer, url) == fault


async def test_a_large_answer_is_given_up_while_it_streams(performer: HttpPerformer, callee: Callee) -> None:
    drip = Drip()
    drip.feed(b"x" * (MAX_REPLY_BYTES + 1))  # And it never ends.
    assert await fault_of(performer, callee.on("/endless", drip)) == CallFault.TOO_LARGE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSH-2.0-nothing\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_whole_answer_is_broken(performer: HttpPerformer, callee: Callee, data: bytes) -> None:
    assert await fault_of(performer, callee.on("/raw", Raw(data))) == CallFault.BROKEN
    assert len(callee.requests) == 1


async def test_an_answer_cut_in_the_middle_is_broken(performer: HttpPerformer, callee: Callee) -> None:
    drip = Drip()
    work = asyncio.create_task(fault_of(performer, callee.on("/drip", drip)))
    drip.feed(b'{"a":')
    drip.cut()
    assert await work == CallFault.BROKEN


async def test_an_answer_that_drips_is_given_whole(performer: HttpPerformer, callee: Callee) -> None:
    drip = Drip(201)
    work = asyncio.create_task(reply_to(performer, callee.on("/drip", drip)))
    for piece in (b'{"a"', b":1}"):
        await callee.request()
        drip.feed(piece)
    drip.finish()
    assert ((await work).status, (await work).body) == (201, b'{"a":1}')


async def test_an_answer_that_never_ends_is_a_timeout(callee: Callee) -> None:
    drip = Drip()
    drip.feed(b"a")
    performer = HttpPerformer(allow=LOOPBACK, call_seconds=0.2)
    assert await fault_of(performer, callee.on("/drip", drip)) == CallFault.TIMEOUT
    await performer.close()


async def test_cookies_are_not_kept(performer: HttpPerformer, callee: Callee) -> None:
    url = callee.on("/set", Reply(200, b"{}", {"set-cookie": "a=b; Path=/"}))
    assert (await reply_to(performer, url)).headers["set-cookie"] == "a=b; Path=/"
    await reply_to(performer, url)
    assert "cookie" not in (await callee.request(2)).headers


async def test_the_environments_proxy_is_not_used(
    performer: HttpPerformer, callee: Callee, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    assert (await reply_to(performer, callee.url())).status == 200


async def test_connections_are_kept(performer: HttpPerformer, callee: Callee) -> None:
    for _ in range(3):
        await reply_to(performer, callee.url())
    assert [received.connection for received in callee.requests] == [1, 1, 1]


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_kept_connection_that_the_peer_has_closed_is_tried_again_afresh(
    performer: HttpPerformer, callee: Callee, method: str
) -> None:
    url = callee.on("/stale", Reply(), Raw(), Reply(201))
    assert (await reply_to(performer, url)).status == 200
    assert (await reply_to(performer, url, method=method)).status == 201
    first, second, third = callee.requests
    assert (first.connection, second.connection, third.connection) == (1, 1, 2)
    assert second.headers == {name: value for name, value in third.headers.items() if name != "connection"}
    assert second.body == third.body == b"{}"


async def test_it_is_tried_again_once_only(performer: HttpPerformer, callee: Callee) -> None:
    url = callee.on("/stale", Reply(), Raw())
    assert (await reply_to(performer, url)).status == 200
    assert await fault_of(performer, url) == CallFault.BROKEN
    assert len(callee.requests) == 3


async def test_an_answer_that_broke_off_is_not_tried_again(performer: HttpPerformer, callee: Callee) -> None:
    url = callee.on("/cut", Reply(), Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"))
    assert (await reply_to(performer, url)).status == 200
    assert await fault_of(performer, url) == CallFault.BROKEN
    assert len(callee.requests) == 2


async def test_only_so_many_calls_are_out_at_a_time(callee: Callee) -> None:
    hang = Hang()
    url = callee.on("/hang", hang)
    performer = HttpPerformer(allow=LOOPBACK, max_connections=2, call_seconds=0.5)
    outcomes = await asyncio.gather(*(performer.perform(TASK, call(url, node=node)) for node in "abc"))
    assert [outcome.fault for outcome in outcomes if isinstance(outcome, CallFailure)] == [
        CallFault.TIMEOUT,
        CallFault.TIMEOUT,
        CallFault.QUEUE,
    ]
    assert len(callee.requests) == 2
    await performer.close()


async def test_only_so_many_idle_connections_are_kept() -> None:
    async with contextlib.AsyncExitStack() as stack:
        performer = HttpPerformer(allow=LOOPBACK, max_connections=2)
        stack.push_async_callback(performer.close)
        callees = [await stack.enter_async_context(Callee()) for _ in range(6)]
        for callee in callees * 2:
            await reply_to(performer, callee.url())
            assert performer._sockets.open <= 4


async def test_as_many_idle_connections_as_there_are_calls_are_used_again(callee: Callee) -> None:
    performer = HttpPerformer(allow=LOOPBACK, max_connections=2)
    for _ in range(2):
        hang = Hang()
        works = [asyncio.create_task(reply_to(performer, callee.on("/", hang), node=node)) for node in "ab"]
        await callee.request(len(callee.requests) + 2)
        hang.release()
        await asyncio.gather(*works)
    assert sorted(received.connection for received in callee.requests) == [1, 1, 2, 2]
    assert performer._sockets.open == 2
    await performer.close()
    assert performer._sockets.open == 0


async def test_memory_does_not_grow_with_nodes(performer: HttpPerformer, callee: Callee) -> None:
    for node in range(20):
        await reply_to(performer, callee.url(), node=str(node))
    assert len(performer._turns) == 0


async def test_a_peer_may_work_before_it_answers(performer: HttpPerformer, callee: Callee) -> None:
    async def call_back(received: Received) -> Reply:
        await reply_to(performer, callee.url("/back"), node="b")
        return Reply(202)

    assert (await reply_to(performer, callee.on("/work", Working(call_back)))).status == 202
    assert [received.path for received in callee.requests] == ["/work", "/back"]


async def test_a_redirect_is_followed(performer: HttpPerformer, callee: Callee) -> None:
    callee.on("/from", redirect("/to?x=1", 307))
    assert (await reply_to(performer, callee.url("/from"))).body == b"{}"
    assert [(one.method, one.path, one.body) for one in callee.requests] == [
        ("POST", "/from", b"{}"),
        ("POST", "/to?x=1", b"{}"),
    ]


async def test_after_five_redirects_the_sixth_is_the_answer(performer: HttpPerformer, callee: Callee) -> None:
    reply = await reply_to(performer, callee.on("/round", redirect("/round")))
    assert (reply.status, reply.headers["location"]) == (302, "/round")
    assert len(callee.requests) == 6
