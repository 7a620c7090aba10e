"""Group commit: all changes that are waiting when the disk is free go into one transaction.

An idle disk is used at once; whatever arrives during a commit goes into the next one. Nobody is answered, and nothing
is performed, before the commit that holds the change has returned.

A commit that fails takes the changes gathered meanwhile with it, since those may build on what was lost. Every caller
is told, and what memory held of the lost objects is read again from the store.
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

    from syncline_server.engine import HttpCall, Step, Task
    from syncline_server.runtime.residents import Resident
    from syncline_server.store.port import Store

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who has to know what became of changed tasks."""

    def kept(self, changes: Sequence[Change]) -> None:
        """The changes are on disk."""
        ...

    async def lost(self, changes: Sequence[Change]) -> None:
        """The changes are gone; the truth is in the store. Raises `StoreUnusable` when it can't be read."""
        ...


class Change:
    """What a group commit does to one task: the newest version, and the calls that it wants made once it is kept."""

    __slots__ = ("calls", "resident", "task")

    def __init__(self, resident: Resident, task: Task) -> None:
        self.resident = resident
        self.task = task
        self.calls: list[HttpCall] = []


class _Group:
    """What goes into one transaction, and who waits for it."""

    __slots__ = ("batch", "changes", "undo", "waiting")

    def __init__(self) -> None:
        self.batch = Batch()
        self.changes: dict[str, Change] = {}
        self.undo: list[Callable[[], Awaitable[None]]] = []
        self.waiting: list[asyncio.Future[None]] = []


class Committer:
    """Gathers changes and commits them, one group at a time."""

    def __init__(self, store: Store, listener: Listener) -> None:
        self._store = store
        self._listener = listener
        self._group = _Group()
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

    def change(self, resident: Resident, task: Task, steps: tuple[Step, ...], calls: Sequence[HttpCall]) -> None:
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

    def delete(self, task_id: str, remember_until: int) -> None:
        """Remove a task in the next commit."""
        batch = self._group.batch
        batch.deleted_tasks[task_id] = remember_until
        batch.tasks.pop(task_id, None)
        batch.steps = [chunk for chunk in batch.steps if chunk[0] != task_id]
        self._group.changes.pop(task_id, None)
        self._wanted.set()

    async def keep(self, put: Callable[[Batch], object], *, undo: Callable[[], Awaitable[None]]) -> None:
        """Commit a change of another kind; *undo* runs when it was lost, to put memory right."""
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
        self._break(_Group(), error)

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            group, self._group = self._group, _Group()
            try:
                if _holds_anything(group.batch):
                    await self._store.commit(group.batch)
            except CommitFailed as error:
                log.error("commit.failed", exc_info=error, extra={"facts": {"tasks": len(group.changes)}})
                await self._lose(group, error)
            except Exception as error:
                self._break(group, error)
                return
            else:
                self._release(group)
            if self._stopping and not self._wanted.is_set():
                return

    def _release(self, group: _Group) -> None:
        if group.changes:
            self._listener.kept(tuple(group.changes.values()))
        for future in group.waiting:
            if not future.done():
                future.set_result(None)

    async def _lose(self, group: _Group, error: CommitFailed) -> None:
        later, self._group = self._group, _Group()
        changes = {**group.changes, **later.changes}
        try:
            await self._listener.lost(tuple(changes.values()))
            for undo in (*group.undo, *later.undo):
                await undo()
        except StoreUnusable as fatal:
            self._break(group, fatal)
            self._fail(later, CommitFailed())
            return
        self._fail(group, error)
        self._fail(later, CommitFailed())

    def _break(self, group: _Group, error: Exception) -> None:
        log.critical("store.unusable", exc_info=error)
        later, self._group = self._group, _Group()
        if not self.broken.done():
            self.broken.set_exception(StoreUnusable())
        self._fail(group, CommitFailed())
        self._fail(later, CommitFailed())

    def _fail(self, group: _Group, error: CommitFailed) -> None:
        for future in group.waiting:
            if not future.done():
                future.set_exception(error)


def _holds_anything(batch: Batch) -> bool:
    # a caller may wait for a commit though its own change was no change
    return any(getattr(batch, each.name) for each in fields(batch))
