"""How a transcoded RPC gets to the server, and how long its caller stays.

What Exchange carries goes through it, many calls to a frame, and survives a restart of the server; a field of
`Operation` with the RPC's request says so, no list does. Everything else is a call of its own.

A caller has a time. Without one of its own it is a minute for what waits for nothing; a create that waits and a wait
have what they ask for, `max_wait` at most, and a little more, so that the server's own answer still arrives. When that
time runs out and the task is known, the answer is the task without an outcome: nobody is left without the handle.

A caller who leaves ends its reads and waits at once. What changes something goes on without it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from google.protobuf.message import DecodeError

from syncline.v1.exchange_pb2 import Credentials, Operation, Result
from syncline.v1.task_calls_pb2 import GetTaskRequest
from syncline.v1.task_pb2 import Task
from syncline_gateway import reasons
from syncline_gateway.dialect import Call, Reply
from syncline_gateway.errors import Away, Refused
from syncline_gateway.flights import as_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from google.protobuf.message import Message

    from syncline.v1.exchange_pb2 import Accepted
    from syncline_gateway.calls import Calls, ClientStream, ServerStream
    from syncline_gateway.transcoding.records import Rpc

USUAL_SECONDS = 60.0
MARGIN_SECONDS = 2.0
"""How much longer than its wait a caller stays, for the server's own answer to the wait."""
EARLY_SECONDS = 0.1
EARLY_SHARE = 0.05
"""So much before the caller's own deadline, or this share of it if that is less, it is answered from here."""
HANDLE_SECONDS = 1.0
"""How long the server may take to say how a task stands, before the handle alone has to do; half of the time above when
the caller has a deadline of its own."""

METADATA = ("authorization", "traceparent", "tracestate")
"""The names of all that goes along with a call."""

_OPERATIONS = {
    field.message_type.full_name: field.name
    for field in Operation.DESCRIPTOR.oneofs_by_name["request"].fields
    if field.message_type is not None and field.name in Result.DESCRIPTOR.fields_by_name
}
"""Fields of `Operation` by the full names of their requests."""
_DEADLINE_EXCEEDED = 4


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


@dataclass(slots=True, kw_only=True)
class Asker:
    """Who asks, and how long they stay."""

    authorization: str = ""
    """As it came; empty for none."""
    traceparent: str = ""
    tracestate: str = ""
    ends_at: float | None = None
    """The caller's own deadline by `time.monotonic`; None when it gave none."""

    def seconds_left(self) -> float | None:
        """Return the rest of the caller's own time, more than 0; raise `Refused` when it is over."""
        if self.ends_at is None:
            return None
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise too_late()
        return left

    def metadata(self) -> list[tuple[str, str]]:
        """Return all that goes along with a call: this, and nothing else that a caller sent."""
        values = (self.authorization, self.traceparent, self.tracestate)
        return [pair for pair in zip(METADATA, values, strict=True) if pair[1]]


class Rpcs:
    """Asks the server."""

    def __init__(self, upstream: Upstream, *, max_wait: float) -> None:
        self._upstream = upstream
        self._max_wait = max_wait

    def unary(self, rpc: Rpc, request: Message, asker: Asker) -> Coroutine[Any, Any, Message]:
        """Return what gives the response, and does not keep the request; it raises `Refused` for any error.

        Both raise `Away` when nothing was sent, and `Refused` for a time that is over.
        """
        name = operation_of(rpc)
        if name:
            return self._perform(rpc, name, *self._call(name, request, asker))
        seconds = asker.seconds_left() or USUAL_SECONDS
        data = self._upstream.calls.unary(rpc.path, request.SerializeToString(), asker.metadata(), seconds)
        return _decoded(rpc, data if rpc.is_safe else _to_the_end(data))

    def server_stream(self, rpc: Rpc, request: Message, asker: Asker) -> ServerStream:
        """Begin a stream of responses; it has no end of its own but the caller's."""
        data, seconds = request.SerializeToString(), asker.seconds_left()
        return self._upstream.calls.server_stream(rpc.path, data, asker.metadata(), seconds)

    def client_stream(self, rpc: Rpc, asker: Asker) -> ClientStream:
        """Begin a stream of requests, with the same time."""
        return self._upstream.calls.client_stream(rpc.path, asker.metadata(), asker.seconds_left())

    async def until_ready(self, seconds: float) -> None:
        """Return when the server takes operations, or never will, or the time is over."""
        upstream = self._upstream
        try:
            async with asyncio.timeout(seconds):
                await upstream.until(lambda: upstream.is_ready or upstream.is_stopped)
        except TimeoutError:
            return

    def _call(self, name: str, request: Message, asker: Asker) -> tuple[Call, float | None]:
        """Return a call of one operation, and the rest of the caller's own time."""
        given: dict[str, Any] = {name: request, "traceparent": asker.traceparent}
        operation = Operation(**given)
        credentials = Credentials(authorization=asker.authorization) if asker.authorization else None
        seconds = self._seconds(name, getattr(operation, name))
        left = asker.seconds_left()
        if left is not None:
            operation.timeout.CopyFrom(as_duration(left))
            seconds = min(seconds, left - min(EARLY_SECONDS, left * EARLY_SHARE))
        return Call(operations=[operation], credentials=credentials, timeout=seconds), left

    async def _perform(self, rpc: Rpc, name: str, call: Call, left: float | None) -> Message:
        if left is not None and rpc.is_safe:
            reply = await self._within(left, call)
        else:
            (reply,) = await self._upstream.perform(call)
        return await self._response(rpc, name, reply, HANDLE_SECONDS if left is None else EARLY_SECONDS / 2)

    async def _within(self, seconds: float, call: Call) -> Reply:
        """Perform what may be left at any time: the upstream alone would stay for the fate of an operation."""
        try:
            async with asyncio.timeout(seconds):
                (reply,) = await self._upstream.perform(call)
        except TimeoutError:
            raise too_late() from None
        return reply

    def _seconds(self, name: str, request: Any) -> float:
        """Return how long a caller without a deadline stays; what is above the ceiling in a request is the ceiling."""
        wait = _wait_in(name, request)
        if wait is None:
            return USUAL_SECONDS
        seconds = wait.timeout.seconds + wait.timeout.nanos / 1e9 if wait.HasField("timeout") else USUAL_SECONDS
        if seconds > self._max_wait:
            seconds = self._max_wait
            wait.timeout.CopyFrom(as_duration(seconds))
        return max(seconds, 0.0) + MARGIN_SECONDS

    async def _response(self, rpc: Rpc, name: str, reply: Reply, patience: float) -> Message:
        result, accepted = reply.result, reply.accepted
        if accepted is not None and (result is None or result.error.code == _DEADLINE_EXCEEDED):
            return await self._handle(rpc, accepted, patience)
        if result is None:
            raise too_late()
        if result.HasField(name):
            response: Message = getattr(result, name)
            return response
        error = result.error if result.HasField("error") else reasons.make("INTERNAL", "The server failed.")
        raise Refused(error, "" if accepted is None else accepted.task_id)

    async def _handle(self, rpc: Rpc, accepted: Accepted, patience: float) -> Message:
        """Return the answer of a task whose caller's time is over: as it stands now, or at least its handle."""
        response: Message = rpc.output()
        response.task.CopyFrom(await self._task(accepted, patience))  # type: ignore[attr-defined]  # whatever parks has a task
        return response

    async def _task(self, accepted: Accepted, patience: float) -> Task:
        operation = Operation(get_task=GetTaskRequest(task_id=accepted.task_id))
        credentials = Credentials(resume_token=accepted.resume_token)
        try:
            async with asyncio.timeout(patience):
                (reply,) = await self._upstream.perform(Call(operations=[operation], credentials=credentials))
        except (Away, TimeoutError):
            reply = Reply()
        if reply.result is not None and reply.result.HasField("get_task"):
            return reply.result.get_task.task
        known = Task(task_id=accepted.task_id, process_id=accepted.process_id, ref=accepted.ref)
        known.state = accepted.state
        return known


def operation_of(rpc: Rpc) -> str:
    """Return the field of `Operation` that carries an RPC; empty when none does."""
    streams = rpc.client_streaming or rpc.server_streaming
    return "" if streams else _OPERATIONS.get(rpc.input.DESCRIPTOR.full_name, "")


def is_wait(rpc: Rpc) -> bool:
    """Tell whether an RPC parks its caller by its nature."""
    return operation_of(rpc) == "wait_task"


def decoded(rpc: Rpc, data: bytes) -> Message:
    """Return a response, or raise `Refused` when it is none."""
    try:
        return rpc.output.FromString(data)
    except DecodeError:
        raise Refused(reasons.make("INTERNAL", "The server failed.")) from None


async def _decoded(rpc: Rpc, data: Coroutine[Any, Any, bytes]) -> Message:
    return decoded(rpc, await data)


def too_late() -> Refused:
    """Return what a caller is told whose time is over."""
    return Refused(reasons.make("DEADLINE_EXCEEDED", "The caller's time was over."))


def _wait_in(name: str, request: Any) -> Any:
    """Return the part of an operation's request with `until` and `timeout`; None when it waits for nothing."""
    if name == "wait_task":
        return request
    return request.wait if name == "create_task" and request.HasField("wait") else None


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
