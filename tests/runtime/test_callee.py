"""The fake peer itself, seen by a plain client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from fakes import tls
from fakes.callee import Answer, Callee, Drip, Hang, Raw, Received, Reply, Working, redirect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def callee() -> AsyncIterator[Callee]:
    async with Callee() as callee:
        yield callee


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


async def test_it_remembers_what_came(callee: Callee, client: aiohttp.ClientSession) -> None:
    third = asyncio.create_task(callee.request(3))
    for number in range(3):
        async with client.put(callee.url("/a%20b?n=1"), data=b"x", headers={"X-N": str(number)}) as response:
            assert (response.status, await response.read()) == (200, b"{}")
    received = await third
    assert (received.method, received.path, received.body, received.connection) == ("PUT", "/a%20b?n=1", b"x", 1)
    assert [one.headers["x-n"] for one in callee.requests] == ["0", "1", "2"]


async def test_it_tells_connections_apart(callee: Callee) -> None:
    for _ in range(2):
        async with aiohttp.request("GET", callee.url()):
            pass
    assert [received.connection for received in callee.requests] == [1, 2]


async def test_it_answers_a_path_in_turn_and_the_last_for_good(callee: Callee, client: aiohttp.ClientSession) -> None:
    url = callee.on("/a", Reply(404, b"no", {"x-a": "b"}), redirect("/b", 307))
    statuses = []
    for _ in range(3):
        async with client.get(url + "?any=query", allow_redirects=False) as response:
            statuses.append((response.status, response.headers.get("x-a"), response.headers.get("location")))
    assert statuses == [(404, "b", None), (307, None, "/b"), (307, None, "/b")]


async def test_it_can_send_anything_and_close(callee: Callee) -> None:
    callee.on("/", Raw(b"not HTTP"))
    reader, writer = await asyncio.open_connection("127.0.0.1", callee.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await reader.read() == b"not HTTP"
    writer.close()


async def test_it_drips_as_the_test_says(callee: Callee, client: aiohttp.ClientSession) -> None:
    drip, cut = Drip(201), Drip()
    async with client.get(callee.on("/drip", drip)) as response:
        assert response.status == 201
        drip.feed(b"a")
        assert await response.content.readany() == b"a"
        drip.feed(b"b")
        drip.finish()
        assert await response.read() == b"b"
    async with client.get(callee.on("/cut", cut)) as response:
        cut.feed(b"a")
        assert await response.content.readany() == b"a"
        cut.cut()
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_it_hangs_until_released(callee: Callee, client: aiohttp.ClientSession) -> None:
    hang = Hang()
    work = asyncio.create_task(client.get(callee.on("/hang", hang)).__aenter__())
    await callee.request()
    assert not work.done()
    hang.release()
    response = await work
    assert response.status == 200
    response.release()


async def test_it_can_work_first_and_answer_by_what_came_of_it(callee: Callee, client: aiohttp.ClientSession) -> None:
    async def work(received: Received) -> Answer:
        return Reply(200, received.body.upper())

    async with client.post(callee.on("/", Working(work)), data=b"a") as response:
        assert await response.read() == b"A"


async def test_it_can_do_something_about_every_request_beside_the_answer(
    callee: Callee, client: aiohttp.ClientSession
) -> None:
    async def post_back(received: Received) -> None:
        if received.path == "/ask":
            async with client.post(callee.url("/answer"), data=received.body):
                pass

    callee.each(post_back)
    async with client.post(callee.url("/ask"), data=b"a"):
        pass
    assert ((await callee.request(2)).path, callee.requests[1].body) == ("/answer", b"a")
    await callee.worked()


async def test_what_fails_in_that_fails_the_test(client: aiohttp.ClientSession) -> None:
    async def fail(received: Received) -> None:
        raise RuntimeError("the test's own fault")

    async def a_test() -> None:
        async with Callee() as callee:
            callee.each(fail)
            async with client.get(callee.url()):
                pass

    with pytest.raises(RuntimeError, match="the test's own fault"):
        await a_test()


async def test_it_ends_while_somebody_waits() -> None:
    async with aiohttp.ClientSession() as client:
        async with Callee() as callee:
            work = asyncio.create_task(client.post(callee.on("/", Hang())).__aenter__())
            await callee.request()
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await work


async def test_it_speaks_tls(client: aiohttp.ClientSession) -> None:
    async with Callee(tls=tls.server_context()) as callee:
        async with client.get(callee.url(), ssl=tls.client_context()) as response:
            assert response.status == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await client.get(callee.url())
