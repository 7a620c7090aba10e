"""Answers: before the waiter, while it waits, after it left, after a restart, and before their call is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.clock import START
from fakes.performer import Held
from syncline_server.engine import OutcomeKind, TaskState, values
from syncline_server.errors import AlreadyAnswered, CallbackNotFound, InvalidJson
from syncline_server.runtime.requests import Arrival, Goal, NewTask, Quiet, Reached, Target, Until

if TYPE_CHECKING:
    from fakes.runtime import World

FAR = str(START // 1000 + 3600)
URL = '{"url":"http://peer.test/in","n":1}'


async def parked(world: World, count: int) -> None:
    """Return when so many callers are parked."""
    async with asyncio.timeout(10):
        while len(world.runtime.watch) < count:  # noqa: ASYNC110 - the loop's own turns are what is waited for
            await asyncio.sleep(0)


async def test_an_answer_wakes_every_waiter(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    waiters = [asyncio.create_task(world.wait(task)) for _ in range(3)]
    await parked(world, 3)

    await world.runtime.tasks.answer(world.callback_id(task), '{"n":1.10}')

    answers = [(await waiter).outcome for waiter in waiters]
    assert [answer.data if answer else None for answer in answers] == ['{"n":1.10}'] * 3
    assert (await world.read(task)).state is TaskState.WAITING


async def test_an_answer_is_kept_for_who_comes_late(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    await world.runtime.tasks.answer(world.callback_id(task), "[1]")

    await world.restart()
    waited = await world.wait(task)

    assert waited.reached
    assert waited.outcome is not None
    assert waited.outcome.data == "[1]"


async def test_an_answer_after_the_end_replaces_the_end(world: World) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    ended = await world.wait(task)
    waiter = asyncio.create_task(world.wait(task, Until.ANSWER))
    await parked(world, 1)

    await world.runtime.tasks.answer(world.callback_id(task), "true")
    answered = await waiter

    assert ended.outcome is not None
    assert ended.outcome.kind is OutcomeKind.ENDED
    assert answered.outcome is not None
    assert (answered.outcome.kind, answered.outcome.data) == (OutcomeKind.ANSWERED, "true")
    assert len(world.runtime.residents) == 0


async def test_the_first_answer_stands(world: World) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    answer = world.runtime.tasks.answer

    first = await answer(world.callback_id(task), '{"a":1,"b":[1.0]}')
    again = await answer(world.callback_id(task), '{ "b": [1], "a": 1.00 }')
    with pytest.raises(AlreadyAnswered):
        await answer(world.callback_id(task), '{"a":2}')

    assert (first.repeated, again.repeated) == (False, True)
    assert (await world.wait(task)).outcome == (await world.read(task)).outcome
    assert len(world.runtime.residents) == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda good: good[:-1],
        lambda good: good + "0",
        lambda good: "0" * 24 + good[24:],
        lambda good: good[:24] + "f" * 32,
        lambda _: "",
        lambda _: "z" * 56,
    ],
)
async def test_an_unknown_callback_is_refused(world: World, change: object) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")

    with pytest.raises(CallbackNotFound):
        await world.runtime.tasks.answer(change(world.callback_id(task)), "{}")  # type: ignore[operator]


async def test_a_task_without_a_callback_takes_no_answer(world: World) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent", callback=False)

    with pytest.raises(CallbackNotFound):
        await world.runtime.tasks.answer(task.task_id + "0" * 32, "{}")


async def test_an_answer_that_is_not_json_is_refused(world: World) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")

    with pytest.raises(InvalidJson):
        await world.runtime.tasks.answer(world.callback_id(task), "{")


async def test_an_answer_may_come_before_the_call_that_caused_it_is_over(world: World) -> None:
    """
    The peer posts its answer first and then replies to the call: neither is lost.
    """
    await world.deploy(exports.outside(), "outside")
    reply = Held()
    world.performer.always(reply)
    task = await world.create("@outside", URL)
    await world.performer.call()

    await world.runtime.tasks.answer(world.callback_id(task), '"early"')
    between = await world.read(task)
    reply.release()
    ended = await world.wait(task, Until.END)

    assert (between.state, between.outcome and between.outcome.data) == (TaskState.RUNNING, '"early"')
    assert ended.task.state is TaskState.ENDED
    assert ended.outcome is not None
    assert (ended.outcome.kind, ended.outcome.data) == (OutcomeKind.ANSWERED, '"early"')


async def test_a_call_under_way_at_a_crash_is_made_again_with_the_same_key(world: World) -> None:
    await world.deploy(exports.outside(), "outside")
    world.performer.always(Held())
    task = await world.create("@outside", URL)
    first = await world.performer.call()

    await world.restart()
    second = await world.performer.call()
    ended = await world.wait(task, Until.END)

    assert (first.key, first.call) == (second.key, second.call)
    assert ended.task.state is TaskState.ENDED


async def test_calls_wait_until_the_acknowledgement_is_delivered(world: World) -> None:
    await world.deploy(exports.outside(), "outside")
    hold = asyncio.Event()

    await world.runtime.tasks.create(world.owner, NewTask(process="@outside", data=URL), hold=hold)
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.performer.made == []

    hold.set()
    assert await world.performer.call()


async def test_a_process_may_answer_the_task_of_another(world: World) -> None:
    """
    A callback URL of this server is never called over the network, whoever calls it.
    """
    await world.deploy(exports.outside(), "outside")
    await world.deploy(exports.delay(), "delay")
    waiting = await world.create("@delay", f'{{"until":{FAR}}}')

    await world.create("@outside", values.dumps({"url": waiting.data["__callback_url"], "n": 5}))
    waited = await world.wait(waiting)

    assert waited.outcome is not None
    assert waited.outcome.data == '{"n":"5"}'
    assert world.performer.made == []


async def test_a_wait_runs_out_with_the_task(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')

    waited = await world.wait(task, seconds=0.01)

    assert (waited.reached, waited.outcome, waited.task.task_id) == (False, None, task.task_id)
    assert len(world.runtime.watch) == 0


async def test_a_node_counts_as_reached_when_the_task_only_passed_it(world: World) -> None:
    await world.deploy(exports.waiting(), "waiting")
    task = await world.create("@waiting")

    assert (await world.wait(task, Until.NODE, node=exports.node_id(1))).reached
    waiter = asyncio.create_task(world.wait(task, Until.NODE, node=exports.node_id(3)))
    await parked(world, 1)
    await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), '{"answer":"x"}')

    assert (await waiter).reached


async def events_of(world: World, task_id: str, until: Until = Until.END, after: int = 0) -> list[object]:
    stream = world.runtime.waits.follow(world.owner, Target(task_id=task_id), Goal(until), after=after, heartbeat=10)
    return [event async for event in stream]


async def test_a_stream_replays_what_happened_from_any_place(world: World) -> None:
    await world.deploy(exports.echo(), "echo")
    task = await world.create("@echo", '{"param":1}')

    events = await events_of(world, task.task_id)

    assert [event.node_id for event in events if isinstance(event, Arrival)] == [exports.node_id(n) for n in (1, 2, 3)]
    assert isinstance(events[-1], Reached)
    first = events[0]
    assert isinstance(first, Arrival)
    assert await events_of(world, task.task_id, after=first.sequence) == events[1:]


async def test_a_quiet_stream_beats(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    stream = world.runtime.waits.follow(
        world.owner, Target(task_id=task.task_id), Goal(Until.OUTCOME), after=99, heartbeat=0.01
    )

    assert isinstance(await anext(stream), Quiet)
    await stream.aclose()
