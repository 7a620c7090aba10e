"""What goes on around a commit that fails: nothing that was built on it survives, and nothing else is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.clock import START
from fakes.disk import Disk
from fakes.performer import Held
from fakes.runtime import make_world
from syncline_server.engine import TaskState
from syncline_server.errors import CommitFailed, ProcessNotFound, RefNotUnique, StoreUnusable
from syncline_server.runtime.requests import Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from fakes.runtime import World

FAR = str(START // 1000 + 3600)
UNTIL = f'{{"until":{FAR}}}'


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def world(disk: Disk) -> AsyncIterator[World]:
    world = await make_world(disk)
    yield world
    disk.commits.open()
    disk.reads.open()
    disk.lists.open()
    await world.runtime.stop()


async def turns() -> None:
    """Let everything that can go on go on."""
    for _ in range(50):
        await asyncio.sleep(0)


async def losing(disk: Disk, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
    """Start work whose commit is under way on return, and will be refused."""
    disk.commits.shut()
    task = asyncio.create_task(work)
    await disk.commits.reached()
    disk.refuse.append(CommitFailed())
    return task


async def test_a_lost_delete_loses_no_timer_and_no_reply(world: World, disk: Disk) -> None:
    await world.deploy(exports.delay(), "delay")
    await world.deploy(exports.outside(), "outside")
    reply = Held()
    world.performer.always(reply)
    tasks = [await world.create("@delay", UNTIL), await world.create("@outside", '{"url":"http://p.test","n":1}')]
    await world.performer.call()
    deletes = [
        await losing(disk, world.runtime.tasks.delete(world.owner, Target(task_id=task.task_id))) for task in tasks
    ]
    disk.refuse.pop()

    world.clock.move(seconds=3600)
    world.runtime.timers.ring_due()
    reply.release()
    await turns()
    disk.commits.open()

    for delete in deletes:
        with pytest.raises(CommitFailed):
            await delete
    for task in tasks:
        assert (await world.wait(task)).task.state is TaskState.ENDED


async def test_a_delete_whose_caller_left_is_done(world: World, disk: Disk) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", UNTIL, ref="r")
    disk.commits.shut()
    delete = asyncio.create_task(world.runtime.tasks.delete(world.owner, Target(task_id=task.task_id)))
    await disk.commits.reached()

    delete.cancel()
    await turns()
    disk.commits.open()

    await world.create("@delay", UNTIL, ref="r")
    assert len(world.runtime.residents) == 1


async def test_a_lost_pause_loses_no_timer_and_no_reply(world: World, disk: Disk) -> None:
    await world.deploy(exports.delay(), "delay")
    await world.deploy(exports.outside(), "outside")
    reply = Held()
    world.performer.always(reply)
    late = await world.create("@delay", UNTIL)
    called = await world.create("@outside", '{"url":"http://p.test","n":1}')
    await world.performer.call()
    pauses = [await losing(disk, world.runtime.deploying.pause(world.owner, name)) for name in ("@delay", "@outside")]
    disk.refuse.pop()

    world.clock.move(seconds=3600)
    world.runtime.timers.ring_due()
    reply.release()
    await turns()
    disk.commits.open()
    for pause in pauses:
        with pytest.raises(CommitFailed):
            await pause

    for task in (late, called):
        assert (await world.wait(task)).task.state is TaskState.ENDED


async def test_no_task_is_made_in_a_process_that_was_lost(world: World, disk: Disk) -> None:
    lost = await losing(disk, world.deploy(exports.delay(), "lost"))
    disk.lists.shut()
    disk.commits.open()
    await disk.lists.reached()

    create = asyncio.create_task(world.create("@lost", UNTIL))
    await turns()
    disk.lists.open()

    with pytest.raises(CommitFailed):
        await lost
    with pytest.raises((CommitFailed, ProcessNotFound)):
        await create
    assert await world.store.live_tasks(after="", limit=10) == []


async def test_a_create_that_looks_at_the_disk_meanwhile_makes_no_task_in_a_lost_process(
    world: World, disk: Disk
) -> None:
    lost = await losing(disk, world.deploy(exports.delay(), "lost"))
    disk.reads.shut()
    create = asyncio.create_task(world.create("@lost", UNTIL, request_id="q"))
    await disk.reads.reached()
    disk.commits.open()
    with pytest.raises(CommitFailed):
        await lost

    disk.reads.open()

    with pytest.raises(ProcessNotFound):
        await create
    assert await world.store.live_tasks(after="", limit=10) == []


async def test_a_task_whose_change_was_lost_is_there_for_everybody_at_once(world: World, disk: Disk) -> None:
    await world.deploy(exports.waiting(), "waiting")
    task = await world.create("@waiting", ref="r")
    target = Target(task_id=task.task_id)
    lost = await losing(disk, world.runtime.tasks.modify(world.owner, target, '{"answer":"lost"}'))
    disk.reads.shut()
    disk.commits.open()

    with pytest.raises(CommitFailed):
        await lost
    with pytest.raises(RefNotUnique):
        await world.create("@waiting", ref="r")
    assert (await world.create("@waiting", ref="r", attach=True)).task_id == task.task_id
    assert (await world.runtime.tasks.modify(world.owner, target, '{"answer":"kept"}')).data["answer"] == "kept"


async def test_a_different_answer_is_not_refused_for_one_that_gets_lost(world: World, disk: Disk) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    first = await losing(disk, world.runtime.tasks.answer(world.callback_id(task), "1"))
    second = asyncio.create_task(world.runtime.tasks.answer(world.callback_id(task), "2"))
    await turns()
    disk.commits.open()

    for answer in (first, second):
        with pytest.raises(CommitFailed):
            await answer
    assert len(world.runtime.residents) == 0


async def test_an_answer_is_not_refused_for_a_removal_that_gets_lost(world: World, disk: Disk) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", UNTIL)
    delete = await losing(disk, world.runtime.tasks.delete(world.owner, Target(task_id=task.task_id)))
    answer = asyncio.create_task(world.runtime.tasks.answer(world.callback_id(task), "1"))
    await turns()
    disk.commits.open()

    for work in (delete, answer):
        with pytest.raises(CommitFailed):
            await work
    assert not (await world.runtime.tasks.answer(world.callback_id(task), "1")).repeated


async def test_a_ref_is_not_refused_for_a_task_that_gets_lost(world: World, disk: Disk) -> None:
    await world.deploy(exports.delay(), "delay")
    first = await losing(disk, world.create("@delay", UNTIL, ref="r"))
    second = asyncio.create_task(world.create("@delay", UNTIL, ref="r"))
    await turns()
    disk.commits.open()

    for create in (first, second):
        with pytest.raises(CommitFailed):
            await create


async def test_what_cannot_be_read_again_ends_the_runtime(world: World, disk: Disk) -> None:
    lost = await losing(disk, world.deploy(exports.waiting(), "waiting"))
    disk.processes = _fault  # type: ignore[assignment, method-assign]
    disk.commits.open()

    with pytest.raises(CommitFailed):
        await asyncio.wait_for(lost, 10)
    with pytest.raises(StoreUnusable):
        await asyncio.wait_for(world.runtime.committer.broken, 10)


async def _fault() -> None:
    raise RuntimeError("what nobody thought of")
