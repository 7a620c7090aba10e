"""Callers as they are outside: one that speaks ops over HTTP, one that has the gRPC stubs."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import grpc
import grpc.aio
from google.protobuf.duration_pb2 import Duration

from fakes.credentials import basic
from syncline.v1 import (
    process_service_pb2_grpc,
    task_calls_pb2,
    task_pb2,
    task_service_pb2_grpc,
)
from syncline_cli.signing import signed_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from running import RunningDev
    from syncline_cli.devfile import DevFile

PATIENCE = 60.0
OUTCOME = task_pb2.WAIT_UNTIL_OUTCOME


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def op(self) -> Any:
        """The only entry of `ops`."""
        (entry,) = self.json["ops"]
        return entry

    @property
    def task_id(self) -> str:
        """The handle."""
        return self.headers["syncline-task-id"]


class Caller:
    """Both kinds of client of one running system, under one key."""

    def __init__(self, key: DevFile, session: aiohttp.ClientSession, channel: grpc.aio.Channel) -> None:
        self.key = key
        self._session = session
        self.metadata = (("authorization", basic(key.login, key.secret)),)
        self.tasks = task_service_pb2_grpc.TaskServiceStub(channel)
        self.processes = process_service_pb2_grpc.ProcessServiceStub(channel)

    # HTTP.

    async def post(self, url: str, body: bytes, **headers: str) -> Answer:
        """Post bytes to a path of the synchronous face, or to a whole URL."""
        whole = url if url.startswith("http") else self.key.http + url
        async with self._session.post(whole, data=body, headers=headers) as response:
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, names, await response.text())

    async def ready(self) -> None:
        """Return when the gateway has its server."""
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self._session.get(self.key.http + "/readyz") as response:
                    if response.status == 200:
                        return

    async def ops(self, request: object, *, face: str = "", sign: tuple[str, str] | None = None) -> Answer:
        """Post a signed ops request."""
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        login, secret = sign or (self.key.login, self.key.secret)
        return await self.post((face or self.key.http) + signed_path(login, secret, int(time.time()), body), body)

    async def call(self, alias: str, data: object, *, seconds: float = PATIENCE, ref: str | None = None) -> Answer:
        """Create a task and stay for its answer."""
        op: dict[str, object] = {"type": "create", "obj": "task", "obj_alias": alias, "data": data}
        if ref is not None:
            op["ref"] = ref
        return await self.ops({"timeout": seconds, "ops": [op]})

    async def start(self, alias: str, data: object, ref: str | None = None) -> Answer:
        """Create a task through the asynchronous face."""
        op = {"type": "create", "obj": "task", "obj_alias": alias, "data": data, "ref": ref}
        return await self.ops({"ops": [op]}, face=self.key.http_async)

    # gRPC.

    async def create(
        self,
        alias: str,
        data: object,
        *,
        until: task_pb2.WaitUntil = OUTCOME,
        seconds: float = PATIENCE,
        **more: Any,
    ) -> Any:
        """CreateTask, with a wait unless it is for 0 seconds."""
        wait = task_pb2.Wait(until=until, timeout=_duration(seconds)) if seconds else None
        request = task_calls_pb2.CreateTaskRequest(process=f"@{alias}", data_json=json.dumps(data), wait=wait, **more)
        return await self.tasks.CreateTask(request, metadata=self.metadata, timeout=PATIENCE, wait_for_ready=True)

    async def get(self, task_id: str) -> Any:
        request = task_calls_pb2.GetTaskRequest(task_id=task_id)
        return (await self.tasks.GetTask(request, metadata=self.metadata, timeout=PATIENCE, wait_for_ready=True)).task

    async def modify(self, task_id: str, data: object) -> Any:
        """ModifyTask, sent again under its request id when the server went away meanwhile."""
        request = task_calls_pb2.ModifyTaskRequest(
            task_id=task_id, data_json=json.dumps(data), request_id=secrets.token_hex(8)
        )
        while True:
            try:
                made = self.tasks.ModifyTask(request, metadata=self.metadata, timeout=PATIENCE, wait_for_ready=True)
                return (await made).task
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise

    async def wait(self, task_id: str, *, until: task_pb2.WaitUntil = OUTCOME, seconds: float = PATIENCE) -> Any:
        request = task_calls_pb2.WaitTaskRequest(task_id=task_id, until=until, timeout=_duration(seconds))
        return await self.tasks.WaitTask(request, metadata=self.metadata, timeout=PATIENCE, wait_for_ready=True)

    def watch(self, task_id: str = "", *, until: task_pb2.WaitUntil = OUTCOME, token: str = "") -> Any:
        """AwaitTask; a token needs no key."""
        request = task_calls_pb2.AwaitTaskRequest(task_id=task_id, until=until, resume_token=token)
        return self.tasks.AwaitTask(
            request, metadata=() if token else self.metadata, timeout=PATIENCE, wait_for_ready=True
        )


def _duration(seconds: float) -> Duration:
    return Duration(seconds=int(seconds), nanos=int(seconds % 1 * 1_000_000_000))


@asynccontextmanager
async def caller(dev: RunningDev) -> AsyncIterator[Caller]:
    """Give a client of the running system."""
    connector = aiohttp.TCPConnector(limit=0)
    options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
    async with (
        aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(PATIENCE * 2)) as session,
        grpc.aio.insecure_channel(dev.key.grpc, options=options) as channel,
    ):
        yield Caller(dev.key, session, channel)
