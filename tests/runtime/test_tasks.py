"""Creating, changing and ending tasks through the runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.clock import START
from fakes.runtime import PUBLIC_URL
from syncline_server.engine import OutcomeKind, TaskState, values
from syncline_server.errors import (
    InvalidJson,
    InvalidRequest,
    NodeNotFound,
    ProcessFaulty,
    ProcessNotActive,
    ProcessNotFound,
    RefNotUnique,
    RequestIdReused,
    SynclineError,
    TaskExpired,
    TaskFinished,
    TaskNotFound,
    TaskTooLarge,
)
from syncline_server.runtime.requests import NewTask, Target, Until

if TYPE_CHECKING:
    from fakes.runtime import World

FAR = str(START // 1000 + 3600)


async def test_a_task_that_stays_inside_is_answered_by_its_first_commit(world: World) -> None:
    await world.deploy(exports.echo(), "echo")

    task = await world.create("@echo", '{"param":"1"}')

    assert task.state is TaskState.ENDED
    assert task.outcome is not None
    assert task.outcome.kind is OutcomeKind.ANSWERED
    assert values.loads(task.outcome.data) == {"info": {"param": "1"}}
    assert await world.store.task(task.task_id) == task
    assert world.performer.made == []


async def test_a_task_knows_its_callback_url_and_the_headers_of_its_caller(world: World) -> None:
    await world.deploy(exports.silent(), "silent")

    task = await world.create("@silent", '{"a":1}', headers='{"x":"y"}')
    without = await world.create("@silent", callback=False)

    assert task.data == {
        "a": 1,
        "__callback_url": f"{PUBLIC_URL}/api/1/plugins/callback/{world.callback_id(task)}",
        "__headers": {"x": "y"},
    }
    assert without.data == {}


async def test_a_ref_is_unique_among_live_tasks(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    first = await world.create("@delay", f'{{"until":{FAR}}}', ref="r")

    with pytest.raises(RefNotUnique) as caught:
        await world.create("@delay", f'{{"until":{FAR}}}', ref="r")
    assert caught.value.facts == {"task_id": first.task_id}

    await world.runtime.tasks.cancel(world.owner, Target(process="@delay", ref="r"))
    second = await world.create("@delay", f'{{"until":{FAR}}}', ref="r")
    assert second.task_id != first.task_id


async def test_attach_returns_the_task_that_has_the_ref_live_or_finished(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    await world.deploy(exports.echo(), "echo")
    live = await world.create("@delay", f'{{"until":{FAR}}}', ref="r")
    finished = await world.create("@echo", '{"param":1}', ref="r")

    assert await world.create("@delay", "{}", ref="r", attach=True) == live
    assert await world.create("@echo", "{}", ref="r", attach=True) == finished


async def test_a_repeated_request_returns_the_first_task(world: World) -> None:
    await world.deploy(exports.echo(), "echo")
    await world.deploy(exports.delay(), "delay")

    first = await world.create("@echo", '{"param":1}', request_id="q")
    assert await world.create("@echo", '{"param":1}', request_id="q") == first
    live = await world.create("@delay", f'{{"until":{FAR}}}', request_id="p")
    assert await world.create("@delay", f'{{"until":{FAR}}}', request_id="p", may_repeat=False) == live
    with pytest.raises(RequestIdReused):
        await world.create("@echo", '{"param":2}', request_id="q")


async def test_a_repeated_request_finds_its_task_after_a_restart(world: World) -> None:
    await world.deploy(exports.echo(), "echo")
    first = await world.create("@echo", '{"param":1}', request_id="q")

    await world.restart()

    assert await world.create("@echo", '{"param":1}', request_id="q") == first


@pytest.mark.parametrize(
    ("new", "error", "field"),
    [
        (NewTask(process="@nowhere"), ProcessNotFound, "process"),
        (NewTask(process="99"), ProcessNotFound, "process"),
        (NewTask(process="@silent", data="{"), InvalidJson, "data"),
        (NewTask(process="@silent", data="[]"), InvalidJson, "data"),
        (NewTask(process="@silent", headers="1"), InvalidJson, "headers"),
        (NewTask(process="@silent", ref="r" * 256), InvalidRequest, "ref"),
        (NewTask(process="@silent", request_id="r" * 65), InvalidRequest, "request_id"),
        (NewTask(process="@silent", data='{"a":"' + "x" * 1_048_576 + '"}'), TaskTooLarge, "data"),
        (NewTask(process="@silent", data='{"a":"' + "ї" * 600_000 + '"}'), TaskTooLarge, "data"),
    ],
)
async def test_a_bad_create_names_the_field(world: World, new: NewTask, error: type[SynclineError], field: str) -> None:
    await world.deploy(exports.silent(), "silent")

    with pytest.raises(error) as caught:
        await world.runtime.tasks.create(world.owner, new)

    assert caught.value.field == field


async def test_a_modified_task_goes_on_and_answers(world: World) -> None:
    await world.deploy(exports.waiting(), "waiting")
    task = await world.create("@waiting", '{"a":{"b":1,"c":2}}')
    assert task.state is TaskState.WAITING

    changed = await world.runtime.tasks.modify(
        world.owner, Target(task_id=task.task_id), '{"a":{"b":3},"answer":"yes"}'
    )

    assert changed.data["a"] == {"b": 3}
    assert changed.outcome is not None
    assert changed.outcome.data == '{"answer":"yes"}'


async def test_a_modify_that_comes_again_changes_nothing(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    target = Target(task_id=task.task_id)

    await world.runtime.tasks.modify(world.owner, target, '{"n":1}', "m1")
    await world.runtime.tasks.modify(world.owner, target, '{"n":2}', "m2")
    again = await world.runtime.tasks.modify(world.owner, target, '{"n":1}', "m1")

    assert again.data["n"] == 2


async def test_a_finished_task_is_not_changed(world: World) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")
    target = Target(task_id=task.task_id)

    with pytest.raises(TaskFinished):
        await world.runtime.tasks.modify(world.owner, target, "{}")
    assert await world.runtime.tasks.cancel(world.owner, target) == task


async def test_a_cancelled_task_tells_its_waiters(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')

    await world.runtime.tasks.cancel(world.owner, Target(task_id=task.task_id))
    waited = await world.wait(task, Until.ANSWER)

    assert waited.outcome is not None
    assert waited.outcome.kind is OutcomeKind.CANCELLED


async def test_a_deleted_task_is_gone_with_its_steps(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}', ref="r")
    target = Target(task_id=task.task_id)

    with pytest.raises(NodeNotFound):
        await world.runtime.tasks.delete(world.owner, target, exports.node_id(3))
    await world.runtime.tasks.delete(world.owner, target, exports.node_id(2))

    with pytest.raises(TaskNotFound):
        await world.runtime.tasks.find(world.owner, target)
    assert await world.store.steps(task.task_id, after=0, limit=10) == []
    await world.create("@delay", f'{{"until":{FAR}}}', ref="r")


@pytest.mark.parametrize("target", [Target(), Target(task_id="x"), Target(process="@silent"), Target(ref="r")])
async def test_a_task_has_to_be_named(world: World, target: Target) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await world.runtime.tasks.find(world.owner, target)
    assert caught.value.field == "task_id"


async def test_a_task_of_another_process_is_not_found(world: World) -> None:
    await world.deploy(exports.silent(), "silent")
    await world.deploy(exports.echo(), "echo")
    task = await world.create("@silent")

    with pytest.raises(TaskNotFound):
        await world.runtime.tasks.find(world.owner, Target(task_id=task.task_id, process="@echo"))


async def test_a_paused_process_takes_nothing_and_its_tasks_stand_still(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    await world.runtime.deploying.pause(world.owner, "@delay")

    with pytest.raises(ProcessNotActive):
        await world.create("@delay")
    with pytest.raises(ProcessNotActive):
        await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), "{}")
    world.clock.move(seconds=7200)
    world.runtime.timers.ring_due()
    assert (await world.read(task)).state is TaskState.WAITING

    await world.runtime.deploying.resume(world.owner, "@delay")
    world.runtime.timers.ring_due()
    assert (await world.wait(task)).task.state is TaskState.ENDED


async def test_a_faulty_process_is_refused_whole(world: World) -> None:
    faulty = exports.export(exports.node(1, [exports.go(9)], kind=exports.START), exports.node(2, kind=exports.FINAL))

    with pytest.raises(ProcessFaulty) as caught:
        await world.deploy(faulty, "faulty")

    assert caught.value.faults
    assert await world.store.processes() == []


async def test_a_task_runs_on_the_version_that_it_started_with(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')
    await world.runtime.deploying.deploy(world.owner, "@delay")

    await world.restart()

    assert (await world.read(task)).process_version == 1
    assert (await world.create("@delay", f'{{"until":{FAR}}}')).process_version == 2


async def test_a_timer_moves_its_task_after_a_restart_too(world: World) -> None:
    await world.deploy(exports.delay(), "delay")
    task = await world.create("@delay", f'{{"until":{FAR}}}')

    await world.restart()
    world.clock.move(seconds=3600)
    world.runtime.timers.ring_due()

    assert (await world.wait(task)).task.state is TaskState.ENDED


async def test_finished_tasks_go_after_their_retention(world: World) -> None:
    await world.deploy(exports.silent(), "silent")
    task = await world.create("@silent")

    world.clock.move(seconds=604_801)
    assert await world.runtime.retention.sweep() == 1
    with pytest.raises(TaskExpired):
        await world.read(task)

    world.clock.move(seconds=5 * 604_800)
    await world.runtime.retention.sweep()
    with pytest.raises(TaskNotFound):
        await world.read(task)
