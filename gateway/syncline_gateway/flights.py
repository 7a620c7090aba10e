"""Operations under way, and the callers who wait for them.

A `Flight` is one operation from the moment it is asked until its reply is complete. It may be sent more than once: when
a stream breaks, what was not accepted goes out again as it was, under the same request id, and what was accepted is
awaited again by its resume token. A `Caller` is one HTTP request's worth of flights; it stays for its own time, whatever
happens to streams and servers meanwhile.
"""

from __future__ import annotations

import itertools
import secrets
from typing import TYPE_CHECKING

from google.protobuf.duration_pb2 import Duration

from syncline.v1.exchange_pb2 import Accepted, Credentials, Operation, Result
from syncline.v1.task_calls_pb2 import CreateTaskResponse, DeleteTaskResponse, WaitTaskRequest
from syncline_gateway import reasons
from syncline_gateway.dialect import Reply

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from syncline_gateway.dialect import Call
    from syncline_gateway.link import Link

LEAST_SECONDS = 2.0
"""A caller with less time than this still learns whether its operation was done: that takes a disk's commit, no more."""
_GONE = ("TASK_NOT_FOUND", "TASK_EXPIRED")
_UNAVAILABLE = 14

_run = secrets.token_hex(12)
_numbers = itertools.count(1)


class Flight:
    """One operation under way."""

    __slots__ = ("_kind", "_until", "attempt", "caller", "credentials", "link", "number", "operation", "over", "parked",
                 "reply")  # fmt: skip

    def __init__(self, caller: Caller, operation: Operation, credentials: Credentials | None) -> None:
        self.caller = caller
        self.operation: Operation | None = operation
        self.credentials = credentials
        self.reply = Reply()
        self.link: Link | None = None
        self.number = 0
        self.attempt = 1
        self.parked = False
        """The stream that it went out on has said `accepted`."""
        self.over = False
        """Nobody waits for it: its reply is complete, or its caller left."""
        self._kind = operation.WhichOneof("request")
        self._until: tuple[int, str] = (0, "")
        if self._kind in ("create_task", "modify_task"):
            request = getattr(operation, self._kind)
            if not request.request_id:
                request.request_id = f"{_run}-{next(_numbers):x}"

    def accept(self, accepted: Accepted) -> None:
        """Note that the task is on disk. What was sent is forgotten: from here on the resume token is enough."""
        self.parked = True
        if self.reply.accepted is None and self.operation is not None:
            # A copy, because a part of a message keeps all of it in memory.
            self.reply.accepted = Accepted()
            self.reply.accepted.CopyFrom(accepted)
            asked = self.operation.create_task.wait if self._kind == "create_task" else self.operation.wait_task
            self._until = (asked.until, asked.node_id)
        self.operation = self.credentials = None
        self.caller.one_accepted(self)

    def finish(self, result: Result) -> None:
        """Complete the reply."""
        if self.over:
            return
        self.reply.result = self._as_asked(result)
        self._end()

    def leave(self) -> None:
        """Let the reply be as it is: the caller does not wait any more."""
        if self.over:
            return
        self._end()
        if self.link is not None:
            self.link.leave(self)

    def is_interrupted_by(self, result: Result) -> bool:
        """Tell whether a result says no more than that the server stops, so that the task is to be awaited elsewhere."""
        return self.parked and result.HasField("error") and result.error.code == _UNAVAILABLE

    def board(self, seconds_left: float) -> None:
        """Make ready to go out again on another stream."""
        self.link, self.parked = None, False
        self.attempt += 1
        left = _duration(max(seconds_left, 0.0))
        accepted = self.reply.accepted
        if accepted is not None:
            until, node_id = self._until
            wait = WaitTaskRequest(task_id=accepted.task_id, node_id=node_id, timeout=left)
            wait.until = until  # type: ignore[assignment]  # a number of the enum, as it was asked
            self.operation = Operation(wait_task=wait)
            self.credentials = Credentials(resume_token=accepted.resume_token)
        elif self.operation is not None and self._kind == "create_task" and self.operation.create_task.HasField("wait"):
            self.operation.create_task.wait.timeout.CopyFrom(left)

    def _as_asked(self, result: Result) -> Result:
        if self._kind == "create_task" and result.HasField("wait_task"):
            waited = result.wait_task
            return Result(create_task=CreateTaskResponse(task=waited.task, outcome=_optional(waited, "outcome")))
        if self._kind == "delete_task" and self.attempt > 1 and result.HasField("error"):
            # The first attempt may have done it, and there is nothing left to tell the two apart by.
            if reasons.read(result.error).reason in _GONE:
                return Result(delete_task=DeleteTaskResponse())
        return result

    def _end(self) -> None:
        self.over = True
        self.operation = self.credentials = None
        self.caller.one_over()


class Caller:
    """Whoever waits for the replies to one call."""

    __slots__ = ("_done", "_ends_at", "_latest", "_loop", "_open", "_timer", "flights")

    def __init__(self, call: Call, loop: asyncio.AbstractEventLoop) -> None:
        operations, call.operations = call.operations, []
        credentials, call.credentials = call.credentials, None
        self._loop = loop
        self._done: asyncio.Future[None] = loop.create_future()
        self._ends_at = loop.time() + call.timeout
        self._latest = self._ends_at + max(LEAST_SECONDS - call.timeout, 0.0)
        self._open = len(operations)
        self.flights = [Flight(self, operation, credentials) for operation in operations]
        self._timer = loop.call_at(self._ends_at, self._time_is_over)

    async def wait(self) -> Sequence[Reply]:
        """Return the replies once they are complete or the caller's time is over; cancelled, leave the tasks alone."""
        try:
            await self._done
        finally:
            self._timer.cancel()
            if self._open:
                self._leave()
        return [flight.reply for flight in self.flights]

    def seconds_left(self) -> float:
        """Return how long the caller still stays; below 0 when it is over."""
        return self._ends_at - self._loop.time()

    def one_accepted(self, flight: Flight) -> None:
        """Note that one of the flights parked: one whose time is over has nothing to wait for now."""
        if self._loop.time() >= self._ends_at:
            flight.leave()

    def one_over(self) -> None:
        """Note that one of the flights is over."""
        self._open -= 1
        if not self._open and not self._done.done():
            self._done.set_result(None)

    def _time_is_over(self) -> None:
        if self._loop.time() < self._latest:
            for flight in self.flights:
                if flight.reply.accepted is not None:
                    flight.leave()
            if self._open:
                self._timer = self._loop.call_at(self._latest, self._time_is_over)
        else:
            self._leave()

    def _leave(self) -> None:
        for flight in self.flights:
            flight.leave()


def _duration(seconds: float) -> Duration:
    whole = int(seconds)
    return Duration(seconds=whole, nanos=int((seconds - whole) * 1_000_000_000))


def _optional(message: Message, field: str) -> Message | None:
    return getattr(message, field) if message.HasField(field) else None
