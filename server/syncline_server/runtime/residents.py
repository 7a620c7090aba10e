"""The tasks in memory: every live one, and a finished one while an event of it is on its way to the disk.

Rule 1: an event is applied to the newest version in memory; callers see only the version that is on disk (`kept`).
Rule 2: events of one task are applied one after another, in the order in which they came (see `folding`).
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from syncline_server.engine import LIVE
from syncline_server.errors import TaskExpired, TaskNotFound
from syncline_server.runtime.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    from syncline_server.engine import Process, Task
    from syncline_server.runtime.commits import Committer
    from syncline_server.store.port import Store

_PAGE = 500

Key: TypeAlias = "tuple[str, str] | tuple[int, str]"
"""A login and its request id, or a process and a ref."""


class Resident:
    """One task in memory."""

    __slots__ = ("deleted", "hold", "kept", "process", "task")

    def __init__(self, task: Task, process: Process, *, kept: Task | None) -> None:
        self.task = task
        """The newest version; it may not be on disk yet."""
        self.kept = kept
        """The version on disk; None before the first commit."""
        self.process = process
        self.hold: asyncio.Event | None = None
        """Outgoing calls wait for this, or a second."""
        self.deleted = False
        """Its removal is on the way to the disk: no event may touch it any more."""


class Look:
    """A look on the disk for a task that may be begun meanwhile."""

    __slots__ = ("is_overtaken",)

    def __init__(self) -> None:
        self.is_overtaken = False
        """A task was begun that the look may have missed."""


class Residents:
    """Finds, holds and forgets tasks."""

    def __init__(
        self, *, store: Store, committer: Committer, process_of: Callable[[int, int], Awaitable[Process]]
    ) -> None:
        self._store = store
        self._committer = committer
        self._process_of = process_of
        self.standing = Standing()
        self._by_id: dict[str, Resident] = {}
        self._refs: dict[tuple[int, str], str] = {}
        self._requests: dict[tuple[str, str], str] = {}
        self._loads: dict[str, asyncio.Future[Resident | None]] = {}
        self._looks: dict[Key, list[Look]] = {}

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

    def is_near(self, task_id: str) -> bool:
        """Tell whether the task is in memory or on its way there."""
        return task_id in self._by_id or task_id in self._loads

    def holder(self, process_id: int, ref: str) -> str | None:
        """Return the id of the live task of the process with the ref."""
        return self._refs.get((process_id, ref))

    def by_request(self, login: str, request_id: str) -> Resident | None:
        """Return the task in memory that the key's request made."""
        task_id = self._requests.get((login, request_id))
        return None if task_id is None else self._by_id.get(task_id)

    async def read(self, task_id: str) -> Task:
        """Return a task as it is on disk; raise `TaskNotFound` or `TaskExpired`."""
        resident = self.find(task_id)
        if resident is not None and resident.kept is None:
            await self._committer.committed()
        if resident is not None and resident.kept is not None:
            return resident.kept
        task = await self._store.task(task_id)
        if task is None:
            if await self._store.is_remembered(task_id):
                raise TaskExpired
            raise TaskNotFound
        return task

    async def fetch(self, task_id: str) -> Resident | None:
        """Return the task, brought into memory when it is on disk. One load at a time for each task."""
        while True:
            resident = self._by_id.get(task_id)
            if resident is not None and not resident.deleted:
                return resident
            if resident is not None or self._committer.is_leaving(task_id):
                await self._committer.committed()  # nobody is told of a removal that may get lost
                return None
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
        self.standing.sort(resident.task for resident in self._by_id.values())
        return len(self._by_id)

    def adopt(self, task: Task, process: Process) -> Resident:
        """Hold a task as it is on disk."""
        resident = Resident(task, process, kept=task)
        self._hold(resident)
        return resident

    def _hold(self, resident: Resident) -> None:
        task = resident.task
        self._by_id[task.task_id] = resident
        self.standing.moved(task, (), task.tokens)
        if task.ref and task.state in LIVE:
            self._refs[task.process_id, task.ref] = task.task_id
        if task.request_id:
            self._requests[task.login, task.request_id] = task.task_id

    def release(self, resident: Resident) -> None:
        """Forget a task: it is finished and on disk, or lost with its commit."""
        task = resident.task
        if self._by_id.get(task.task_id) is resident:
            del self._by_id[task.task_id]
            self.standing.moved(task, task.tokens, ())
        self.free_ref(task)
        request = (task.login, task.request_id)
        if self._requests.get(request) == task.task_id:
            del self._requests[request]

    def release_idle(self, resident: Resident) -> None:
        """Forget a finished task unless an event of it is still on its way to the disk."""
        task = resident.task
        if task is resident.kept and task.state not in LIVE and not resident.deleted:
            self.release(resident)

    def take_back(self, changed: Sequence[Resident]) -> Sequence[Resident]:
        """Hold the tasks of a lost commit as they are on disk, where they stood there; return the live ones.

        Nobody gets to see memory without them: a reply or a modification that does not find its task is lost.
        """
        for resident in changed:
            self.release(resident)
        live = [
            self.adopt(resident.kept, resident.process)
            for resident in changed
            if resident.kept is not None and resident.kept.state in LIVE
        ]
        self.standing.sort(resident.task for resident in live)
        return live

    def free_ref(self, task: Task) -> None:
        """Let another task have the ref."""
        if task.ref and self._refs.get((task.process_id, task.ref)) == task.task_id:
            del self._refs[task.process_id, task.ref]

    @contextmanager
    def looking(self, *keys: Key) -> Iterator[Look]:
        """Note which tasks are begun while somebody looks on the disk for one of the key's request or with the ref."""
        look = Look()
        for key in keys:
            self._looks.setdefault(key, []).append(look)
        try:
            yield look
        finally:
            for key in keys:
                self._looks[key].remove(look)
                if not self._looks[key]:
                    del self._looks[key]

    def _tell_looks(self, task: Task) -> None:
        if self._looks:
            for key in ((task.login, task.request_id), (task.process_id, task.ref)):
                for look in self._looks.get(key, ()):
                    look.is_overtaken = True

    # Changing them.

    def add(self, task: Task, process: Process) -> Resident:
        """Hold a new task, which is not on disk yet."""
        resident = Resident(task, process, kept=None)
        self._hold(resident)
        self._tell_looks(task)
        return resident

    def remove(self, resident: Resident) -> None:
        """Put a task's removal into the next commit; no event touches it any more."""
        resident.deleted = True
        self._committer.remove(resident)
