"""A server on a port of its own for a test, and clients of it that speak the contract."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from fakes.credentials import basic
from fakes.runtime import PATIENCE, World, make_world
from syncline.v1 import exchange_pb2, task_calls_pb2, task_pb2
from syncline.v1.access_service_pb2_grpc import AccessServiceStub
from syncline.v1.process_service_pb2_grpc import ProcessServiceStub
from syncline.v1.resource_service_pb2_grpc import ResourceServiceStub
from syncline.v1.step_service_pb2_grpc import StepServiceStub
from syncline.v1.task_service_pb2_grpc import TaskServiceStub
from syncline_server.rpc.exchange import CREDIT
from syncline_server.rpc.server import RpcServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MEBIBYTE = 1024 * 1024


def wait(seconds: float = PATIENCE, until: str = "OUTCOME", node_id: str = "") -> task_pb2.Wait:
    """Return a wait."""
    return task_pb2.Wait(until=f"WAIT_UNTIL_{until}", timeout=duration(seconds), node_id=node_id)


def duration(seconds: float) -> Duration:
    """Return so many seconds."""
    return Duration(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))


class Stubs:
    """The stubs of one channel; the key goes with every call unless there is none."""

    def __init__(self, channel: grpc.aio.Channel, authorization: str = "") -> None:
        self.channel = channel
        self.authorization = authorization
        self.metadata = (("authorization", authorization),) if authorization else ()
        self._stubs: tuple[Any, ...] = tuple(
            kind(channel)
            for kind in (TaskServiceStub, ProcessServiceStub, StepServiceStub, AccessServiceStub, ResourceServiceStub)
        )

    def with_key(self, login: str, secret: str) -> Stubs:
        """Return the same for another key."""
        return Stubs(self.channel, basic(login, secret))

    async def __call__(self, method: str, request: object, *, deadline: float = PATIENCE) -> Any:
        """Make a unary call."""
        return await self.method(method)(request, metadata=self.metadata, timeout=deadline)

    def method(self, name: str) -> Any:
        """Return a method by its name."""
        return next(getattr(stub, name) for stub in self._stubs if hasattr(stub, name))

    def watch(self, **fields: Any) -> Any:
        """AwaitTask; with a resume token no key goes along."""
        metadata = () if fields.get("resume_token") else self.metadata
        request = task_calls_pb2.AwaitTaskRequest(**fields)
        return self.method("AwaitTask")(request, metadata=metadata, timeout=PATIENCE)

    def exchange(self) -> Stream:
        """Open an Exchange stream."""
        return Stream(self.method("Exchange")(metadata=self.metadata))


class Refusal:
    """A failed call as the client sees it."""

    def __init__(self, status: status_pb2.Status) -> None:
        self.code = next(code for code in grpc.StatusCode if code.value[0] == status.code)
        self.message = status.message
        self.info = error_details_pb2.ErrorInfo()
        self.fields: list[str] = []
        violations = error_details_pb2.BadRequest()
        for detail in status.details:
            detail.Unpack(self.info)
            if detail.Unpack(violations):
                self.fields = [one.field for one in violations.field_violations]
        self.reason = self.info.reason


async def refusal(call: Any) -> Refusal:
    """Await a call that has to fail; return how it failed."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        status = rpc_status.from_call(error)
        if status is None:
            raise AssertionError(f"{error.code()} without details: {error.details()}") from None
        return Refusal(status)
    raise AssertionError("the call did not fail")


class Stream:
    """One Exchange stream: operations go out in frames, results are kept by number as they come."""

    def __init__(self, call: Any) -> None:
        self.call = call
        self.frames: list[exchange_pb2.ExchangeResponse] = []
        self.phases: dict[int, list[str]] = {}
        self._results: dict[int, list[exchange_pb2.Result]] = {}
        self._news = asyncio.Event()
        self._number = 0
        self.is_over = False
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while (frame := await self.call.read()) is not grpc.aio.EOF:
                self.frames.append(frame)
                for result in frame.results:
                    self._results.setdefault(result.number, []).append(result)
                    self.phases.setdefault(result.number, []).append(result.WhichOneof("phase"))
                self._news.set()
        except grpc.aio.AioRpcError:
            pass  # `code` tells.
        finally:
            self.is_over = True
            self._news.set()

    def operation(self, **fields: Any) -> exchange_pb2.Operation:
        """Return an operation with the next number."""
        self._number += 1
        return exchange_pb2.Operation(number=self._number, **fields)

    async def send(self, *operations: exchange_pb2.Operation, **frame: Any) -> None:
        """Send a frame."""
        await self.call.write(exchange_pb2.ExchangeRequest(operations=operations, **frame))

    async def ask(self, **fields: Any) -> Any:
        """Send one operation; return its last phase."""
        operation = self.operation(**fields)
        await self.send(operation)
        return await self.result(operation.number)

    async def begin(self, **fields: Any) -> int:
        """Send one operation; return its number once it is accepted."""
        operation = self.operation(**fields)
        await self.send(operation)
        await self.accepted(operation.number)
        return operation.number

    async def accepted(self, number: int) -> exchange_pb2.Accepted:
        """Return the first phase of an operation."""
        await self._until(lambda: number in self._results)
        return self._results[number][0].accepted

    async def result(self, number: int) -> Any:
        """Return the last phase of an operation; an error as a `Refusal`."""
        await self._until(lambda: any(one.WhichOneof("phase") != "accepted" for one in self._results.get(number, ())))
        last = self._results[number][-1]
        phase = last.WhichOneof("phase")
        return Refusal(last.error) if phase == "error" else getattr(last, phase or "")

    async def going_away(self) -> None:
        """Wait until the server says that it stops."""
        await self._until(lambda: any(frame.going_away for frame in self.frames))

    async def first(self) -> exchange_pb2.ExchangeResponse:
        """Return the first frame."""
        await self._until(lambda: bool(self.frames))
        return self.frames[0]

    async def code(self) -> grpc.StatusCode:
        """Return how the stream ended."""
        code: grpc.StatusCode = await asyncio.wait_for(self.call.code(), PATIENCE)
        await self._reader
        return code

    async def close(self) -> None:
        """End the stream without more ado."""
        self._reader.cancel()
        self.call.cancel()
        await asyncio.wait((self._reader,))

    async def _until(self, true: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not true():
                assert not self.is_over, f"the stream is over: {self.phases}"
                self._news.clear()
                await self._news.wait()


@dataclass(slots=True, kw_only=True)
class Served:
    """A runtime behind a real server."""

    world: World
    server: RpcServer
    port: int
    owner: Stubs

    @property
    def anybody(self) -> Stubs:
        """A client without a key."""
        return Stubs(self.owner.channel)

    async def parked(self, count: int) -> None:
        """Wait until so many callers are parked."""
        async with asyncio.timeout(PATIENCE):
            while len(self.world.runtime.watch) != count:  # noqa: ASYNC110 - the loop's own turns are what is waited for
                await asyncio.sleep(0)

    async def another_key(self, *, rate_limit: int = 0) -> Stubs:
        """Make a key without rights."""
        key = await self.world.runtime.access.create_key(self.world.owner, "Another", rate_limit)
        return self.owner.with_key(key.login, key.secret)


@asynccontextmanager
async def serving(world: World, *, heartbeat_seconds: float = 60.0, credit: int = CREDIT) -> AsyncIterator[Served]:
    """Serve a runtime; stop serving afterwards, unless that has been done."""
    server = RpcServer(
        world.runtime,
        max_body_bytes=MEBIBYTE,
        max_task_bytes=MEBIBYTE,
        heartbeat_seconds=heartbeat_seconds,
        credit=credit,
    )
    port = server.bind("127.0.0.1", 0)
    await server.start()
    (key,) = await world.store.keys()
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        owner = Stubs(channel, basic(key.login, key.secret))
        yield Served(world=world, server=server, port=port, owner=owner)
    await server.stop()


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    """Make a runtime on a memory store and serve it."""
    world = await make_world()
    try:
        async with serving(world) as running:
            yield running
    finally:
        await world.runtime.stop()
