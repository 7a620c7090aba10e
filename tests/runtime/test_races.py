"""Two things at once, on a disk that takes its time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.clock import START
from fakes.disk import Disk
from fakes.performer import Held
from fakes.runtime import make_world
from syncline_server.engine import TaskState
from syncline_server.errors import (
    AliasTaken,
    CallbackNotFound,
    CommitFailed,
    ProcessNotActive,
    TaskNotFound,
    Unavailable,
)
from syncline_server.runtime.requests import NewTask, Target, Until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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
    await world.runtime.stop()


async def turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.parametrize("name", ["@silent", "@delay"])
@pytest.mark.parametrize(
    "more",
    [
        {"request_id": "q"},
        {"ref": "r", "attach": True},
        {"ref": "r", "attach": True, "request_id": "q"},
    ],
)
async def test_creates_that_come_at_once_make_one_task(
    world: World, disk: Disk, name: str, more: dict[str, object]
) -> None:
    await world.deploy(exports.silent(), "silent")
    await world.deploy(exports.delay(), "delay")
    disk.reads.shut()
    creates = [asyncio.create_task(world.create(name, UNTIL, **more)) for _ in range(3)]
    await disk.reads.reached(1)
    await turns()

    disk.reads.open()
    made = await asyncio.gather(*creates)

    assert len({task.task_id for task in made}) == 1


async def test_an_attach_sees_a_task_that_came_and_went_while_it_looked(world: World, disk: Disk) -> None:
    await world.deploy(exports.silent(), "silent")
    disk.reads.shut()
    attach = asyncio.create_task(world.create("@silent", ref="r", attach=True))
    await disk.reads.reached()
    task = await world.create("@silent", ref="r")

    disk.reads.open()

    assert (await attach).task_id == task.task_id


async def test_a_repeat_sees_the_first_try_that_came_late(world: World, disk: Disk) -> None:
    await world.deploy(exports.silent(), "silent")
    disk.reads.shut()
    repeat = asyncio.create_task(world.create("@silent", request_id="q"))
    await disk.reads.reached()
    task = await world.create("@silent", request_id="q", may_repeat=False)

    disk.reads.open()

    assert (await repeat).task_id == task.task_id


async def test_an_attach_sees_a_task_whose_end_is_not_on_disk(world: World, disk: Disk) -> None:
    await world.deploy(exports.silent(), "silent")
    disk.commits.shut()
    first = asyncio.create_task(world.create("@silent", ref="r"))
    await disk.commits.reached()
    attach = asyncio.create_task(world.create("@silent", ref="r", attach=True))
    await turns()

    disk.commits.open()

    assert (await attach).task_id == (await first).task_id


async def test_no_task_is_made_in_a_process_that_was_paused_meanwhile(world: World, disk: Disk) -> None:
    await world.deploy(exports.delay(), "delay")
    disk.reads.shut()
    create = asyncio.create_task(world.create("@delay", UNTIL, request_id="q"))
    await disk.reads.reached()
    await world.runtime.deploying.pause(world.owner, "@delay")

    disk.reads.open()

    with pytest.raises(ProcessNotActive):
        await create


@pytest.mark.parametrize("after", range(12))
async def test_a_create_that_is_cancelled_leaves_a_whole_task_or_none(world: World, after: int) -> None:
    await world.deploy(exports.delay(), "other")
    await world.deploy(exports.asking_at_once(), "asking")
    new = NewTask(process="@asking", ref="r", request_id="q")
    create = asyncio.create_task(world.runtime.tasks.create(world.owner, new))
    for _ in range(after):
        await asyncio.sleep(0)
    create.cancel()
    await turns()

    task = await world.runtime.tasks.create(world.owner, new)

    assert (await world.wait(task, Until.END)).task.state is TaskState.ENDED
    found = await world.runtime.tasks.list(world.owner, "@asking", limit=10)
    assert [one.task_id for one in found] == [task.task_id]
    assert len(world.runtime.residents) == 0


async def test_a_call_goes_out_after_its_commit_when_its_process_goes_on(world: World, disk: Disk) -> None:
    await world.deploy(exports.two_calls(), "two")
    reply = Held()
    world.performer.on("http://p.test/1", reply)
    task = await world.create("@two", '{"first":"http://p.test/1","second":"http://p.test/2"}')
    await world.performer.call()
    await world.runtime.deploying.pause(world.owner, "@two")
    reply.release()
    await turns()
    assert len(world.performer.made) == 1

    resume = asyncio.create_task(world.runtime.deploying.resume(world.owner, "@two"))
    await resume
    disk.commits.shut()
    await disk.commits.reached()
    await turns()
    assert len(world.performer.made) == 1

    disk.commits.open()
    assert (await world.wait(task)).task.state is TaskState.ENDED
    assert [made.call.url for made in world.performer.made] == ["http://p.test/1", "http://p.test/2"]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("how", ["resume", "deploy"])
async def test_a_paused_process_goes_on_where_it_stood(world: World, how: str, restarted: bool) -> None:
    await world.deploy(exports.outside(), "outside")
    reply = Held()
    world.performer.always(reply)
    tasks = [await world.create("@outside", '{"url":"http://p.test","n":1}') for _ in range(2)]
    await world.performer.call(2)
    await world.runtime.deploying.pause(world.owner, "@outside")
    reply.release()
    await turns()
    if restarted:
        await world.restart()
    await world.runtime.tasks.cancel(world.owner, Target(task_id=tasks[0].task_id))
    assert (await world.read(tasks[1])).state is TaskState.RUNNING

    await getattr(world.runtime.deploying, how)(world.owner, "@outside")

    assert (await world.wait(tasks[1])).task.state is TaskState.ENDED
    assert (await world.read(tasks[0])).state is TaskState.CANCELLED
    assert len(world.performer.made) == (1 if restarted else 2)


async def test_a_deleted_task_takes_no_answer(world: World, disk: Disk) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    disk.commits.shut()
    delete = asyncio.create_task(world.runtime.tasks.delete(world.owner, Target(task_id=task.task_id)))
    await disk.commits.reached()
    answer = asyncio.create_task(world.runtime.tasks.answer(world.callback_id(task), "1"))
    await turns()

    disk.commits.open()
    await delete

    with pytest.raises(CallbackNotFound):
        await answer
    with pytest.raises(TaskNotFound):
        await world.read(task)
    assert len(world.runtime.residents) == 0


async def test_a_task_that_is_being_answered_is_not_swept(world: World, disk: Disk) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    world.clock.move(seconds=604_801)
    disk.reads.shut()
    answer = asyncio.create_task(world.runtime.tasks.answer(world.callback_id(task), "1"))
    await disk.reads.reached()

    await world.runtime.retention.sweep()
    disk.reads.open()
    await answer

    kept = await world.read(task)
    assert kept.outcome is not None
    assert kept.outcome.data == "1"


async def test_a_task_that_is_being_swept_takes_no_answer(world: World, disk: Disk) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    world.clock.move(seconds=604_801)
    disk.commits.shut()
    sweep = asyncio.create_task(world.runtime.retention.sweep())
    await disk.commits.reached()
    disk.reads.shut()
    answer = asyncio.create_task(world.runtime.tasks.answer(world.callback_id(task), "1"))
    await turns()

    disk.commits.open()
    await sweep
    disk.reads.open()

    with pytest.raises(CallbackNotFound):
        await answer
    assert await world.store.task(task.task_id) is None


async def test_two_imports_at_once_get_ids_and_aliases_of_their_own(world: World) -> None:
    made = await asyncio.gather(
        world.deploy(exports.silent(), "a"),
        world.deploy(exports.silent(), "a"),
        world.deploy(exports.silent(), "b"),
        return_exceptions=True,
    )

    assert isinstance(made[1], AliasTaken)
    assert made[0] != made[2]
    assert len(await world.store.processes()) == 2


async def test_a_stop_makes_no_new_call(world: World, disk: Disk) -> None:
    await world.deploy(exports.outside(), "outside")
    disk.commits.shut()
    create = asyncio.create_task(world.create("@outside", '{"url":"http://p.test","n":1}'))
    await disk.commits.reached()

    stop = asyncio.create_task(world.runtime.stop())
    await turns()
    disk.commits.open()
    await stop

    assert (await create).state is TaskState.RUNNING
    assert world.performer.made == []
    with pytest.raises(Unavailable):
        await world.runtime.committer.committed()


async def test_a_process_that_calls_itself_for_ever_leaves_room_for_others(world: World) -> None:
    await world.deploy(exports.for_ever(), "for-ever")
    await world.deploy(exports.echo(), "echo")
    endless = await world.create("@for-ever")

    async with asyncio.timeout(10):
        for n in range(20):
            assert (await world.create("@echo", f'{{"param":{n}}}')).state is TaskState.ENDED
    await world.runtime.tasks.cancel(world.owner, Target(task_id=endless.task_id))

    assert (await world.wait(endless, Until.END)).task.state is TaskState.CANCELLED


async def test_cancelled_waiters_leave_nothing(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", UNTIL)
    for after in range(6):
        waiter = asyncio.create_task(world.wait(task))
        for _ in range(after):
            await asyncio.sleep(0)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter

    assert len(world.runtime.watch) == 0


async def test_a_running_process_outlives_a_stricter_limit(world: World) -> None:
    text = exports.export(
        exports.node(1, [exports.go(2)], kind=exports.START),
        exports.node(2, [], [{"type": "time", "value": 5, "dimension": "sec", "to_node_id": exports.node_id(3)}]),
        exports.node(3, kind=exports.FINAL),
    )
    await world.deploy(text, "short")
    task = await world.create("@short")
    catalogue = world.runtime.catalogue

    await world.restart(limits=replace(catalogue.limits, min_timer_seconds=30.0))
    world.clock.move(seconds=5)
    world.runtime.timers.ring_due()

    assert (await world.wait(task)).task.state is TaskState.ENDED


async def test_a_call_that_is_over_is_not_repeated_by_a_lost_commit_of_another(world: World, disk: Disk) -> None:
    await world.deploy(exports.outside(), "outside")
    await world.deploy(exports.delay(), "delay")
    disk.refuse.append(CommitFailed())
    with pytest.raises(CommitFailed):
        await world.create("@delay", UNTIL)

    task = await world.create("@outside", '{"url":"http://p.test","n":1}')

    assert (await world.wait(task)).task.state is TaskState.ENDED
    assert len(world.performer.made) == 1
