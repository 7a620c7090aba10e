"""The tasks in memory: every live one, and a finished one while an event of it is on its way to the disk.

Rule 1: an event is applied to the newest version in memory; callers see only the version that is on disk (`kept`).
Rule 2: events of one task are applied one after another, in the order in which they came.
Rule 3: what a task does without leaving the machine is folded here, before the commit: one commit, not one a node.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from syncline_server.engine import LIVE, IllegalMove, Needs, decide
from syncline_server.errors import SynclineError
from syncline_server.runtime import callbacks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from syncline_server.clock import Clock
    from syncline_server.engine import Event, FactKey, Facts, Process, Task
    from syncline_server.runtime.commits import Committer
    from syncline_server.store.port import Store

log = logging.getLogger(__name__)

MOST_FOLDED = 32
"""Own-callback calls folded into one commit. A task that makes more goes on after it: no task holds the loop."""
_PAGE = 500


class Resident:
    """One task in memory."""

    __slots__ = ("deleted", "hold", "kept", "loading", "process", "task")

    def __init__(self, task: Task, process: Process, *, kept: Task | None) -> None:
        self.task = task
        """The newest version; it may not be on disk yet."""
        self.kept = kept
        """The version on disk; None before the first commit."""
        self.process = process
        self.loading: asyncio.Task[None] | None = None
        """Facts are being read for an event; other events have to wait."""
        self.hold: asyncio.Event | None = None
        """Outgoing calls wait for this, or a second."""
        self.deleted = False
        """Its removal is on the way to the disk: no event may touch it any more."""


class Residents:
    """Applies events to tasks and hands the results to the committer."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        committer: Committer,
        process_of: Callable[[int, int], Awaitable[Process]],
        read_fact: Callable[[Task, FactKey], Awaitable[object]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._committer = committer
        self._process_of = process_of
        self._read_fact = read_fact
        self._by_id: dict[str, Resident] = {}
        self._refs: dict[tuple[int, str], str] = {}
        self._requests: dict[tuple[str, str], str] = {}
        self._loads: dict[str, asyncio.Future[Resident | None]] = {}

    # Finding them.

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self) -> Iterable[Resident]:
        """Return every task in memory."""
        return tuple(self._by_id.values())

    def find(self, task_id: str) -> Resident | None:
        """Return the task if it is in memory."""
        resident = self._by_id.get(task_id)
        return None if resident is None or resident.deleted else resident

    def live_ref(self, process_id: int, ref: str) -> Resident | None:
        """Return the live task of the process with the ref."""
        task_id = self._refs.get((process_id, ref))
        return None if task_id is None else self._by_id.get(task_id)

    def by_request(self, login: str, request_id: str) -> Resident | None:
        """Return the task in memory that the key's request made."""
        task_id = self._requests.get((login, request_id))
        return None if task_id is None else self._by_id.get(task_id)

    async def fetch(self, task_id: str) -> Resident | None:
        """Return the task, brought into memory when it is on disk. One load at a time for each task."""
        while True:
            resident = self._by_id.get(task_id)
            if resident is not None:
                return None if resident.deleted else resident
            load = self._loads.get(task_id)
            if load is None:
                return await self._load(task_id)
            await asyncio.wait((load,))

    async def _load(self, task_id: str) -> Resident | None:
        done: asyncio.Future[Resident | None] = asyncio.get_running_loop().create_future()
        self._loads[task_id] = done
        try:
            task = await self._store.task(task_id)
            return None if task is None else self.adopt(task, await self.definition(task))
        finally:
            del self._loads[task_id]
            done.set_result(None)

    async def definition(self, task: Task) -> Process:
        """Return the version of the process that the task runs."""
        return await self._process_of(task.process_id, task.process_version)

    async def recover(self) -> int:
        """Bring every live task into memory; return how many there are."""
        after = ""
        while page := await self._store.live_tasks(after=after, limit=_PAGE):
            for task in page:
                self.adopt(task, await self.definition(task))
            after = page[-1].task_id
        return len(self._by_id)

    def adopt(self, task: Task, process: Process) -> Resident:
        """Hold a task as it is on disk."""
        resident = Resident(task, process, kept=task)
        self._hold(resident)
        return resident

    def _hold(self, resident: Resident) -> None:
        task = resident.task
        self._by_id[task.task_id] = resident
        if task.ref and task.state in LIVE:
            self._refs[task.process_id, task.ref] = task.task_id
        if task.request_id:
            self._requests[task.login, task.request_id] = task.task_id

    def release(self, resident: Resident) -> None:
        """Forget a task: it is finished and on disk, or lost with its commit."""
        task = resident.task
        if self._by_id.get(task.task_id) is resident:
            del self._by_id[task.task_id]
        self._free_ref(task)
        request = (task.login, task.request_id)
        if self._requests.get(request) == task.task_id:
            del self._requests[request]

    def release_idle(self, resident: Resident) -> None:
        """Forget a finished task unless an event of it is still on its way to the disk."""
        task = resident.task
        if task is resident.kept and task.state not in LIVE and not resident.deleted and resident.loading is None:
            self.release(resident)

    async def restore(self, resident: Resident) -> None:
        """Take back a removal that was lost with its commit: whoever asks next reads the task from the store."""
        resident.deleted = False
        self.release(resident)
        task = await self._store.task(resident.task.task_id)
        if task is not None and task.state in LIVE:
            self.adopt(task, await self.definition(task))

    def _free_ref(self, task: Task) -> None:
        if task.ref and self._refs.get((task.process_id, task.ref)) == task.task_id:
            del self._refs[task.process_id, task.ref]

    # Moving them.

    def begin(self, task: Task, process: Process, event: Event, *, hold: asyncio.Event | None = None) -> Resident:
        """Hold a new task and apply its first event."""
        resident = Resident(task, process, kept=None)
        resident.hold = hold
        self._hold(resident)
        try:
            self.apply(resident, event)
        except BaseException:
            self.release(resident)
            raise
        return resident

    async def settled(self, resident: Resident) -> None:
        """Return when the task waits for no facts: only then may an event be applied."""
        while resident.loading is not None:
            await asyncio.wait((resident.loading,))

    def apply(self, resident: Resident, event: Event) -> None:
        """Apply an event, fold what follows from it, and put the result into the next commit.

        Raises IllegalMove when the event does not fit the task; then nothing has changed.
        """
        if resident.deleted:
            raise IllegalMove
        self._run(resident, deque((event,)), {})

    def _run(self, resident: Resident, events: deque[Event], facts: Facts) -> None:
        folded = 0
        while events:
            decision = decide(resident.task, events[0], resident.process, facts, self._clock.now())
            if isinstance(decision, Needs):
                resident.loading = asyncio.create_task(self._go_on(resident, events, facts, decision))
                return
            events.popleft()
            resident.task = task = decision.task
            if task.state not in LIVE:
                self._free_ref(task)
            leaving = []
            for call in decision.effects:
                if folded < MOST_FOLDED and callbacks.is_own(task, call):
                    folded += 1
                    events.extend(callbacks.deliver(task, call))
                else:
                    leaving.append(call)
            self._committer.change(resident, task, decision.steps, leaving)

    async def _go_on(self, resident: Resident, events: deque[Event], facts: Facts, needs: Needs) -> None:
        try:
            known = dict(facts)
            for key in needs.keys - known.keys():
                known[key] = await self._read_fact(resident.task, key)
        except SynclineError as error:
            self._committer.give_up(error)
            return
        resident.loading = None
        try:
            self._run(resident, events, known)
        except IllegalMove:
            log.info("event.stale", extra={"facts": {"task": resident.task.task_id}})
