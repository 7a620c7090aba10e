"""AwaitTask: the stream of a task's events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from fakes import exports
from fakes.rpc import refusal, serving
from fakes.runtime import PATIENCE, make_world
from syncline.v1 import task_calls_pb2, task_pb2
from syncline_server.rpc.await_task import TASK_ID_KEY
from syncline_server.runtime.resume import Place

if TYPE_CHECKING:
    from fakes.rpc import Served
    from syncline_server.engine.task import Task

START, STANDS, ANSWERS, FINAL = (exports.node_id(number) for number in (1, 2, 3, 4))


async def events(call: Any) -> list[Any]:
    """Read a stream to its end."""
    found = []
    async with asyncio.timeout(PATIENCE):
        while (event := await call.read()) is not grpc.aio.EOF:
            found.append(event)
    return found


async def read(call: Any, count: int) -> list[Any]:
    """Read so many events."""
    async with asyncio.timeout(PATIENCE):
        return [await call.read() for _ in range(count)]


def task_ids(metadata: Any) -> list[Any]:
    """Return what metadata says of tasks."""
    return [value for key, value in metadata if key == TASK_ID_KEY]


def told(event: Any) -> str:
    """Say an event in a word: the node that was moved to, or the event's name."""
    name = str(event.WhichOneof("event"))
    return str(event.moved.node_id) if name == "moved" else name


@pytest.fixture
async def task(running: Served) -> Task:
    """A task that stands and waits to be modified."""
    await running.world.deploy(exports.waiting(), "waiting")
    return await running.world.create("@waiting", ref="r")


async def modify(running: Served, task: Task) -> None:
    await running.owner(
        "ModifyTask", task_calls_pb2.ModifyTaskRequest(task_id=task.task_id, data_json='{"answer":"yes"}')
    )


async def test_early(running: Served, task: Task) -> None:
    call = running.owner.watch(task_id=task.task_id)
    before = await read(call, 2)
    await modify(running, task)
    after = await events(call)

    assert [told(event) for event in before] == [START, STANDS]
    assert [event.moved.state for event in before] == [task_pb2.TASK_STATE_RUNNING, task_pb2.TASK_STATE_WAITING]
    assert [told(event) for event in after] == [ANSWERS, "outcome"]
    assert after[-1].outcome.data_json == '{"answer":"yes"}'
    sequences = [event.sequence for event in before + after]
    assert sequences == sorted(sequences)
    assert all(event.resume_token for event in before + after)


@pytest.mark.parametrize("how", [{"process": "@waiting", "ref": "r"}, {"task_id": True}])
async def test_late(running: Served, task: Task, how: dict[str, Any]) -> None:
    await modify(running, task)
    target = {"task_id": task.task_id} if "task_id" in how else how

    seen = await events(running.owner.watch(**target))

    assert [told(event) for event in seen] == [START, STANDS, ANSWERS, "outcome"]


async def test_twice_at_once(running: Served, task: Task) -> None:
    calls = [running.owner.watch(task_id=task.task_id) for _ in range(2)]
    for call in calls:
        await read(call, 2)
    await modify(running, task)

    first, second = [await events(call) for call in calls]

    assert first == second
    assert told(first[-1]) == "outcome"


async def test_resumed_without_a_key(running: Served, task: Task) -> None:
    call = running.owner.watch(task_id=task.task_id)
    (first,) = await read(call, 1)
    call.cancel()
    await modify(running, task)

    rest = await events(running.anybody.watch(resume_token=first.resume_token))
    late = await events(running.anybody.watch(resume_token=rest[-2].resume_token))

    assert [told(event) for event in rest] == [STANDS, ANSWERS, "outcome"]
    assert late == rest[-1:], "the outcome is sent to everybody who asks, however late"


async def test_resumed_after_the_server_was_killed() -> None:
    world = await make_world()
    await world.deploy(exports.waiting(), "waiting")
    async with serving(world) as before:
        task = await world.create("@waiting")
        call = before.owner.watch(task_id=task.task_id)
        seen = await read(call, 2)
    await world.restart()

    async with serving(world) as after:
        call = after.anybody.watch(resume_token=seen[-1].resume_token)
        await modify(after, task)
        rest = await events(call)
    await world.runtime.stop()

    assert [told(event) for event in rest] == [ANSWERS, "outcome"]


@pytest.mark.parametrize(
    "goal",
    [
        {},
        {"until": task_pb2.WAIT_UNTIL_END},
        {"until": task_pb2.WAIT_UNTIL_NODE, "node_id": STANDS},
        {"until": task_pb2.WAIT_UNTIL_NODE, "node_id": "f" * 24},
    ],
    ids=["outcome", "end", "node", "end instead of the node"],
)
async def test_resumed_after_the_last_event_there_is_nothing_to_tell(
    running: Served, task: Task, goal: dict[str, Any]
) -> None:
    await modify(running, task)
    seen = await events(running.owner.watch(task_id=task.task_id, **goal))

    call = running.anybody.watch(resume_token=seen[-1].resume_token, **goal)

    assert await events(call) == []
    assert (await call.code(), list(await call.initial_metadata())) == (grpc.StatusCode.OK, [])


async def test_a_later_answer_is_told_to_whoever_knew_of_the_end(running: Served) -> None:
    await running.world.deploy(exports.silent(), "silent")
    task = await running.world.create("@silent")
    seen = await events(running.owner.watch(task_id=task.task_id))
    assert seen[-1].outcome.kind == task_pb2.OUTCOME_KIND_ENDED
    callback_id = running.world.callback_id(task)
    await running.anybody(
        "SubmitCallback", task_calls_pb2.SubmitCallbackRequest(callback_id=callback_id, data_json='"late"')
    )

    again = await events(running.anybody.watch(resume_token=seen[-1].resume_token))

    assert [told(event) for event in again] == ["outcome"]
    assert again[0].outcome.data_json == '"late"'


async def test_the_end_of_one_goal_is_not_that_of_another(running: Served, task: Task) -> None:
    await running.anybody(
        "SubmitCallback",
        task_calls_pb2.SubmitCallbackRequest(callback_id=running.world.callback_id(task), data_json="1"),
    )
    seen = await events(running.owner.watch(task_id=task.task_id))
    await modify(running, task)

    rest = await events(running.anybody.watch(resume_token=seen[-1].resume_token, until=task_pb2.WAIT_UNTIL_END))

    first = await events(running.anybody.watch(resume_token=rest[1].resume_token))

    assert [told(event) for event in rest] == [ANSWERS, FINAL, "outcome"]
    assert [told(event) for event in first] == ["outcome"], "a later event's place is not that of the last one"


async def test_a_watcher_is_told_of_its_task_before_anything_happens(running: Served, task: Task) -> None:
    call = running.owner.watch(process="@waiting", ref="r")
    seen = await read(call, 2)

    quiet = running.anybody.watch(resume_token=seen[-1].resume_token)
    async with asyncio.timeout(PATIENCE):
        named = [task_ids(await each.initial_metadata()) for each in (call, quiet)]
    call.cancel()
    quiet.cancel()

    assert named == [[task.task_id], [task.task_id]]


async def test_who_may_not_watch_hears_of_no_task(running: Served, task: Task) -> None:
    call = (await running.another_key()).watch(task_id=task.task_id)

    assert (await refusal(events(call))).reason == "ACCESS_DENIED"
    assert task_ids(await call.initial_metadata()) == []


async def test_until_a_node(running: Served, task: Task) -> None:
    seen = await events(running.owner.watch(task_id=task.task_id, until=task_pb2.WAIT_UNTIL_NODE, node_id=STANDS))

    assert [told(event) for event in seen] == [START, STANDS]


async def test_until_the_end(running: Served, task: Task) -> None:
    await running.anybody(
        "SubmitCallback",
        task_calls_pb2.SubmitCallbackRequest(callback_id=running.world.callback_id(task), data_json="1"),
    )
    call = running.owner.watch(task_id=task.task_id, until=task_pb2.WAIT_UNTIL_END)
    await read(call, 2)
    await modify(running, task)

    seen = await events(call)

    assert [told(event) for event in seen] == [ANSWERS, FINAL, "outcome"]
    assert seen[1].moved.state == task_pb2.TASK_STATE_ENDED
    assert seen[-1].outcome.data_json == "1"
    assert seen[-1].sequence >= seen[-2].sequence, "numbers never go down"


async def test_a_quiet_stream_says_that_it_is_alive() -> None:
    world = await make_world()
    await world.deploy(exports.waiting(), "waiting")
    task = await world.create("@waiting")
    async with serving(world, heartbeat_seconds=0.01) as running:
        call = running.owner.watch(task_id=task.task_id)
        seen = await read(call, 4)
        call.cancel()
    await world.runtime.stop()

    assert [told(event) for event in seen] == [START, STANDS, "heartbeat", "heartbeat"]
    assert {(event.sequence, event.resume_token) for event in seen[1:]} == {(seen[1].sequence, seen[1].resume_token)}


async def test_a_server_that_stops_says_so(running: Served, task: Task) -> None:
    call = running.owner.watch(task_id=task.task_id)
    seen = await read(call, 2)

    stopping = asyncio.create_task(running.server.stop())
    (away,) = await read(call, 1)
    end = await refusal(events(call))
    await stopping

    assert told(away) == "going_away"
    assert away.resume_token == seen[-1].resume_token
    assert (end.code, end.reason) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")


async def test_a_paused_process_shows(running: Served, task: Task) -> None:
    await running.world.runtime.deploying.pause(running.world.owner, "@waiting")

    call = running.owner.watch(task_id=task.task_id)
    seen = await read(call, 2)
    call.cancel()

    assert seen[-1].moved.state == task_pb2.TASK_STATE_PAUSED


async def test_a_task_that_is_deleted(running: Served, task: Task) -> None:
    call = running.owner.watch(task_id=task.task_id)
    await read(call, 2)
    await running.owner("DeleteTask", task_calls_pb2.DeleteTaskRequest(task_id=task.task_id))

    assert (await refusal(events(call))).reason == "TASK_NOT_FOUND"


async def test_a_caller_who_leaves_is_let_go(running: Served, task: Task) -> None:
    call = running.owner.watch(task_id=task.task_id)
    await read(call, 2)
    assert len(running.world.runtime.watch) == 1

    call.cancel()
    await running.parked(0)


async def test_who_may_watch(running: Served, task: Task) -> None:
    token = running.world.runtime.resume_tokens.make(Place(task.task_id, 0))
    other = await running.world.create("@waiting")
    stranger = await running.another_key()

    forged = await refusal(events(running.anybody.watch(resume_token=token[:-1] + ("A" if token[-1] != "A" else "B"))))
    elsewhere = await refusal(events(running.anybody.watch(resume_token=token, task_id=other.task_id)))
    by_ref = await refusal(events(running.anybody.watch(resume_token=token, process="@waiting", ref="another")))
    process = await refusal(events(running.anybody.watch(resume_token=token, process="@other", ref="r")))
    nobody = await refusal(events(running.anybody.watch(task_id=task.task_id)))
    without = await refusal(events(stranger.watch(task_id=task.task_id)))

    assert [end.reason for end in (forged, elsewhere, by_ref, process, nobody, without)] == [
        "BAD_CREDENTIALS",
        "ACCESS_DENIED",
        "ACCESS_DENIED",
        "ACCESS_DENIED",
        "NO_CREDENTIALS",
        "ACCESS_DENIED",
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"until": 3}, "node_id"), ({"node_id": "n"}, "node_id"), ({"until": 77}, "until"), ({}, "task_id")],
)
async def test_what_cannot_be_watched(running: Served, fields: dict[str, Any], field: str) -> None:
    target: dict[str, Any] = {"task_id": "0" * 24} if fields else {}

    refused = await refusal(events(running.owner.watch(**target, **fields)))

    assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, [field])
