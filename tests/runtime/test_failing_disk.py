"""A disk that refuses: callers are told, memory goes back to what the disk has, and everything goes on."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pytest

from fakes import exports
from fakes.clock import START
from fakes.disk import Disk
from fakes.runtime import make_world
from syncline_server.engine import TaskState
from syncline_server.errors import CommitFailed, KeyNotFound, ProcessNotFound, StoreUnusable, TaskNotFound
from syncline_server.runtime.requests import NewTask, Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from fakes.runtime import World
    from syncline_server.engine import Task

T = TypeVar("T")

FAR = str(START // 1000 + 3600)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def world(disk: Disk) -> AsyncIterator[World]:
    world = await make_world(disk)
    yield world
    await world.runtime.stop()


async def test_a_create_that_was_lost_left_nothing(world: World, disk: Disk) -> None:
    await world.deploy(exports.delay(), "delay")
    new = NewTask(process="@delay", data=f'{{"until":{FAR}}}', ref="r", request_id="q")
    disk.refuse.append(CommitFailed())

    with pytest.raises(CommitFailed):
        await world.runtime.tasks.create(world.owner, new)
    with pytest.raises(TaskNotFound):
        await world.runtime.tasks.find(world.owner, Target(process="@delay", ref="r"))

    assert (await world.runtime.tasks.create(world.owner, new)).state is TaskState.WAITING


async def test_a_lost_change_is_undone_in_memory(world: World, disk: Disk) -> None:
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


async def test_a_lost_answer_may_be_given_again(world: World, disk: Disk) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    disk.refuse.append(CommitFailed())

    with pytest.raises(CommitFailed):
        await world.runtime.tasks.answer(world.callback_id(task), "1")

    assert not (await world.runtime.tasks.answer(world.callback_id(task), "2")).repeated


async def test_a_lost_timer_rings_again(world: World, disk: Disk) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    disk.refuse.append(CommitFailed())

    world.clock.move(seconds=3600)
    world.runtime.timers.ring_due()
    waited = await world.wait(task)

    assert waited.task.state is TaskState.ENDED
    assert disk.refuse == []


async def test_a_lost_delete_leaves_the_task(world: World, disk: Disk) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    target = Target(task_id=task.task_id)
    disk.refuse.append(CommitFailed())

    with pytest.raises(CommitFailed):
        await world.runtime.tasks.delete(world.owner, target)

    assert (await world.read(task)).state is TaskState.WAITING
    await world.runtime.tasks.cancel(world.owner, target)


async def test_keys_and_processes_that_were_lost_are_not_there(world: World, disk: Disk) -> None:
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


async def test_a_store_that_cannot_be_trusted_ends_the_runtime(world: World, disk: Disk) -> None:
    await world.deploy(exports.silent(), "silent")
    disk.refuse.append(StoreUnusable())

    with pytest.raises(CommitFailed):
        await world.create("@silent")
    with pytest.raises(StoreUnusable):
        await world.runtime.committer.broken


async def test_a_sweep_that_finds_the_store_broken_ends_the_runtime(world: World, disk: Disk) -> None:
    await disk.close()

    await world.runtime.retention.run()

    with pytest.raises(StoreUnusable):
        await world.runtime.committer.broken


@pytest.mark.parametrize("seed", range(8))
async def test_what_was_acknowledged_is_kept_however_often_the_disk_refuses(
    world: World, disk: Disk, seed: int
) -> None:
    """
    Many callers at once, each with a task of its own; every third commit is refused. Then memory and disk agree.
    """
    await world.deploy(exports.asking(), "asking")
    await world.deploy(exports.delay(), "other")
    chance = random.Random(seed)
    disk.chance = chance
    callers = [Careful(world, f"r{n}", random.Random(f"{seed} {n}")) for n in range(30)]
    await asyncio.gather(*(caller.work() for caller in callers))
    disk.chance = None

    for caller in callers:
        await caller.check()
    live = {task.task_id: task for task in await disk.live_tasks(after="", limit=100)}
    assert {one.task.task_id: one.task for one in world.runtime.residents.all()} == live
    assert {one.task.task_id: one.kept for one in world.runtime.residents.all()} == live


class Careful:
    """A caller who goes on about one task until it is told that the thing is done, and remembers what it was told."""

    def __init__(self, world: World, ref: str, chance: random.Random) -> None:
        self._world = world
        self._ref = ref
        self._chance = chance
        self._answer: str | None = None
        self._seen: dict[str, object] = {}
        self._is_deleted = False
        self._task: Task | None = None

    async def work(self) -> None:
        tasks, owner = self._world.runtime.tasks, self._world.owner
        new = NewTask(process="@asking", ref=self._ref, request_id=self._ref)
        self._task = task = await self._until_done(lambda: tasks.create(owner, new))
        target = Target(task_id=task.task_id)
        for n in range(self._chance.randrange(3)):
            modify = partial(tasks.modify, owner, target, f'{{"m{n}":{n}}}', f"m{n}")
            self._seen = (await self._until_done(modify)).data
        if self._chance.random() < 0.5 and "m1" not in self._seen:  # it answers by itself after two
            text = str(self._chance.randrange(100))
            await self._until_done(lambda: tasks.answer(self._world.callback_id(task), text))
            self._answer = text
        if self._chance.random() < 0.3:
            await self._until_done(lambda: tasks.delete(owner, target))
            self._is_deleted = True

    async def check(self) -> None:
        assert self._task is not None
        if self._is_deleted:
            with pytest.raises(TaskNotFound):
                await self._world.read(self._task)
            return
        task = await self._world.read(self._task)
        assert task == await self._world.store.task(task.task_id)
        assert self._seen.items() <= task.data.items()
        if self._answer is not None:
            assert task.outcome is not None
            assert task.outcome.data == self._answer

    async def _until_done(self, do: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await do()
            except CommitFailed:
                for _ in range(self._chance.randrange(5)):
                    await asyncio.sleep(0)
