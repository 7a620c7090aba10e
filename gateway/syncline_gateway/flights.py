"""Operations under way, and the callers who wait for them.

A `Flight` is one operation from the moment it is asked until its reply is complete. It may be sent more than once:
when a stream breaks, what was not accepted goes out again as it was, under the same request id, and what was accepted
is awaited again by its resume token. A `Caller` is one HTTP request's worth of flights; it stays for its own time,
whatever happens to streams and servers meanwhile.
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

    from syncline_gateway.dialect import Call
    from syncline_gateway.link import Link

LEAST_SECONDS = 2.0
"""A caller with less time than this still learns whether its operation was done: that takes no more than a commit."""
MOST_ATTEMPTS = 10
_GONE = ("TASK_NOT_FOUND", "TASK_EXPIRED")
_REPEATABLE = ("create_task", "modify_task", "submit_node_callback")

_run = secrets.token_hex(12)
_numbers = itertools.count(1)


class Flight:
    """One operation under way."""

    __slots__ = ("_is_named", "_kind", "_until", "attempt", "caller", "credentials", "link", "number", "operation",
                 "over", "parked", "reply")  # fmt: skip

    def __init__(self, caller: Caller, operation: Operation, credentials: Credentials | None) -> None:
        self.caller = caller
        self.operation: Operation | None = operation
        """What to send; None once it is accepted, when the resume token is enough."""
        self.credentials = credentials
        self.reply = Reply()
        self.link: Link | None = None
        self.number = 0
        self.attempt = 1
        self.parked = False
        """The stream that it went out on last has said `accepted`."""
        self.over = False
        """Nobody waits for it: its reply is complete, or its caller left."""
        self._kind = operation.WhichOneof("request")
        self._is_named = False
        """Its caller chose the request id, and may have sent it before, through whichever gateway."""
        self._until: tuple[int, str] = (0, "")
        if self._kind in _REPEATABLE:
            request = getattr(operation, self._kind)
            self._is_named = bool(request.request_id)
            if not self._is_named:
                request.request_id = f"{_run}-{next(_numbers):x}"

    @property
    def told_attempt(self) -> int:
        """The attempt as the server is told it, which looks for what was made before from the second on."""
        return self.attempt + 1 if self._is_named else self.attempt

    def accept(self, accepted: Accepted) -> None:
        """Note that the task is on disk."""
        self.parked = True
        if self.reply.accepted is None and self.operation is not None:
            asked = self.operation.create_task.wait if self._kind == "create_task" else self.operation.wait_task
            self._until = (asked.until, asked.node_id)
        # A copy, because a part of a message keeps all of it in memory.
        self.reply.accepted = Accepted()
        self.reply.accepted.CopyFrom(accepted)
        self.operation = self.credentials = None
        self.caller.one_accepted(self)

    def finish(self, result: Result) -> None:
        """Complete the reply."""
        if not self.over:
            self.reply.result = self._as_asked(result)
            self.operation = self.credentials = None
            self._end()

    def leave(self) -> None:
        """Let the reply be as it is: the caller does not wait any more."""
        if not self.over:
            self._end()
            if self.link is not None:
                self.link.leave(self)

    def is_interrupted_by(self, result: Result) -> bool:
        """Tell whether a result says no more than that the server stops, or has too much to do to take it up again."""
        if not result.HasField("error"):
            return False
        reason = reasons.read(result.error).reason
        return reason == "UNAVAILABLE" or (reason == "OVERLOADED" and (self.parked or self.attempt > 1))

    def board(self) -> None:
        """Make ready to go out again on another stream; what broke too many streams is given up."""
        self.attempt += 1 if self.number else 0
        self.link, self.number, self.parked = None, 0, False
        if self.attempt > MOST_ATTEMPTS and self.reply.accepted is None:
            self.finish(Result(error=reasons.make("UNAVAILABLE", "The server does not take the operation.")))
        left = as_duration(self.caller.seconds_left())
        accepted = self.reply.accepted
        if accepted is not None:
            until, node_id = self._until
            wait = WaitTaskRequest(task_id=accepted.task_id, node_id=node_id, timeout=left)
            wait.until = until  # type: ignore[assignment]  # a number of the enum, as it was asked
            self.operation = Operation(wait_task=wait)
            self.credentials = Credentials(resume_token=accepted.resume_token)
        elif self.operation is not None and self.operation.create_task.HasField("wait"):
            self.operation.create_task.wait.timeout.CopyFrom(left)

    def _as_asked(self, result: Result) -> Result:
        if self._kind == "create_task" and result.HasField("wait_task"):
            created = CreateTaskResponse(task=result.wait_task.task)
            if result.wait_task.HasField("outcome"):
                created.outcome.CopyFrom(result.wait_task.outcome)
            return Result(create_task=created)
        if self._kind != "delete_task" or self.attempt == 1 or not result.HasField("error"):
            return result
        # The first attempt may have deleted it, and nothing is left to tell.
        gone = reasons.read(result.error).reason in _GONE
        return Result(delete_task=DeleteTaskResponse()) if gone else result

    def _end(self) -> None:
        self.over = True
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


def as_duration(seconds: float) -> Duration:
    """Return the time as the contract has it; what is below 0 is 0."""
    nanos = max(round(seconds * 1_000_000_000), 0)
    return Duration(seconds=nanos // 1_000_000_000, nanos=nanos % 1_000_000_000)
