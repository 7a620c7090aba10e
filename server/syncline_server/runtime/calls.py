"""Outgoing calls: performed after the commit that holds them, at least once; their replies come back as events.

A call to a callback URL of this server never leaves it. What is under way when the program dies is in the tokens of its
task, and is performed again at the next start under the same `Idempotency-Key`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from syncline_server.engine import CallFailure, CallFault, CallReply, CallReturned, IllegalMove
from syncline_server.errors import AlreadyAnswered, CallerError, StateError
from syncline_server.runtime import callbacks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from syncline_server.engine import HttpCall, Task
    from syncline_server.runtime.performers import Performer
    from syncline_server.runtime.requests import AnswerTaken
    from syncline_server.runtime.residents import Resident, Residents

log = logging.getLogger(__name__)

HOLD_SECONDS = 1.0
"""The longest that calls wait for the news that a create's acknowledgement has reached its caller."""
_JSON = {"content-type": "application/json"}


class Calls:
    """The calls under way."""

    def __init__(
        self,
        *,
        residents: Residents,
        performer: Performer,
        public_url: str,
        answer: Callable[[str, str], Awaitable[AnswerTaken]],
        is_paused: Callable[[int], bool],
    ) -> None:
        self._residents = residents
        self._performer = performer
        self._inside = public_url + callbacks.PATH
        self._answer = answer
        self._is_paused = is_paused
        self._under_way: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._held: dict[int, list[tuple[str, CallReturned]]] = {}

    def start(self, resident: Resident, task: Task, call: HttpCall) -> None:
        """Perform a call that is on disk, unless it is under way already."""
        key = (task.task_id, call.step)
        if key not in self._under_way:
            work = asyncio.create_task(self._perform(resident, task, call), name=f"call {task.task_id}-{call.step}")
            self._under_way[key] = work
            work.add_done_callback(lambda _: self._under_way.pop(key, None))

    def abandon(self, task: Task, step: int) -> None:
        """Give up a call whose step is over: its time limit has passed, or the task was cancelled."""
        work = self._under_way.get((task.task_id, step))
        if work is not None:
            work.cancel()

    def go_on(self, process_id: int) -> None:
        """Hand over what came back while the process was paused."""
        for task_id, returned in self._held.pop(process_id, ()):
            resident = self._residents.find(task_id)
            if resident is not None:
                self._feed(resident, returned)

    async def stop(self) -> None:
        """Drop every call under way; the next start repeats it."""
        works = list(self._under_way.values())
        for work in works:
            work.cancel()
        if works:
            await asyncio.wait(works)

    async def _perform(self, resident: Resident, task: Task, call: HttpCall) -> None:
        if resident.hold is not None:
            await self._held_back(resident, resident.hold)
        reply = await self._reply(task, call)
        current = self._residents.find(task.task_id)
        if current is None:
            return
        await self._residents.settled(current)
        returned = CallReturned(call.step, reply)
        if self._is_paused(task.process_id):
            self._held.setdefault(task.process_id, []).append((task.task_id, returned))
        else:
            self._feed(current, returned)

    async def _held_back(self, resident: Resident, hold: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                await hold.wait()
        except TimeoutError:
            log.info("call.not_held", extra={"facts": {"task": resident.task.task_id}})
        resident.hold = None

    async def _reply(self, task: Task, call: HttpCall) -> CallReply | CallFailure:
        if not call.url.startswith(self._inside) and not callbacks.is_own(task, call):
            return await self._performer.perform(task, call)
        if call.method not in ("POST", "PUT"):
            return CallReply(status=405, headers=_JSON, body=b'{"error":"Only POST and PUT answer a task."}')
        try:
            await self._answer(callbacks.inside(call.url), call.body or "")
        except AlreadyAnswered:
            return CallReply(status=200, headers=_JSON, body=b"{}")
        except StateError:
            return CallReply(status=404, headers=_JSON, body=b'{"error":"No such callback."}')
        except CallerError:
            return CallReply(status=400, headers=_JSON, body=b'{"error":"The body is not JSON."}')
        except Exception:
            log.exception("call.inside_failed", extra={"facts": {"task": task.task_id}})
            return CallFailure(CallFault.BROKEN)
        return CallReply(status=200, headers=_JSON, body=b"{}")

    def _feed(self, resident: Resident, returned: CallReturned) -> None:
        try:
            self._residents.apply(resident, returned)
        except IllegalMove:
            log.info("call.stale", extra={"facts": {"task": resident.task.task_id, "step": returned.step}})
        except Exception:
            log.exception("call.not_taken", extra={"facts": {"task": resident.task.task_id, "step": returned.step}})
