"""Tasks that work with each other while the disk fails, processes stand still and tasks go away."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.clock import START
from fakes.disk import Disk
from fakes.exports import FINAL, go, node, node_id
from fakes.exports import START as START_NODE
from fakes.logics import copy, late, process, queue, reply, rpc, take, wait
from fakes.runtime import ended, make_world, tasks_of
from syncline_server.engine import TaskState
from syncline_server.errors import CommitFailed, TaskNotFound
from syncline_server.runtime.folding import MOST_FOLDED
from syncline_server.runtime.requests import Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from fakes.runtime import World
    from syncline_server.engine import Task

UNTIL = f'{{"until":{START // 1000 + 3600}}}'


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
    """Let everything that can go on go on."""
    for _ in range(50):
        await asyncio.sleep(0)


async def lose_a_change(world: World, disk: Disk, task: Task) -> None:
    """Let a commit fail that holds a change of the task."""
    disk.refuse.append(CommitFailed())
    with pytest.raises(CommitFailed):
        await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), '{"lost":1}')


# What a lost commit leaves.


async def test_a_reply_finds_a_caller_whose_change_was_lost(world: World, disk: Disk) -> None:
    """The caller was not in memory while it was read again, so the reply went nowhere and it waited for ever."""
    await world.deploy(late({"y": "1"}), "callee")
    await world.deploy(process(rpc()), "caller")
    caller = await world.create("@caller")
    (callee,) = await tasks_of(world, "callee")
    disk.commits.shut()
    disk.reads.shut()
    lost = asyncio.create_task(lose_a_change(world, disk, caller))
    await disk.commits.reached()
    disk.commits.open()
    await turns()
    modify = asyncio.create_task(world.runtime.tasks.modify(world.owner, Target(task_id=callee.task_id), "{}"))
    await turns()
    disk.reads.open()
    await asyncio.gather(lost, modify)

    assert (await ended(world, caller)).data["y"] == "1"


async def test_a_task_whose_change_was_lost_keeps_its_place_in_the_queue(world: World, disk: Disk) -> None:
    await world.deploy(process(queue()), "queue")
    await world.deploy(process(take()), "taker")
    first, _ = [await world.create("@queue") for _ in range(2)]

    await lose_a_change(world, disk, first)

    assert (await world.create("@taker")).data["__queue_task_id__"] == first.task_id


@pytest.mark.parametrize("what", ["rpc", "copy", "take"])
async def test_a_commit_that_is_lost_takes_both_tasks_with_it(world: World, disk: Disk, what: str) -> None:
    await world.deploy(process(queue()), "queue")
    await world.deploy(process(reply({"y": "1"})), "callee")
    await world.deploy(process({"rpc": rpc(), "copy": copy(), "take": take()}[what]), "caller")
    queued = await world.create("@queue")
    disk.refuse.append(CommitFailed())

    with pytest.raises(CommitFailed):
        await world.create("@caller")

    assert await tasks_of(world, "callee") == []
    assert (await world.read(queued)).state is TaskState.WAITING
    task = await world.create("@caller")
    assert task.state is TaskState.ENDED
    assert task.node_id == node_id(3)


@pytest.mark.parametrize("seed", range(4))
async def test_however_often_the_disk_refuses_each_call_is_made_once(world: World, disk: Disk, seed: int) -> None:
    await world.deploy(late({"y": "{{x}}"}), "callee")
    await world.deploy(process(rpc()), "caller")
    disk.chance = random.Random(seed)
    refs = [f"r{n}" for n in range(20)]

    async def until_done(work: Callable[[], Awaitable[Task]]) -> Task:
        while True:
            with contextlib.suppress(CommitFailed, TaskNotFound):
                return await work()

    async def call(ref: str) -> Task:
        return await until_done(lambda: world.create("@caller", ref=ref, request_id=ref))

    callers = await asyncio.gather(*map(call, refs))
    callees = await tasks_of(world, "callee")
    assert len(callees) == len(refs)

    async def modify(task: Task) -> Task:
        target = Target(task_id=task.task_id)
        return await until_done(lambda: world.runtime.tasks.modify(world.owner, target, '{"x":"1"}', task.task_id))

    await asyncio.gather(*map(modify, callees))
    disk.chance = None

    assert {(await ended(world, task)).data["y"] for task in callers} == {"1"}
    assert {(await ended(world, task)).state for task in callees} == {TaskState.ENDED}


async def test_an_answer_to_a_task_that_has_ended_is_posted_again_when_its_commit_is_lost(
    world: World, disk: Disk
) -> None:
    """The sender was told that the connection broke, and nobody sent the answer again."""
    await world.deploy(exports.silent(), "answered")
    await world.deploy(process(exports.api("{{url}}", {"n": "1"}, {"n": "string"}, error=4)), "sender")
    task = await world.create("@answered")
    sender = await world.create("@sender", f'{{"url":"{task.data["__callback_url"]}"}}')
    disk.refuse.append(CommitFailed())

    assert (await ended(world, sender)).node_id == node_id(3)
    assert not disk.refuse
    outcome = (await world.read(task)).outcome
    assert outcome is not None
    assert outcome.data == '{"n":"1"}'


# Processes that stand still.


async def test_an_answer_to_a_task_of_a_paused_process_is_taken_at_once(world: World) -> None:
    """An answer moves nothing; its sender had to wait until the other process went on."""
    await world.deploy(exports.delay(), "answered")
    await world.deploy(exports.outside(), "sender")
    task = await world.create("@answered", UNTIL)
    await world.runtime.deploying.pause(world.owner, "@answered")

    sender = await world.create("@sender", f'{{"url":"{task.data["__callback_url"]}","n":1}}')

    assert sender.state is TaskState.ENDED
    outcome = (await world.read(task)).outcome
    assert outcome is not None
    assert outcome.data == '{"n":"1"}'


async def test_an_answer_held_up_by_a_pause_finds_a_task_that_has_ended_meanwhile(world: World, disk: Disk) -> None:
    """The sender was told that there is no such callback, and the answer was lost."""
    await world.deploy(exports.delay(), "answered")
    last = MOST_FOLDED + 2
    posts = [node(n, [exports.api("{{__callback_url}}", {}, {}), go(n + 1)]) for n in range(2, last)]
    posts.append(node(last, [exports.api("{{url}}", {"n": "1"}, {"n": "string"}), go(last + 1)]))
    final = node(last + 1, kind=FINAL)
    await world.deploy(exports.export(node(1, [go(2)], kind=START_NODE), *posts, final), "sender")
    task = await world.create("@answered", UNTIL)
    disk.commits.shut()
    create = asyncio.create_task(world.create("@sender", f'{{"url":"{task.data["__callback_url"]}"}}'))
    await disk.commits.reached()
    pause = asyncio.create_task(world.runtime.deploying.pause(world.owner, "@sender"))
    await turns()
    disk.commits.open()
    await asyncio.gather(create, pause)
    await world.runtime.tasks.cancel(world.owner, Target(task_id=task.task_id))

    await world.runtime.deploying.resume(world.owner, "@sender")

    await ended(world, create.result())
    outcome = (await world.read(task)).outcome
    assert outcome is not None
    assert outcome.data == '{"n":"1"}'


# Tasks that go away.


async def test_a_node_is_no_longer_too_full_once_a_task_there_is_deleted(world: World) -> None:
    count = {"type": "count", "value": 2, "esc_node_id": node_id(7)}
    await world.deploy(
        exports.export(
            node(1, [go(2)], kind=START_NODE),
            node(2, [wait(), go(3)], [count]),
            node(3, kind=FINAL),
            node(7, [go(8)]),
            node(8, kind=FINAL),
        ),
        "full",
    )
    task, _ = [await world.create("@full") for _ in range(2)]

    await world.runtime.tasks.delete(world.owner, Target(task_id=task.task_id))

    told = [task.data for task in await tasks_of(world, "full") if task.node_id == node_id(8)]
    assert told == [{"start": "true"}, {"start": "false"}]
