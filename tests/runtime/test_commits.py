"""Group commit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from syncline_server.engine import Task
from syncline_server.errors import CommitFailed, StoreUnusable, Unavailable
from syncline_server.runtime.commits import Change, Committer
from syncline_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.store.port import Batch


class SlowDisk(MemoryStore):
    """A store whose commits end when the test says so, and as it says."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[Batch] = []
        self.begun = asyncio.Event()
        self._ends: asyncio.Queue[Exception | None] = asyncio.Queue()

    async def commit(self, batch: Batch) -> None:
        self.groups.append(batch)
        self.begun.set()
        error = await self._ends.get()
        if error is not None:
            raise error
        await super().commit(batch)

    def end(self, error: Exception | None = None) -> None:
        self._ends.put_nowait(error)


class Listening:
    """Writes down what the committer tells."""

    def __init__(self) -> None:
        self.kept_ids: list[list[str]] = []
        self.lost_ids: list[list[str]] = []

    def kept(self, changes: Sequence[Change]) -> None:
        self.kept_ids.append([change.task.task_id for change in changes])

    def lost(self, changes: Sequence[Change]) -> None:
        self.lost_ids.append([change.task.task_id for change in changes])


def task(name: str) -> Task:
    return Task(task_id=name, process_id=1, process_version=1)


def put(committer: Committer, name: str) -> asyncio.Future[None]:
    committer.change(None, task(name), (), ())  # type: ignore[arg-type]
    return committer.committed()


async def begun(disk: SlowDisk) -> None:
    await asyncio.wait_for(disk.begun.wait(), 10)
    disk.begun.clear()


async def test_what_arrives_during_a_commit_goes_into_the_next() -> None:
    disk, listener = SlowDisk(), Listening()
    committer = Committer(disk, listener)
    committer.start()

    first = put(committer, "a")
    await begun(disk)
    later = [put(committer, name) for name in ("b", "c")]
    disk.end()
    await first
    assert not any(future.done() for future in later)
    await begun(disk)
    disk.end()
    await asyncio.gather(*later)

    assert listener.kept_ids == [["a"], ["b", "c"]]
    await committer.stop()


async def test_a_failed_commit_takes_along_what_was_built_on_it() -> None:
    disk, listener = SlowDisk(), Listening()
    committer = Committer(disk, listener)
    committer.start()

    first = put(committer, "a")
    await begun(disk)
    second = put(committer, "b")
    disk.end(CommitFailed())

    for future in (first, second):
        with pytest.raises(CommitFailed):
            await future
    assert listener.lost_ids == [["a", "b"]]
    third = put(committer, "c")
    await begun(disk)
    disk.end()
    await third
    assert listener.kept_ids == [["c"]]
    await committer.stop()


async def test_a_disk_that_cannot_be_trusted_ends_everything() -> None:
    disk = SlowDisk()
    committer = Committer(disk, Listening())
    committer.start()

    first = put(committer, "a")
    await begun(disk)
    disk.end(StoreUnusable())

    with pytest.raises(CommitFailed):
        await first
    with pytest.raises(StoreUnusable):
        await committer.broken
    with pytest.raises(Unavailable):
        await put(committer, "b")
    await committer.stop()


async def test_stopping_commits_what_is_waiting() -> None:
    disk, listener = SlowDisk(), Listening()
    committer = Committer(disk, listener)
    committer.start()
    first = put(committer, "a")
    disk.end()

    await committer.stop()

    assert first.done()
    assert listener.kept_ids == [["a"]]
