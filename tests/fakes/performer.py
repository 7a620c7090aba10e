"""A performer that reaches nobody: it gives scripted replies and remembers the calls.

It passes the suite in `runtime/performer_conformance.py`, so turns, time limits, cancellation and closing are as with
the real one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine.effects import CALL_SECONDS, MAX_REPLY_BYTES, CallFailure, CallFault, CallReply, HttpCall
from syncline_server.runtime.performers import WAITING_SHARE
from syncline_server.runtime.turns import Turns

if TYPE_CHECKING:
    from syncline_server.engine.task import Task

PATIENCE = 10.0
"""Seconds after which a test that waits in vain fails."""
OK = CallReply(status=200, headers={"content-type": "application/json"}, body=b"{}")


@dataclass(frozen=True, slots=True)
class Made:
    """One call that was made."""

    task: Task
    call: HttpCall

    @property
    def key(self) -> str:
        """What the receiver would recognise a repeat by."""
        return f"{self.task.task_id}-{self.call.step}"


class Held:
    """A reply that comes when the test releases it."""

    def __init__(self, reply: CallReply | CallFailure = OK) -> None:
        self._reply = reply
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let it go, to whoever waits and whoever comes later."""
        self._released.set()

    async def __call__(self, made: Made) -> CallReply | CallFailure:
        await self._released.wait()
        return self._reply


Scripted = CallReply | CallFailure | Callable[[Made], Awaitable[CallReply | CallFailure]]


class FakePerformer:
    """Gives scripted replies; a call without a script gets 200 `{}`."""

    def __init__(self, *, call_seconds: float = CALL_SECONDS) -> None:
        self.made: list[Made] = []
        """Every call, in the order in which they went out."""
        self.is_closed = False
        self._call_seconds = call_seconds
        self._scripts: dict[str, list[Scripted]] = {}
        self._always: list[Scripted] = [OK]
        self._turns = Turns()
        self._news = asyncio.Event()
        self._out: set[asyncio.Task[object]] = set()

    def on(self, url: str, *replies: Scripted) -> str:
        """Answer calls to a URL in turn, the last reply for good; return the URL."""
        self._scripts[url] = list(replies)
        return url

    def always(self, *replies: Scripted) -> None:
        """Answer calls to any other URL in turn, the last reply for good."""
        self._always = list(replies)

    async def call(self, number: int = 1) -> Made:
        """Return the n-th call, counted from 1, as soon as it has gone out."""
        async with asyncio.timeout(PATIENCE):
            while len(self.made) < number:
                await self._news.wait()
        return self.made[number - 1]

    async def perform(self, task: Task, call: HttpCall) -> CallReply | CallFailure:
        if self.is_closed:
            raise asyncio.CancelledError
        work = asyncio.current_task()
        assert work is not None
        self._out.add(work)
        late = CallFault.QUEUE
        started = asyncio.get_running_loop().time()
        try:
            async with (
                asyncio.timeout_at(started + self._call_seconds * WAITING_SHARE) as limit,
                self._turns.turn((task.process_id, call.node_id), call.max_threads),
            ):
                late = CallFault.TIMEOUT
                limit.reschedule(started + self._call_seconds)
                return _checked(await self._reply(Made(task, call)))
        except TimeoutError:
            return CallFailure(late)
        finally:
            self._out.discard(work)

    async def close(self) -> None:
        self.is_closed = True
        for work in tuple(self._out):
            work.cancel()

    async def _reply(self, made: Made) -> CallReply | CallFailure:
        self.made.append(made)
        self._news.set()
        self._news.clear()
        script = self._scripts.get(made.call.url, self._always)
        scripted = script.pop(0) if len(script) > 1 else script[0]
        return scripted if isinstance(scripted, CallReply | CallFailure) else await scripted(made)


def _checked(reply: CallReply | CallFailure) -> CallReply | CallFailure:
    if isinstance(reply, CallReply):
        assert all(name == name.lower() for name in reply.headers), "a reply's header names are in lower case"
        if len(reply.body) > MAX_REPLY_BYTES:
            return CallFailure(CallFault.TOO_LARGE)
    return reply
