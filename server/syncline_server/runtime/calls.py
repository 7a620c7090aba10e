"""Calls: performed after the commit that holds them, at least once; the news of them come back as events.

What stays on the machine was folded into that commit as far as possible; the rest of it is folded from here. What is
under way when the program dies is in the tokens of its task, and is performed again at the next start, an HTTP call
under the same `Idempotency-Key`.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from syncline_server.engine import CallFailure, CallFault, CallReturned, HttpCall, IllegalMove
from syncline_server.engine.effects import QueryCall, ScriptCall, TaskDone, TurnCall
from syncline_server.errors import AlreadyAnswered, CallerError, CommitFailed, StateError
from syncline_server.runtime import callbacks, node_callbacks
from syncline_server.runtime.local_calls import NotNow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from syncline_server.engine import CallReply, Task
    from syncline_server.engine.effects import Call, News
    from syncline_server.runtime.folding import Folding
    from syncline_server.runtime.performers import Performers
    from syncline_server.runtime.requests import AnswerTaken
    from syncline_server.runtime.residents import Resident, Residents

log = logging.getLogger(__name__)

HOLD_SECONDS = 1.0
"""The longest that calls wait for the news that a create's acknowledgement has reached its caller."""
AGAIN_SECONDS = 0.1
"""After so long a call to this server is made again whose effect the disk has refused."""


class Calls:
    """The calls under way."""

    def __init__(
        self,
        *,
        residents: Residents,
        folding: Folding,
        performers: Performers,
        public_url: str,
        answer: Callable[[str, str], Awaitable[AnswerTaken]],
        post_to_node: Callable[[Task, HttpCall], Awaitable[CallReply]],
        is_paused: Callable[[int], bool],
    ) -> None:
        self._residents = residents
        self._folding = folding
        self._performers = performers
        self._inside = public_url + callbacks.PATH
        self._nodes = public_url + node_callbacks.PATH
        self._answer = answer
        self._post_to_node = post_to_node
        self._is_paused = is_paused
        self._under_way: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._pauses: dict[int, asyncio.Event] = {}
        """What replies of a paused process wait for."""
        self._folds = asyncio.Lock()
        """Whoever folds holds it for a turn of the loop, so that no crowd of tasks holds that."""
        self._stopped = False

    def start(self, resident: Resident, task: Task, call: Call) -> None:
        """Perform a call that is on disk, unless it is under way already."""
        key = (task.task_id, call.step)
        work = self._under_way.get(key)
        if self._stopped or (work is not None and not work.done()):
            return
        work = asyncio.create_task(self._perform(resident, task, call), name=f"call {task.task_id}-{call.step}")
        self._under_way[key] = work
        work.add_done_callback(partial(self._over, key))

    def _over(self, key: tuple[str, int], work: asyncio.Task[None]) -> None:
        if self._under_way.get(key) is work:
            del self._under_way[key]

    def abandon(self, task: Task, step: int) -> None:
        """Give up a call whose step is over: its time limit has passed, or the task was cancelled."""
        work = self._under_way.get((task.task_id, step))
        if work is not None:
            work.cancel()

    def go_on(self, process_id: int) -> None:
        """Hand over what came back while the process was paused."""
        pause = self._pauses.pop(process_id, None)
        if pause is not None:
            pause.set()

    async def stop(self) -> None:
        """Drop every call under way; the next start repeats it."""
        self._stopped = True
        works = list(self._under_way.values())
        for work in works:
            work.cancel()
        if works:
            await asyncio.wait(works)

    async def _perform(self, resident: Resident, task: Task, call: Call) -> None:
        if self._folding.takes(task, call) and await self._is_folded(task, call):
            return
        if resident.hold is not None:
            await self._held_back(resident, resident.hold)
        returned = CallReturned(call.step, await self._reply(task, call))
        current = await self._ready(task)
        if current is not None:
            self._feed(current, returned)

    async def _is_folded(self, task: Task, call: Call) -> bool:
        """Do what stays on the machine as soon as no process is paused; tell whether it did stay there until then.

        One task's is done at each turn of the loop.
        """
        async with self._folds:
            await asyncio.sleep(0)
        while (current := await self._ready(task)) is not None:
            if not any(token.step == call.step and token.call is not None for token in current.task.tokens):
                return True
            if not self._folding.takes(task, call):
                return False  # the task whose callback it goes to has ended meanwhile
            try:
                self._folding.perform(current, call)
            except NotNow as not_now:
                await self._ready(not_now.resident.task)
            else:
                return True
        return True

    async def _ready(self, task: Task) -> Resident | None:
        """Wait until an event may be applied; None when the task is gone, or lost: then the call is repeated."""
        while self._is_paused(task.process_id):
            await self._pauses.setdefault(task.process_id, asyncio.Event()).wait()
        return self._residents.find(task.task_id)

    async def _held_back(self, resident: Resident, hold: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                await hold.wait()
        except TimeoutError:
            log.info("call.not_held", extra={"facts": {"task": resident.task.task_id}})
        resident.hold = None

    async def _reply(self, task: Task, call: Call) -> News:
        if isinstance(call, ScriptCall):
            return await self._performers.scripts.run(call)
        if isinstance(call, TurnCall):
            await asyncio.sleep(0)
            return TaskDone()
        if isinstance(call, QueryCall):
            return await self._performers.databases.query(task, call)
        if isinstance(call, HttpCall):
            return await self._http(task, call)
        raise TypeError(call)

    async def _http(self, task: Task, call: HttpCall) -> CallReply | CallFailure:
        if not call.url.startswith(self._inside) and not callbacks.is_own(task, call):
            return await self._performers.http.perform(task, call)
        try:
            while True:
                with suppress(CommitFailed):
                    if call.url.startswith(self._nodes):
                        return await self._post_to_node(task, call)
                    return await self._to_callback(call)
                await asyncio.sleep(AGAIN_SECONDS)  # what is not kept was not done
        except Exception:
            log.exception("call.inside_failed", extra={"facts": {"task": task.task_id}})
            return CallFailure(CallFault.BROKEN)

    async def _to_callback(self, call: HttpCall) -> CallReply:
        if call.method not in callbacks.METHODS:
            return callbacks.NOT_POST
        try:
            await self._answer(callbacks.inside(call.url), call.body or "")
        except AlreadyAnswered:
            return callbacks.TAKEN
        except StateError:
            return callbacks.UNKNOWN
        except CallerError:
            return callbacks.NOT_JSON
        return callbacks.TAKEN

    def _feed(self, resident: Resident, returned: CallReturned) -> None:
        try:
            self._folding.apply(resident, returned)
        except IllegalMove:
            log.info("call.stale", extra={"facts": {"task": resident.task.task_id, "step": returned.step}})
        except Exception:
            log.exception("call.not_taken", extra={"facts": {"task": resident.task.task_id, "step": returned.step}})
