"""AwaitTask through the real server: early, late, several at once, and on after the server went away."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest

from syncline.v1 import task_pb2

if TYPE_CHECKING:
    from fakes.clients import Caller
    from running import RunningDev

END = task_pb2.WAIT_UNTIL_END


async def first_moves(stream: Any, count: int) -> list[Any]:
    """Return the next moves of a stream, heartbeats left out."""
    moves: list[Any] = []
    async with asyncio.timeout(20):
        while len(moves) < count:
            event = await stream.read()
            assert event is not grpc.aio.EOF
            if event.WhichOneof("event") == "moved":
                moves.append(event)
    return moves


async def rest(stream: Any) -> list[Any]:
    """Return everything up to the end of a stream, heartbeats left out."""
    events: list[Any] = []
    async with asyncio.timeout(30):
        while (event := await stream.read()) is not grpc.aio.EOF:
            if event.WhichOneof("event") != "heartbeat":
                events.append(event)
    return events


async def test_two_watchers_see_the_same_and_a_late_one_too(client: Caller) -> None:
    task_id = (await client.create("waiting", {}, seconds=0)).task.task_id
    early = [client.watch(task_id, until=END) for _ in range(2)]
    for stream in early:
        await first_moves(stream, 2)

    await client.modify(task_id, {"answer": "yes"})
    ends = [(await rest(stream))[-1] for stream in early]
    late = await rest(client.watch(task_id, until=END))

    assert [json.loads(end.outcome.data_json) for end in (*ends, late[-1])] == [{"answer": "yes"}] * 3
    assert ends[0] == ends[1] == late[-1]
    assert [event.sequence for event in late] == sorted({event.sequence for event in late})
    assert [event.WhichOneof("event") for event in late] == ["moved"] * (len(late) - 1) + ["outcome"]


async def test_a_stream_goes_on_after_the_server_was_killed(dev: RunningDev, client: Caller) -> None:
    task_id = (await client.create("waiting", {}, seconds=0)).task.task_id
    stream = client.watch(task_id, until=END)
    seen = await first_moves(stream, 2)

    dev.kill("server")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rest(stream)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    await client.modify(task_id, {"answer": "yes"})
    more = await rest(client.watch(token=seen[-1].resume_token, until=END))

    assert min(event.sequence for event in more) > seen[-1].sequence
    assert json.loads(more[-1].outcome.data_json) == {"answer": "yes"}


async def test_a_draining_server_says_so(dev: RunningDev, client: Caller) -> None:
    task_id = (await client.create("waiting", {}, seconds=0)).task.task_id
    stream = client.watch(task_id, until=END)
    seen = await first_moves(stream, 2)
    server = dev.pid("server")
    assert server is not None

    os.kill(server, signal.SIGTERM)
    last = await stream.read()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()

    assert last.WhichOneof("event") == "going_away"
    assert last.resume_token == seen[-1].resume_token
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    await client.modify(task_id, {"answer": "yes"})
    more = await rest(client.watch(token=last.resume_token, until=END))
    assert json.loads(more[-1].outcome.data_json) == {"answer": "yes"}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_parked_http_caller_is_answered_by_the_next_server(
    dev: RunningDev, client: Caller, how: signal.Signals
) -> None:
    await client.ready()
    ref = f"parked over {how.name}"
    parked = asyncio.create_task(client.call("waiting", {}, ref=ref))
    modify = {"type": "modify", "obj": "task", "obj_alias": "waiting", "ref": ref, "data": {"answer": "yes"}}
    show = modify | {"type": "show"}
    async with asyncio.timeout(30):
        while (await client.ops({"ops": [show]})).op["proc"] != "ok":
            continue
    server = dev.pid("server")
    assert server is not None

    os.kill(server, how)
    async with asyncio.timeout(30):
        while (answer := await client.ops({"ops": [modify]})).status != 200 or answer.op["proc"] != "ok":
            continue

    assert (await parked).op == {"proc": "ok", "data": {"answer": "yes"}}


async def test_a_foreign_token_watches_nothing(client: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rest(client.watch(token="A" * 48))

    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
