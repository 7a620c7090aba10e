"""Gateways are restarted one after the other, and stopped under load: whoever repeats and resumes sees no failure."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest

from fakes.credentials import basic
from fakes.rest import RestClient
from running import running_dev

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from running import RunningDev

CALLERS = 12
LISTENERS = 12
ANY = "127.0.0.1:0"


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDev]:
    with running_dev(tmp_path_factory.mktemp("dev")) as running:
        yield running


class Gateway:
    """One gateway beside that of the running system, on a port that it keeps over restarts."""

    def __init__(self, grpc: str) -> None:
        self._grpc = grpc
        self._address = ANY
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        ready, ready_far = os.pipe()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "syncline_gateway"),
            env={
                **os.environ,
                "SYNCLINE_HTTP": self._address,
                "SYNCLINE_HTTP_ASYNC": ANY,
                "SYNCLINE_GRPC": self._grpc,
                "SYNCLINE_READY_FD": str(ready_far),
                "SYNCLINE_LOG_LEVEL": "error",
            },
            pass_fds=[ready_far],
        )
        os.close(ready_far)
        with os.fdopen(ready) as announced:
            self.url = json.loads(await asyncio.wait_for(asyncio.to_thread(announced.readline), 30))["http"]
        self._address = self.url.removeprefix("http://")

    async def stop(self) -> int:
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), 10)

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def two_gateways(dev: RunningDev) -> AsyncIterator[tuple[Gateway, Gateway]]:
    pair = (Gateway(dev.key.grpc), Gateway(dev.key.grpc))
    try:
        for gateway in pair:
            await gateway.start()
        yield pair
    finally:
        for gateway in pair:
            await gateway.kill()


class Load:
    """Callers that wait for echoes and listeners that wait for answers, until told to stop."""

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._stopping = False
        self._news = asyncio.Condition()
        self.done = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name in range(CALLERS):
                group.create_task(self._call(f"c{name}"))
            for name in range(LISTENERS):
                group.create_task(self._listen(f"l{name}"))

    def stop(self) -> None:
        self._stopping = True

    async def progress(self, count: int) -> None:
        """Return when so many more calls have been answered."""
        goal = self.done + count
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: self.done >= goal)

    async def _call(self, name: str) -> None:
        number = 0
        while not self._stopping:
            number += 1
            answer = await self._client.create("@echo", {"param": f"{name}-{number}"}, wait="30s")
            assert answer["outcome"]["data"] == {"info": {"param": f"{name}-{number}"}}
            await self._one_more()

    async def _listen(self, name: str) -> None:
        number = 0
        while not self._stopping:
            number += 1
            task_id = (await self._client.create("@waiting", {}))["task"]["taskId"]
            listening = asyncio.ensure_future(self._client.outcome(task_id))
            change = {"data": {"answer": f"{name}-{number}"}, "requestId": str(uuid.uuid4())}
            await self._client.call("PATCH", f"/v1/tasks/{task_id}", change)
            assert (await listening)["data"] == {"answer": f"{name}-{number}"}
            await self._one_more()

    async def _one_more(self) -> None:
        async with self._news:
            self.done += 1
            self._news.notify_all()


async def test_a_rolling_restart_of_two_gateways_fails_no_call(dev: RunningDev) -> None:
    async with two_gateways(dev) as pair, aiohttp.ClientSession() as session:
        client = RestClient(session, [gateway.url for gateway in pair], basic(dev.key.login, dev.key.secret))
        load = Load(client)
        running = asyncio.ensure_future(load.run())
        for gateway in (*pair, *pair):
            await load.progress(50)
            assert await gateway.stop() == 0
            await load.progress(20)
            await gateway.start()
        await load.progress(50)
        load.stop()
        await asyncio.wait_for(running, 60)

    assert load.done >= 4 * 70
    assert client.broken > 0, "no restart met a call"


class Burst:
    """Callers who send as much as they can, repeat nothing, and write down what was acknowledged to them."""

    def __init__(self, session: aiohttp.ClientSession, dev: RunningDev) -> None:
        key = dev.key
        self._session = session
        self._url = f"{key.http}/v1/processes/@echo/tasks"
        self._headers = {"Authorization": basic(key.login, key.secret)}
        self._news = asyncio.Condition()
        self.acknowledged: dict[str, str] = {}
        """What each task was to echo."""
        self.refused = 0
        self.cut: list[str] = []
        """What was asked on a connection that broke after the request was sent."""

    async def run(self, callers: int) -> None:
        await asyncio.gather(*(self._call(f"c{name}") for name in range(callers)))

    async def progress(self, count: int) -> None:
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: len(self.acknowledged) >= count)

    async def _call(self, name: str) -> None:
        number = 0
        while True:
            number += 1
            param = f"{name}-{number}"
            body = {"data": {"param": param}, "ref": param, "wait": {"timeout": "30s"}}
            try:
                async with self._session.post(self._url, json=body, headers=self._headers) as answer:
                    read = await answer.json()
            except aiohttp.ClientConnectorError:
                return
            except aiohttp.ClientError:
                self.cut.append(param)
                return
            if answer.status != 200:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "1"), read
                self.refused += 1
                return
            async with self._news:
                self.acknowledged[read["task"]["taskId"]] = param
                self._news.notify_all()


async def test_sigterm_under_full_load_loses_no_accepted_call(tmp_path: Path) -> None:
    callers = 64
    with running_dev(tmp_path) as dev:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=callers)) as session:
            burst = Burst(session, dev)
            running = asyncio.ensure_future(burst.run(callers))
            await burst.progress(300)
            status = await asyncio.to_thread(dev.stop)
            await asyncio.wait_for(running, 30)
    assert status == 0
    assert burst.cut == [], "a request that was taken got no answer"

    with running_dev(tmp_path) as dev:
        async with aiohttp.ClientSession() as session:
            client = RestClient(session, [dev.key.http], basic(dev.key.login, dev.key.secret))
            for task_id, param in burst.acknowledged.items():
                answer = await client.call("GET", f"/v1/tasks/{task_id}:wait?timeout=0s")
                assert answer["outcome"]["data"] == {"info": {"param": param}}
