"""kill -9 at random moments under load: of the server, of the gateway, of both.

Afterwards every acknowledged create is there, every acknowledged answer can be read, and what was unfinished has gone
on by itself. `pytest -m long` does the same for much longer.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import TYPE_CHECKING

import aiohttp
import grpc.aio
import pytest

from fakes.clients import Caller, caller
from running import RunningDev, running_dev
from syncline.v1 import task_pb2

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = (("server",), ("gateway",), ("server", "gateway"))
LOST = (aiohttp.ClientError, grpc.aio.AioRpcError, TimeoutError, ConnectionError)
WORKERS = 4


class Load:
    """Callers of every kind, and what was acknowledged to them."""

    def __init__(self, client: Caller) -> None:
        self._client = client
        self._stop = asyncio.Event()
        self._news = asyncio.Condition()
        self.acknowledged = 0
        self.created: list[str] = []
        self.answers: dict[str, object] = {}
        self.timed: list[str] = []

    async def run(self) -> None:
        kinds = (self.create, self.call, self.answer, self.time)
        await asyncio.gather(*(self._work(kind, f"{number}") for kind in kinds for number in range(WORKERS)))

    def stop(self) -> None:
        self._stop.set()

    async def progress(self, count: int) -> None:
        """Return when so many more operations have been acknowledged."""
        goal = self.acknowledged + count
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: self.acknowledged >= goal)

    async def _work(self, kind: object, name: str) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            try:
                await kind(f"{name}-{number}")  # type: ignore[operator]
            except LOST:
                await self._breathe()
            else:
                async with self._news:
                    self.acknowledged += 1
                    self._news.notify_all()

    async def _breathe(self) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), 0.05)
        except TimeoutError:
            return

    async def create(self, name: str) -> None:
        reply = await self._client.create("waiting", {"name": name}, seconds=0)
        self.created.append(reply.task.task_id)

    async def call(self, name: str) -> None:
        answer = await self._client.call("echo", {"param": name}, seconds=20)
        if answer.status == 503:
            raise ConnectionError
        assert answer.op == {"proc": "ok", "data": {"info": {"param": name}}}
        self.answers[answer.task_id] = answer.op["data"]

    async def answer(self, name: str) -> None:
        task = (await self._client.create("silent", {"name": name}, seconds=0)).task
        self.created.append(task.task_id)
        url = json.loads(task.data_json)["__callback_url"]
        posted = await self._client.post(url, json.dumps({"name": name}).encode())
        if posted.status == 503:
            raise ConnectionError
        assert (posted.status, posted.text) == (200, "{}")
        self.answers[task.task_id] = {"name": name}

    async def time(self, name: str) -> None:
        until = int(time.time()) + random.randint(1, 3)
        reply = await self._client.create("later", {"param": name, "until": until}, seconds=0)
        self.timed.append(reply.task.task_id)


async def kill_now_and_then(dev: RunningDev, load: Load, kills: int, chance: random.Random) -> None:
    for number in range(kills):
        await load.progress(chance.randint(1, 60))
        for program in PROGRAMS[number % len(PROGRAMS)]:
            if dev.pid(program) is not None:
                dev.kill(program)
    await load.progress(20)


async def check(client: Caller, load: Load) -> None:
    """Nothing that was acknowledged is missing."""
    for task_id in load.created:
        assert (await client.get(task_id)).task_id == task_id
    for task_id, data in load.answers.items():
        waited = await client.wait(task_id, seconds=10)
        assert (waited.outcome.kind, json.loads(waited.outcome.data_json)) == (task_pb2.OUTCOME_KIND_ANSWERED, data)
    for task_id in load.timed:
        waited = await client.wait(task_id, until=task_pb2.WAIT_UNTIL_END, seconds=30)
        assert waited.outcome.kind == task_pb2.OUTCOME_KIND_ANSWERED


async def storm(folder: Path, kills: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with running_dev(folder) as dev:
        async with caller(dev) as client:
            load = Load(client)
            running = asyncio.create_task(load.run())
            try:
                await kill_now_and_then(dev, load, kills, random.Random(seed))
            finally:
                load.stop()
            await running
            await check(client, load)
            assert load.created
            assert load.answers
            assert load.timed


@pytest.mark.timeout(300)
async def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    await storm(tmp_path, kills=21)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_nothing_acknowledged_is_lost_in_the_long_run(tmp_path: Path) -> None:
    await storm(tmp_path, kills=300)
