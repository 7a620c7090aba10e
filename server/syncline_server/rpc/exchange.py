"""Exchange: many operations in one stream, answered as they get ready.

One task reads frames, one writes them, and each operation is a task of its own, so that none waits for another. An
operation gets exactly one last result, whatever becomes of it; an exception in one never touches the others.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import grpc

from syncline.v1 import exchange_pb2
from syncline_server.errors import (
    CallerLeft,
    DeadlineExceeded,
    InvalidRequest,
    Overloaded,
    SynclineError,
    Unavailable,
    Unimplemented,
)
from syncline_server.rpc import convert, credentials, failures, frames
from syncline_server.rpc.context import Context
from syncline_server.rpc.handlers import OPERATIONS
from syncline_server.rpc.outbox import Outbox
from syncline_server.runtime.calls import HOLD_SECONDS
from syncline_server.runtime.resume import Place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from syncline_server.engine.task import Task
    from syncline_server.rpc.draining import Draining
    from syncline_server.rpc.handlers import Handler
    from syncline_server.runtime.requests import Caller
    from syncline_server.runtime.server import Runtime
    from syncline_server.runtime.task_tokens import Lease

log = logging.getLogger(__name__)

CREDIT = 2048
"""Operations of one stream that may be neither accepted nor answered."""
LATE_SECONDS = 0.25
"""So much later than its deadline an operation that is stuck may end."""


class Exchange:
    """Serves Exchange."""

    def __init__(self, runtime: Runtime, draining: Draining, *, credit: int) -> None:
        self._runtime = runtime
        self._draining = draining
        self._credit = credit

    async def serve(self, _: AsyncIterator[bytes], context: grpc.aio.ServicerContext[Any, Any]) -> None:
        """Serve one stream until the client has no more to ask, or the server stops."""
        stream = _Stream(self._runtime, context, self._credit)
        with self._draining.told(stream.go_away):
            await stream.run()


class _Operation(Context):
    """One operation that has no last result yet."""

    __slots__ = ("_stream", "is_accepted", "lease", "name", "number", "work")

    def __init__(self, stream: _Stream, runtime: Runtime, message: exchange_pb2.Operation, name: str) -> None:
        super().__init__(runtime, may_repeat=message.attempt > 1)
        self._stream = stream
        self.number = message.number
        self.name = name
        self.is_accepted = False
        self.lease: Lease | None = None
        self.work: asyncio.Task[None] | None = None

    def accepted(self, task: Task) -> None:
        self._stream.accept(self, task)


class _Stream:
    """One client's stream."""

    def __init__(self, runtime: Runtime, context: grpc.aio.ServicerContext[Any, Any], credit: int) -> None:
        self._runtime = runtime
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox(context.write)
        self._credit = credit
        self._open: dict[int, _Operation] = {}
        self._parked = 0
        self._held: dict[int, asyncio.Event] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._input_ended = False
        self._going = False
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._failure: Exception | None = None
        self._metadata = context.invocation_metadata()
        self._outbox.put(frames.first(credit))

    async def run(self) -> None:
        """Serve until everything that was asked is answered and no more will be."""
        reader = self._loop.create_task(self._read())
        writer = self._loop.create_task(self._outbox.run())
        writer.add_done_callback(_heard)
        try:
            await asyncio.wait((self._over, writer), return_when=asyncio.FIRST_COMPLETED)
            self._outbox.close()
            # A frame that is being written has to get out: with it under way gRPC takes no status, and the call hangs.
            await writer
            if self._failure is not None:
                raise self._failure
        finally:
            reader.cancel()
            writer.cancel()
            self._drop_everything()

    def go_away(self) -> None:
        """Take nothing new, send away whoever is parked, and end when the rest is answered."""
        self._going = True
        self._outbox.put(frames.GOING_AWAY)
        for operation in [operation for operation in self._open.values() if operation.is_accepted]:
            self._give_up(operation, Unavailable())
        self._end_if_idle()

    # Reading.

    async def _read(self) -> None:
        try:
            await self._read_frames()
        except Exception as error:
            self._failure = error
            self._end()
        else:
            self._input_ended = True
            self._end_if_idle()

    async def _read_frames(self) -> None:
        while True:
            await self._outbox.room()
            raw = await self._context.read()
            if raw is grpc.aio.EOF:
                return
            self._take(convert.decoded(exchange_pb2.ExchangeRequest, raw))

    def _take(self, frame: exchange_pb2.ExchangeRequest) -> None:
        callers = credentials.FrameCallers(self._runtime, frame.credentials, self._metadata)
        for message in frame.operations:
            try:
                self._begin(message, callers)
            except Exception as error:
                self._refuse(message.number, message.WhichOneof("request") or "", error)
        for number in frame.cancelled_numbers:
            operation = self._open.get(number)
            if operation is not None:
                self._give_up(operation, CallerLeft())
        for number in frame.delivered_numbers:
            held = self._held.pop(number, None)
            if held is not None:
                held.set()

    def _begin(self, message: exchange_pb2.Operation, callers: credentials.FrameCallers) -> None:
        name = message.WhichOneof("request")
        handler = self._check(message, name)
        caller = callers.get(message.credentials_index) if handler.needs_key else credentials.NOBODY
        handler.admit(caller)
        self._runtime.access.spend(caller)
        operation = _Operation(self, self._runtime, message, name)
        if message.HasField("timeout"):
            seconds = convert.seconds(message.timeout, "timeout")
            operation.deadline = self._loop.time() + seconds
            if self._alarm is None:
                self._alarm = self._loop.call_later(LATE_SECONDS, self._look_for_late)
        if message.hold_calls:
            operation.hold = self._held[message.number] = asyncio.Event()
            self._loop.call_later(HOLD_SECONDS, self._held.pop, message.number, None)
        if message.traceparent and log.isEnabledFor(logging.DEBUG):
            facts = {"operation": name, "number": message.number, "traceparent": message.traceparent}
            log.debug("exchange.operation", extra={"facts": facts})
        self._open[message.number] = operation
        operation.work = self._loop.create_task(self._run(operation, handler, caller, getattr(message, name)))

    def _check(self, message: exchange_pb2.Operation, name: str | None) -> Handler:
        if not message.number or message.number in self._open:
            raise InvalidRequest("An operation's number is not 0, and no open operation has it.", field="number")
        if self._going:
            raise Unavailable
        if len(self._open) - self._parked >= self._credit:
            raise Overloaded(f"More than {self._credit} operations are open that are neither accepted nor answered.")
        if name is None:
            raise Unimplemented("The operation asks for nothing that this server knows.")
        return OPERATIONS[name]

    # Working.

    async def _run(self, operation: _Operation, handler: Handler, caller: Caller, request: Any) -> None:
        name = operation.name
        operation.lease = caller.lease
        try:
            work = handler.call(caller, request, operation)
            del request  # Any part of a frame keeps all of it in memory, and the work may be parked for minutes.
            response = await work
            result = frames.result(operation.number, name, response.SerializeToString())
        except asyncio.CancelledError:
            if self._is_open(operation):
                self._finish(operation, self._error(operation.number, name, Unavailable()))
            raise
        except Exception as error:
            result = self._error(operation.number, name, error)
        if self._is_open(operation):
            self._finish(operation, result)

    def accept(self, operation: _Operation, task: Task) -> None:
        """Send the first phase: the caller is parked on the task."""
        if operation.is_accepted or not self._is_open(operation):
            return
        operation.is_accepted = True
        self._parked += 1
        paused = self._runtime.catalogue.is_paused(task.process_id)
        message = exchange_pb2.Accepted(
            task_id=task.task_id,
            process_id=str(task.process_id),
            ref=task.ref,
            state=convert.shown_state(task.state, paused=paused),
            resume_token=self._runtime.resume_tokens.make(Place(task.task_id, 0, lease=operation.lease)),
        )
        self._outbox.put(frames.result(operation.number, "accepted", message.SerializeToString()))
        if self._going:
            self._give_up(operation, Unavailable())

    # Ending.

    def _is_open(self, operation: _Operation) -> bool:
        return self._open.get(operation.number) is operation

    def _finish(self, operation: _Operation, result: bytes) -> None:
        """Give an open operation its last result."""
        del self._open[operation.number]
        if operation.is_accepted:
            self._parked -= 1
        self._outbox.put(result)
        if self._input_ended or self._going:
            self._end_if_idle()

    def _give_up(self, operation: _Operation, error: SynclineError) -> None:
        """End an operation with an error; its task goes on."""
        self._finish(operation, self._error(operation.number, operation.name, error))
        if operation.work is not None:
            operation.work.cancel()

    def _look_for_late(self) -> None:
        """End the operations whose time is over.

        Waits end by themselves before that, so this is for what is stuck, and one alarm for the stream will do: one for
        each operation costs as much as a fifth of all the rest.
        """
        now = self._loop.time()
        timed = [operation for operation in self._open.values() if operation.deadline is not None]
        for operation in timed:
            if operation.deadline is not None and operation.deadline <= now:
                self._give_up(operation, DeadlineExceeded())
        self._alarm = self._loop.call_later(LATE_SECONDS, self._look_for_late) if timed else None

    def _refuse(self, number: int, name: str, error: Exception) -> None:
        self._outbox.put(self._error(number, name, error))

    def _error(self, number: int, name: str, error: Exception) -> bytes:
        told = failures.told(error, f"Exchange.{name}")
        return frames.result(number, "error", told.SerializeToString())

    def _end_if_idle(self) -> None:
        if not self._open and (self._input_ended or self._going):
            self._end()

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _drop_everything(self) -> None:
        """End every wait: the client is gone. The tasks go on."""
        operations, self._open = self._open, {}
        for operation in operations.values():
            if operation.work is not None:
                operation.work.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        for held in self._held.values():
            held.set()
        self._held.clear()


def _heard(writer: asyncio.Task[None]) -> None:
    """Take note of a failed write, which nobody else does when the stream is cancelled at the same moment."""
    if not writer.cancelled():
        writer.exception()
