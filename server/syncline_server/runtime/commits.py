"""Group commit: all changes that are waiting when the disk is free go into one transaction.

An idle disk is used at once; whatever arrives during a commit goes into the next one, which may wait a moment for
more. Nobody is answered, and nothing is performed, before the commit that holds the change has returned.

A commit that fails takes the changes gathered meanwhile with it, since those may build on what was lost. Every caller
is told. Tasks are then as they were last kept, which memory still knows; everything else is read again from the store.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import fields
from typing import TYPE_CHECKING, Protocol

from syncline_server.errors import CommitFailed, StoreUnusable, Unavailable
from syncline_server.store.port import Batch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from syncline_server.engine import Step, Task
    from syncline_server.engine.decision import Count
    from syncline_server.engine.effects import Call
    from syncline_server.runtime.counters import Counters
    from syncline_server.runtime.residents import Resident
    from syncline_server.store.port import Store

log = logging.getLogger(__name__)


FEW, MANY = 2, 16
PAUSE_SECONDS = 0.001
"""After a group of a few tasks the next commit waits so long for company. Callers who come one by one, as unary calls
do, would else get a commit for every two or three of them, whose thread changes cost more than the work. A lone task
and groups that are large anyhow wait for nothing."""


class Listener(Protocol):
    """Who has to know what became of changed tasks."""

    def kept(self, changes: Sequence[Change]) -> None:
        """The changes are on disk."""
        ...

    def lost(self, changes: Sequence[Change]) -> None:
        """The changes are gone, and what was kept before them counts. Whatever is raised ends the program."""
        ...


class Change:
    """What a group commit does to one task: the newest version, and the calls that it wants made once it is kept."""

    __slots__ = ("calls", "is_removal", "resident", "task")

    def __init__(self, resident: Resident, task: Task, *, is_removal: bool = False) -> None:
        self.resident = resident
        self.task = task
        self.calls: list[Call] = []
        self.is_removal = is_removal
        """The task goes; `task` is how it last was."""


class _Group:
    """What goes into one transaction, and who waits for it."""

    __slots__ = ("batch", "changes", "counts", "undo", "waiting")

    def __init__(self) -> None:
        self.batch = Batch()
        self.changes: dict[str, Change] = {}
        self.counts = False
        self.undo: list[Callable[[], Awaitable[None]]] = []
        self.waiting: list[asyncio.Future[None]] = []


class Committer:
    """Gathers changes and commits them, one group at a time."""

    def __init__(self, store: Store, listener: Listener) -> None:
        self._store = store
        self._listener = listener
        self._group = _Group()
        self._under_way = _Group()
        self._wanted = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._stopping = False
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with `StoreUnusable` when the store can no longer be trusted: then the program has to end."""

    def start(self) -> None:
        """Begin to commit."""
        self._running = asyncio.create_task(self._run(), name="committer")

    async def stop(self) -> None:
        """Commit what is waiting, then end."""
        self._stopping = True
        self._wanted.set()
        if self._running is not None:
            await self._running
        if not self.broken.done():
            self.broken.cancel()
        _fail(self._take(), Unavailable())

    def change(self, resident: Resident, task: Task, steps: tuple[Step, ...], calls: Sequence[Call]) -> None:
        """Put a task's newest version into the next commit."""
        group = self._group
        change = group.changes.get(task.task_id)
        if change is None:
            change = group.changes[task.task_id] = Change(resident, task)
        change.task = task
        group.batch.tasks[task.task_id] = task
        if steps:
            group.batch.steps.append((task.task_id, steps))
        if calls:
            change.calls.extend(calls)
        self._wanted.set()

    def count(self, counters: Counters, process_id: int, counts: Sequence[Count]) -> None:
        """Put what a task has counted into the next commit."""
        group = self._group
        for each in counts:
            counters.add(group.batch, process_id, each.node_id, each.name, each.amount)
        if not group.counts:
            group.counts = True
            group.undo.append(counters.load)

    def delete(self, task_id: str, remember_until: int) -> None:
        """Remove a task that is not in memory in the next commit."""
        self._group.batch.deleted_tasks[task_id] = remember_until
        self._wanted.set()

    def remove(self, resident: Resident) -> None:
        """Remove a task that is in memory in the next commit, whatever was to become of it."""
        task = resident.task
        batch = self._group.batch
        batch.tasks.pop(task.task_id, None)
        batch.steps = [chunk for chunk in batch.steps if chunk[0] != task.task_id]
        self._group.changes[task.task_id] = Change(resident, task, is_removal=True)
        self.delete(task.task_id, 0)

    def is_leaving(self, task_id: str) -> bool:
        """Tell whether the removal of the task is on its way to the disk."""
        return task_id in self._group.batch.deleted_tasks or task_id in self._under_way.batch.deleted_tasks

    async def keep(self, put: Callable[[Batch], object], *, undo: Callable[[], Awaitable[None]]) -> None:
        """Commit a change of another kind; *undo* runs when it was lost, to put memory right; once for many."""
        put(self._group.batch)
        self._group.undo.append(undo)
        self._wanted.set()
        await self.committed()

    def committed(self) -> asyncio.Future[None]:
        """Return what is done once everything that has been put in so far is on disk; fails when it was lost."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.broken.done():
            future.set_exception(Unavailable())
            return future
        self._group.waiting.append(future)
        self._wanted.set()
        return future

    def give_up(self, error: Exception) -> None:
        """Declare the store unusable: what it holds cannot be read, so nothing may be built on it."""
        log.critical("store.unusable", exc_info=error)
        if not self.broken.done():
            self.broken.set_exception(StoreUnusable())
        self._wanted.set()
        _fail(self._take(), CommitFailed())

    def _take(self) -> _Group:
        group, self._group = self._group, _Group()
        return group

    async def _run(self) -> None:
        while not self.broken.done():
            await self._wanted.wait()
            self._wanted.clear()
            self._under_way = group = self._take()
            try:
                await self._commit(group)
            except Exception as error:
                self.give_up(error)
                _fail(group, CommitFailed())
            self._under_way = _Group()
            if FEW <= len(group.changes) < MANY:
                await asyncio.sleep(PAUSE_SECONDS)
            if self._stopping and not self._wanted.is_set():
                return

    async def _commit(self, group: _Group) -> None:
        try:
            if _holds_anything(group.batch):
                await self._store.commit(group.batch)
        except CommitFailed as error:
            log.error("commit.failed", exc_info=error, extra={"facts": {"tasks": len(group.changes)}})
            await self._lose(group)
        else:
            if group.changes:
                self._listener.kept(tuple(group.changes.values()))
            for future in group.waiting:
                if not future.done():
                    future.set_result(None)

    async def _lose(self, group: _Group) -> None:
        self._under_way = _Group()
        lost = [group]
        try:
            # Processes and keys first: what is gathered until they are as on disk again may build on the lost ones.
            while True:
                for undo in dict.fromkeys(lost[-1].undo):
                    await undo()
                lost.append(self._take())
                if not lost[-1].undo:
                    break
            changes = {task_id: change for each in lost for task_id, change in each.changes.items()}
            self._listener.lost(tuple(changes.values()))
        finally:
            for each in lost:
                _fail(each, CommitFailed())


def _fail(group: _Group, error: Exception) -> None:
    for future in group.waiting:
        if not future.done():
            future.set_exception(error)


def _holds_anything(batch: Batch) -> bool:
    # a caller may wait for a commit though its own change was no change
    return any(getattr(batch, each.name) for each in fields(batch))
