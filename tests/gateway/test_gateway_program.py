"""The program itself: its announcement, its end, what it says of bad settings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import pytest

from fakes.exchange_server import accept, created, reply
from fakes.gateway import ECHO, OPS
from syncline_gateway.contract import make_transcoder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.exchange_server import ExchangeServer
    from fakes.methods import Context, Methods

ANY = "127.0.0.1:0"
BODY = json.dumps({"ops": [ECHO]}).encode()


@dataclass
class Program:
    """The gateway as a process."""

    process: asyncio.subprocess.Process
    urls: dict[str, str]
    life: int

    async def end(self) -> tuple[int, list[dict[str, object]]]:
        """Return its exit status and its log."""
        _, log = await asyncio.wait_for(self.process.communicate(), 5)
        return self.process.returncode or 0, [json.loads(line) for line in log.splitlines()]


async def start(**settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "syncline_gateway"),
        env={**os.environ, **settings},
        stderr=asyncio.subprocess.PIPE,
        pass_fds=[int(fd) for name, fd in settings.items() if name.endswith("_FD")],
    )


@pytest.fixture
async def program(server: ExchangeServer) -> AsyncIterator[Program]:
    (ready, ready_in), (life_out, life) = os.pipe(), os.pipe()
    process = await start(
        SYNCLINE_HTTP=ANY,
        SYNCLINE_HTTP_ASYNC=ANY,
        SYNCLINE_GRPC=server.address,
        SYNCLINE_READY_FD=str(ready_in),
        SYNCLINE_LIFE_FD=str(life_out),
    )
    os.close(ready_in)
    os.close(life_out)
    with os.fdopen(ready) as announced:
        urls = json.loads(await asyncio.wait_for(asyncio.to_thread(announced.read), 10))
    started = Program(process, urls, life)
    yield started
    with contextlib.suppress(OSError):
        os.close(life)
    if process.returncode is None:
        process.kill()
        await process.communicate()


async def test_it_serves_until_it_is_told_to_stop(program: Program, server: ExchangeServer) -> None:
    server.answer = lambda _: created("1")
    async with aiohttp.ClientSession() as session:
        for url in (program.urls["http"], program.urls["http_async"]):
            async with session.post(url + OPS, data=BODY) as answer:
                assert (await answer.json())["ops"][0]["proc"] == "ok"
        async with session.get(program.urls["http"] + "/readyz") as answer:
            assert answer.status == 200
    program.process.terminate()

    status, log = await program.end()
    assert status == 0
    assert [line["event"] for line in log] == ["upstream.connected", "gateway.serving", "gateway.stopped"]


@pytest.mark.parametrize("how", ["SIGTERM", "life"])
async def test_it_stops_in_time_with_callers_waiting(program: Program, server: ExchangeServer, how: str) -> None:
    async with aiohttp.ClientSession() as session:
        asked = [asyncio.ensure_future(session.post(program.urls["http"] + OPS, data=BODY)) for _ in range(20)]
        for _ in asked:
            accept(await server.next())
        # Idle and half-sent connections do not hold it up either.
        host, _, port = program.urls["http"].removeprefix("http://").partition(":")
        _, idle = await asyncio.open_connection(host, int(port))
        _, half = await asyncio.open_connection(host, int(port))
        half.write(b"POST " + OPS.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await half.drain()
        began = time.monotonic()
        if how == "life":
            os.close(program.life)
        else:
            program.process.send_signal(signal.SIGTERM)
        answers = [await asyncio.wait_for(answer, 5) for answer in asked]
        status, _ = await program.end()

        assert time.monotonic() - began < 1.5
        assert status == 0
        assert {(answer.status, answer.headers["Retry-After"]) for answer in answers} == {(503, "1")}
        for answer in answers:
            answer.release()
        for writer in (idle, half):
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def test_with_a_parent_an_interrupt_is_the_parents_business(program: Program, server: ExchangeServer) -> None:
    program.process.send_signal(signal.SIGINT)
    async with aiohttp.ClientSession() as session:
        asked = asyncio.ensure_future(session.post(program.urls["http"] + OPS, data=BODY))
        reply(await server.next(), created("1"))
        assert (await asked).status == 200


async def test_a_client_that_sends_and_hangs_up_is_understood(program: Program, server: ExchangeServer) -> None:
    """The program runs on another event loop than the tests."""
    host, _, port = program.urls["http_async"].removeprefix("http://").partition(":")
    request = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (OPS.encode(), len(BODY), BODY)
    for _ in range(20):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        writer.close()
        await writer.wait_closed()

    for _ in range(20):
        assert (await server.next()).kind == "create_task"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SYNCLINE_HTPP": "x"}, "SYNCLINE_HTPP: no such setting"),
        ({"SYNCLINE_GRPC": "nowhere"}, "SYNCLINE_GRPC: 'nowhere' is not HOST:PORT"),
    ],
)
async def test_bad_settings_are_one_line(settings: dict[str, str], said: str) -> None:
    process = await start(**settings)
    _, line = await asyncio.wait_for(process.communicate(), 10)

    assert process.returncode == 2
    assert line.decode().startswith(said)
    assert line.count(b"\n") == 1


async def test_a_port_that_is_taken_is_one_line(server: ExchangeServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = await start(SYNCLINE_HTTP=ANY, SYNCLINE_HTTP_ASYNC=address, SYNCLINE_GRPC=server.address)
        _, line = await asyncio.wait_for(process.communicate(), 10)

    assert process.returncode == 2
    assert line.decode().splitlines()[-1] == f"SYNCLINE_HTTP_ASYNC: {address}: Address already in use"


FAULTY = """
import sys
from syncline_gateway import __main__
from syncline_gateway.http import app
from syncline_gateway.transcoding.rules import RulesError

def faulty():
    raise RulesError(["one.Service.First: this", "one.Service.Second: that"])

app.make_transcoder = faulty
sys.exit(__main__.main())
"""


async def test_rules_that_cannot_be_served_are_all_told() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FAULTY), env=dict(os.environ), stderr=asyncio.subprocess.PIPE
    )
    _, lines = await asyncio.wait_for(process.communicate(), 10)

    assert process.returncode == 2
    assert lines.decode().splitlines() == ["one.Service.First: this", "one.Service.Second: that"]


async def test_a_stop_lets_every_stream_say_that_it_ends(program: Program, methods: Methods) -> None:
    async def parked(_: object, context: Context) -> None:
        await context.send_initial_metadata((("syncline-task-id", "a" * 24),))
        await asyncio.sleep(60)

    (rpc,) = (one for one in make_transcoder().rpcs if one.name.endswith("/AwaitTask"))
    methods.serve(rpc, parked)
    async with aiohttp.ClientSession() as session:
        url = f"{program.urls['http_async']}/v1/tasks/x:await"
        streams = [await asyncio.wait_for(session.get(url), 5) for _ in range(100)]
        program.process.terminate()
        bodies = [await asyncio.wait_for(stream.text(), 5) for stream in streams]
        status, log = await program.end()

    assert status == 0
    assert {json.loads(body.splitlines()[-1])["error"]["code"] for body in bodies} == {14}
    assert "streams.cut" not in [line["event"] for line in log]
