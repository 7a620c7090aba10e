"""A disk that refuses: callers are told, memory goes back to what the disk has, and everything goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.clock import START
from fakes.runtime import make_world
from syncline_server.engine import TaskState
from syncline_server.errors import CommitFailed, KeyNotFound, ProcessNotFound, StoreUnusable, TaskNotFound
from syncline_server.runtime.requests import NewTask, Target
from syncline_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.runtime import World
    from syncline_server.store.port import Batch

FAR = str(START // 1000 + 3600)


class BadDisk(MemoryStore):
    """Refuses the next commits when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse: list[Exception] = []

    async def commit(self, batch: Batch) -> None:
        if self.refuse:
            raise self.refuse.pop(0)
        await super().commit(batch)


@pytest.fixture
def disk() -> BadDisk:
    return BadDisk()


@pytest.fixture
async def world(disk: BadDisk) -> AsyncIterator[World]:
    world = await make_world(disk)
    yield world
    await world.runtime.stop()


async def test_a_create_that_was_lost_left_nothing(world: World, disk: BadDisk) -> None:
    await world.deploy(exports.delay(), "delay")
    new = NewTask(process="@delay", data=f'{{"until":{FAR}}}', ref="r", request_id="q")
    disk.refuse.append(CommitFailed())

    with pytest.raises(CommitFailed):
        await world.runtime.tasks.create(world.owner, new)
    with pytest.raises(TaskNotFound):
        await world.runtime.tasks.find(world.owner, Target(process="@delay", ref="r"))

    assert (await world.runtime.tasks.create(world.owner, new)).state is TaskState.WAITING


async def test_a_lost_change_is_undone_in_memory(world: World, disk: BadDisk) -> None:
    await world.deploy(exports.waiting(), "waiting")
    task = await world.create("@waiting")
    target = Target(task_id=task.task_id)
    disk.refuse.append(CommitFailed())

    with pytest.raises(CommitFailed):
        await world.runtime.tasks.modify(world.owner, target, '{"answer":"lost"}')
    assert (await world.read(task)).state is TaskState.WAITING

    changed = await world.runtime.tasks.modify(world.owner, target, '{"answer":"kept"}')
    assert changed.outcome is not None
    assert changed.outcome.data == '{"answer":"kept"}'


async def test_a_lost_answer_may_be_given_again(world: World, disk: BadDisk) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    disk.refuse.append(CommitFailed())

    with pytest.raises(CommitFailed):
        await world.runtime.tasks.answer(world.callback_id(task), "1")

    assert not (await world.runtime.tasks.answer(world.callback_id(task), "2")).repeated


async def test_a_lost_timer_rings_again(world: World, disk: BadDisk) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    disk.refuse.append(CommitFailed())

    world.clock.move(seconds=3600)
    world.runtime.timers.ring_due()
    waited = await world.wait(task)

    assert waited.task.state is TaskState.ENDED
    assert disk.refuse == []


async def test_a_lost_delete_leaves_the_task(world: World, disk: BadDisk) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    target = Target(task_id=task.task_id)
    disk.refuse.append(CommitFailed())

    with pytest.raises(CommitFailed):
        await world.runtime.tasks.delete(world.owner, target)

    assert (await world.read(task)).state is TaskState.WAITING
    await world.runtime.tasks.cancel(world.owner, target)


async def test_keys_and_processes_that_were_lost_are_not_there(world: World, disk: BadDisk) -> None:
    disk.refuse.append(CommitFailed())
    with pytest.raises(CommitFailed):
        await world.deploy(exports.silent(), "silent")
    with pytest.raises(ProcessNotFound):
        await world.create("@silent")

    disk.refuse.append(CommitFailed())
    with pytest.raises(CommitFailed):
        await world.runtime.access.create_key(world.owner, "lost", 0)
    assert len(world.runtime.access.keys(world.owner)) == 1
    with pytest.raises(KeyNotFound):
        await world.runtime.access.delete_key(world.owner, "1")


async def test_a_store_that_cannot_be_trusted_ends_the_runtime(world: World, disk: BadDisk) -> None:
    await world.deploy(exports.silent(), "silent")
    disk.refuse.append(StoreUnusable())

    with pytest.raises(CommitFailed):
        await world.create("@silent")
    with pytest.raises(StoreUnusable):
        await world.runtime.committer.broken
