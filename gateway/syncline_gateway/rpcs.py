"""How a transcoded RPC gets to the server, and its answer back.

What Exchange carries goes through it, many calls to a frame, and survives a restart of the server. Everything else is a
call of its own.

A caller whose time runs out while its task is known gets the task without an outcome: nobody is left without the
handle. A caller who leaves ends its reads and waits at once; what changes something goes on without it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from google.protobuf.message import DecodeError
from google.rpc import code_pb2

from syncline.v1.exchange_pb2 import Credentials, Operation
from syncline.v1.task_calls_pb2 import GetTaskRequest
from syncline.v1.task_pb2 import Task
from syncline_gateway import reasons
from syncline_gateway.asker import deadline_exceeded
from syncline_gateway.dialect import Call, Reply
from syncline_gateway.errors import Away, Refused
from syncline_gateway.operations import DEFAULT_SECONDS, call_of, operation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from google.protobuf.message import Message

    from syncline.v1.exchange_pb2 import Accepted, Result
    from syncline_gateway.asker import Asker
    from syncline_gateway.calls import Calls, ClientStream, ServerStream
    from syncline_gateway.transcoding.records import Rpc

LOOK_SECONDS = 1.0
"""How long the server may take to say how a task stands, before the handle alone has to do."""
HURRIED_LOOK_SECONDS = 0.05
"""The same for a caller with a deadline, who is answered no more than `EARLY_SECONDS` before it."""


class Upstream(Protocol):
    """The way to the server."""

    calls: Calls

    @property
    def is_ready(self) -> bool:
        """Whether the server takes operations now."""
        ...

    @property
    def is_stopped(self) -> bool:
        """Whether nothing will be taken on any more."""
        ...

    async def perform(self, call: Call) -> Sequence[Reply]:
        """Return one reply for each operation, in order; raise `Away` when nothing was sent."""
        ...

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return when something holds; it is looked at whenever the server comes or goes."""
        ...


class Rpcs:
    """Asks the server."""

    def __init__(self, upstream: Upstream, *, max_wait: float) -> None:
        self._upstream = upstream
        self._max_wait = max_wait

    def unary(self, rpc: Rpc, request: Message, asker: Asker) -> Coroutine[Any, Any, Message]:
        """Return what gives the response, and does not keep the request; it raises `Refused` for any error.

        Both raise `Away` when nothing was sent, and `Refused` for a deadline that has passed.
        """
        field = operation_of(rpc)
        if field:
            return self._exchanged(rpc, field, call_of(field, request, asker, max_wait=self._max_wait), asker)
        return self._called(rpc, request.SerializeToString(), asker)

    def server_stream(self, rpc: Rpc, request: Message, asker: Asker) -> ServerStream:
        """Begin a stream of responses; it has no end of its own but the caller's deadline."""
        data, seconds = request.SerializeToString(), asker.seconds_left()
        return self._upstream.calls.server_stream(rpc.path, data, asker.metadata(), seconds)

    def client_stream(self, rpc: Rpc, asker: Asker) -> ClientStream:
        """Begin a stream of requests; it has no end of its own but the caller's deadline."""
        return self._upstream.calls.client_stream(rpc.path, asker.metadata(), asker.seconds_left())

    async def until_ready(self, seconds: float) -> None:
        """Return when the server takes operations, or never will, or the time is over."""
        upstream = self._upstream
        try:
            async with asyncio.timeout(seconds):
                await upstream.until(lambda: upstream.is_ready or upstream.is_stopped)
        except TimeoutError:
            return

    async def _called(self, rpc: Rpc, request: bytes, asker: Asker) -> Message:
        """Return the response to a call of its own."""
        seconds = asker.seconds_left() or DEFAULT_SECONDS
        call = self._upstream.calls.unary(rpc.path, request, asker.metadata(), seconds)
        return decoded(rpc, await (call if rpc.is_safe else _to_the_end(call)))

    async def _exchanged(self, rpc: Rpc, field: str, call: Call, asker: Asker) -> Message:
        """Return the response to an operation of Exchange."""
        reply = await self._reply(rpc, call, asker)
        accepted, result = reply.accepted, reply.result
        if accepted is not None and (result is None or result.error.code == code_pb2.DEADLINE_EXCEEDED):
            return await self._unfinished(rpc, accepted, asker)
        if result is None:
            raise deadline_exceeded()
        return _response(field, result, "" if accepted is None else accepted.task_id)

    async def _reply(self, rpc: Rpc, call: Call, asker: Asker) -> Reply:
        """Return what became of an operation.

        The upstream stays for the fate of an operation even when that comes late; what is only read is left in time.
        """
        try:
            async with asyncio.timeout(asker.seconds_left() if rpc.is_safe else None):
                (reply,) = await self._upstream.perform(call)
        except TimeoutError:
            raise deadline_exceeded() from None
        return reply

    async def _unfinished(self, rpc: Rpc, accepted: Accepted, asker: Asker) -> Message:
        """Return the response to a caller whose time is over: its task as it stands now, or at least the handle."""
        seconds = LOOK_SECONDS if asker.deadline is None else HURRIED_LOOK_SECONDS
        response: Message = rpc.output()
        response.task.CopyFrom(await self._task(accepted, seconds))  # type: ignore[attr-defined]  # whatever parks has a task
        return response

    async def _task(self, accepted: Accepted, seconds: float) -> Task:
        operation = Operation(get_task=GetTaskRequest(task_id=accepted.task_id))
        credentials = Credentials(resume_token=accepted.resume_token)
        try:
            async with asyncio.timeout(seconds):
                (reply,) = await self._upstream.perform(Call(operations=[operation], credentials=credentials))
        except (Away, TimeoutError):
            reply = Reply()
        if reply.result is not None and reply.result.HasField("get_task"):
            return reply.result.get_task.task
        known = Task(task_id=accepted.task_id, process_id=accepted.process_id, ref=accepted.ref)
        known.state = accepted.state
        return known


def decoded(rpc: Rpc, data: bytes) -> Message:
    """Return a response, or raise `Refused` when it is none."""
    try:
        return rpc.output.FromString(data)
    except DecodeError:
        raise Refused(reasons.make("INTERNAL", "The server failed.")) from None


def _response(field: str, result: Result, task_id: str) -> Message:
    """Return the response in a result, or raise `Refused` with the task that was made before the error."""
    if result.HasField(field):
        response: Message = getattr(result, field)
        return response
    error = result.error if result.HasField("error") else reasons.make("INTERNAL", "The server failed.")
    raise Refused(error, task_id)


_going_on: set[asyncio.Task[bytes]] = set()


async def _to_the_end(call: Coroutine[Any, Any, bytes]) -> bytes:
    """Return a call's response; when the caller leaves, the call goes on without it."""
    task = asyncio.get_running_loop().create_task(call)
    _going_on.add(task)
    task.add_done_callback(_ended)
    return await asyncio.shield(task)


def _ended(task: asyncio.Task[bytes]) -> None:
    _going_on.discard(task)
    if not task.cancelled():
        task.exception()  # read, so that a failure that nobody is left to hear of is no complaint of the loop
