"""Streams of a task's events: whoever comes late, or back, sees what those saw who were there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.clock import START
from syncline_server.engine import OutcomeKind
from syncline_server.runtime.requests import Arrival, Goal, Reached, Target, TaskEvent, Until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakes.runtime import World
    from syncline_server.engine import Task

FAR = str(START // 1000 + 3600)
GOALS = [
    Goal(Until.OUTCOME),
    Goal(Until.END),
    Goal(Until.ANSWER),
    Goal(Until.NODE, exports.node_id(2)),
    Goal(Until.NODE, exports.node_id(3)),
]


async def follow(world: World, task: Task, goal: Goal, after: int = 0) -> Sequence[TaskEvent]:
    stream = world.runtime.waits.follow(world.owner, Target(task_id=task.task_id), goal, after=after, heartbeat=60)
    async with asyncio.timeout(10):
        return [event async for event in stream]


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: f"{goal.until}{goal.node_id[-1:]}")
async def test_a_stream_goes_on_from_any_place_however_far_the_task_is(world: World, goal: Goal) -> None:
    await world.deploy(exports.waiting(), "waiting")
    task = await world.create("@waiting")
    early = asyncio.create_task(follow(world, task, goal))
    while not len(world.runtime.watch) and not early.done():  # noqa: ASYNC110 - the loop's own turns
        await asyncio.sleep(0)
    await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), '{"answer":"x"}')

    seen = await early

    assert isinstance(seen[-1], Reached)
    numbers = [event.sequence for event in seen if isinstance(event, Arrival | Reached)]
    assert numbers == sorted(set(numbers))
    late = await follow(world, task, goal)
    assert [told(event) for event in late[:-1]] == [told(event) for event in seen[:-1]]
    for at, event in enumerate(seen[:-1], start=1):
        assert isinstance(event, Arrival)
        again = await follow(world, task, goal, after=event.sequence)
        assert [told(event) for event in again[:-1]] == [told(event) for event in seen[at:-1]]
        assert isinstance(again[-1], Reached)
    assert isinstance((await follow(world, task, goal, after=numbers[-1]))[-1], Reached)


def told(event: TaskEvent) -> tuple[int, str]:
    assert isinstance(event, Arrival)
    return event.sequence, event.node_id


async def test_a_stream_ends_though_the_task_has_left_the_node(world: World) -> None:
    await world.deploy(exports.asking(), "asking")
    task = await world.create("@asking")
    goal = Goal(Until.NODE, exports.node_id(2))
    _, second, reached = await follow(world, task, goal)
    assert isinstance(second, Arrival)
    assert isinstance(reached, Reached)

    await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), '{"a":1}')

    assert [type(event) for event in await follow(world, task, goal)] == [Arrival, Arrival, Reached]
    assert [type(event) for event in await follow(world, task, goal, after=1)] == [Arrival, Reached]
    assert [type(event) for event in await follow(world, task, goal, after=second.sequence)] == [Reached]
    assert [type(event) for event in await follow(world, task, goal, after=reached.sequence)] == [Reached]


async def test_an_answer_that_replaces_an_end_comes_after_it(world: World) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    *_, ended = await follow(world, task, Goal(Until.OUTCOME))
    assert isinstance(ended, Reached)

    await world.runtime.tasks.answer(world.callback_id(task), "7")

    for goal in (Goal(Until.OUTCOME), Goal(Until.END), Goal(Until.ANSWER)):
        for after in (0, ended.sequence):
            *_, answered = await follow(world, task, goal, after)
            assert isinstance(answered, Reached)
            assert answered.outcome is not None
            assert (answered.outcome.kind, answered.outcome.data) == (OutcomeKind.ANSWERED, "7")
            assert answered.sequence > ended.sequence


async def test_the_streams_of_callers_who_leave_are_forgotten(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    for after in range(12):
        stream = asyncio.create_task(follow(world, task, Goal()))
        for _ in range(after):
            await asyncio.sleep(0)
        stream.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stream
    for _ in range(10):
        await asyncio.sleep(0)

    assert len(world.runtime.watch) == 0
