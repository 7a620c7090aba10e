"""A server that speaks Exchange and does only what a test tells it.

Operations arrive in `seen`; a test answers them by `accept`, `reply` and `fail`, or gives a function that answers at
once. Streams can be cut off, told to go away, and the whole server stopped and started again on the same port.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import aio

from syncline.v1.exchange_pb2 import Accepted, Credentials, ExchangeRequest, ExchangeResponse, Operation, Result
from syncline.v1.task_calls_pb2 import CreateTaskResponse
from syncline.v1.task_pb2 import Outcome, OutcomeKind, Task, TaskState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

SECONDS = 5.0
CODES = {"UNAVAILABLE": 14, "OVERLOADED": 8, "RATE_LIMITED": 8, "TASK_NOT_FOUND": 5, "REF_NOT_UNIQUE": 6}

_Context = aio.ServicerContext[ExchangeRequest, ExchangeResponse]


@dataclass(slots=True)
class Seen:
    """An operation that arrived."""

    operation: Operation
    credentials: Credentials | None
    stream: _Stream

    @property
    def kind(self) -> str:
        """The name of its request."""
        return self.operation.WhichOneof("request") or ""


@dataclass(eq=False, slots=True)
class _Stream:
    context: _Context
    outgoing: asyncio.Queue[ExchangeResponse | None] = field(default_factory=asyncio.Queue)
    is_cut: bool = False

    def send(self, *results: Result) -> None:
        self.outgoing.put_nowait(ExchangeResponse(results=results))


class ExchangeServer:
    """The server; use it as a context."""

    def __init__(
        self,
        *,
        credit: int = 1000,
        answer: Callable[[Seen], Result | None] | None = None,
        tls: grpc.ServerCredentials | None = None,
        methods: grpc.GenericRpcHandler | None = None,
    ) -> None:
        self.credit = credit
        self._methods = methods
        self.tls = tls
        self.answer = answer
        self.seen: asyncio.Queue[Seen] = asyncio.Queue()
        self.cancelled: asyncio.Queue[int] = asyncio.Queue()
        self.delivered: asyncio.Queue[int] = asyncio.Queue()
        self.frames: list[ExchangeRequest] = []
        self.port = 0
        self._streams: list[_Stream] = []
        self._changed = asyncio.Event()
        self._is_open = False
        self._server: aio.Server | None = None

    @property
    def address(self) -> str:
        """Where it listens; the same after it was stopped and started again."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen."""
        self._is_open = True
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        pings = [("grpc.http2.min_recv_ping_interval_without_data_ms", 5000)]
        server = aio.server(options=[("grpc.so_reuseport", 0), *unlimited, *pings])
        exchange = grpc.stream_stream_rpc_method_handler(
            self._exchange,
            request_deserializer=ExchangeRequest.FromString,
            response_serializer=ExchangeResponse.SerializeToString,
        )
        handlers = grpc.method_handlers_generic_handler("syncline.v1.TaskService", {"Exchange": exchange})
        server.add_generic_rpc_handlers((handlers,) if self._methods is None else (handlers, self._methods))
        if self.tls is None:
            self.port = server.add_insecure_port(self.address)
        else:
            self.port = server.add_secure_port(self.address, self.tls)
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Vanish with every stream; what was sent before still arrives."""
        if self._server is not None:
            self._is_open = False
            self.cut()
            await self.streams(0)
            await self._server.stop(None)
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def next(self) -> Seen:
        """Return the next operation that arrives."""
        return await asyncio.wait_for(self.seen.get(), SECONDS)

    async def next_cancelled(self) -> int:
        """Return the next number whose caller left."""
        return await asyncio.wait_for(self.cancelled.get(), SECONDS)

    async def next_delivered(self) -> int:
        """Return the next number whose result reached its caller."""
        return await asyncio.wait_for(self.delivered.get(), SECONDS)

    async def streams(self, count: int) -> None:
        """Return once so many streams are open."""
        async with asyncio.timeout(SECONDS):
            while len(self._streams) != count:
                self._changed.clear()
                await self._changed.wait()

    def cut(self) -> None:
        """End every stream as if the server had died, and go on listening."""
        for stream in self._streams:
            stream.is_cut = True
            stream.context.set_code(grpc.StatusCode.UNAVAILABLE)
            stream.outgoing.put_nowait(None)

    def go_away(self) -> None:
        """Announce on every stream that the server stops."""
        for stream in self._streams:
            stream.outgoing.put_nowait(ExchangeResponse(going_away=True))

    def end(self) -> None:
        """End every stream in good order."""
        for stream in self._streams:
            stream.outgoing.put_nowait(None)

    async def _exchange(
        self, requests: AsyncIterator[ExchangeRequest], context: _Context
    ) -> AsyncIterator[ExchangeResponse]:
        if not self._is_open:
            await context.abort(grpc.StatusCode.UNAVAILABLE)
        stream = _Stream(context)
        self._note(stream, is_open=True)
        reader = asyncio.get_running_loop().create_task(self._read(requests, stream))
        try:
            yield ExchangeResponse(credit=self.credit)
            while (frame := await stream.outgoing.get()) is not None:
                yield frame
        finally:
            reader.cancel()
            self._note(stream, is_open=False)

    def _note(self, stream: _Stream, *, is_open: bool) -> None:
        if is_open:
            self._streams.append(stream)
        else:
            self._streams.remove(stream)
        self._changed.set()

    async def _read(self, requests: AsyncIterator[ExchangeRequest], stream: _Stream) -> None:
        async for frame in requests:
            if stream.is_cut:
                return
            self.frames.append(frame)
            for number in frame.cancelled_numbers:
                self.cancelled.put_nowait(number)
            for number in frame.delivered_numbers:
                self.delivered.put_nowait(number)
            results = []
            for operation in frame.operations:
                index = operation.credentials_index
                seen = Seen(operation, frame.credentials[index - 1] if index else None, stream)
                self.seen.put_nowait(seen)
                result = self.answer(seen) if self.answer is not None else None
                if result is not None:
                    result.number = operation.number
                    results.append(result)
            if results:
                stream.send(*results)


def accept(seen: Seen, *, task_id: str = "a" * 24, resume_token: str = "token") -> None:
    """Say that the operation's task is on disk and its caller parked."""
    accepted = Accepted(
        task_id=task_id,
        process_id="1234",
        state=TaskState.TASK_STATE_WAITING,
        resume_token=resume_token,
    )
    seen.stream.send(Result(number=seen.operation.number, accepted=accepted))


def reply(seen: Seen, result: Result) -> None:
    """Give the operation its result."""
    result.number = seen.operation.number
    seen.stream.send(result)


def fail(seen: Seen, reason: str, **facts: str) -> None:
    """Give the operation an error."""
    reply(seen, error(reason, **facts))


def error(reason: str, **facts: str) -> Result:
    """Return an error as the server makes it."""
    status = Status(code=CODES.get(reason, 9), message="words that nobody may look at")
    status.details.add().Pack(ErrorInfo(reason=reason, domain="syncline", metadata=facts))
    return Result(error=status)


def created(data_json: str | None = None, *, task_id: str = "a" * 24) -> Result:
    """Return the answer to a create: with an answer, or without."""
    task = Task(task_id=task_id, process_id="1234", state=TaskState.TASK_STATE_ENDED)
    response = CreateTaskResponse(task=task)
    if data_json is not None:
        response.outcome.CopyFrom(Outcome(kind=OutcomeKind.OUTCOME_KIND_ANSWERED, data_json=data_json))
    return Result(create_task=response)
