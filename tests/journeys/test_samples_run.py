"""Every sample process, through both real programs, by HTTP and by gRPC."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import pytest

from syncline.v1 import task_pb2

if TYPE_CHECKING:
    from fakes.clients import Caller

TRANSFER = {"from": "A", "to": "B", "amount": 10, "balance": 100}
SHORT = {"result": "error", "reason": "insufficient funds"}
BAD = {"result": "error", "reason": "bad amount"}
TRANSFERS = [
    (TRANSFER, {"result": "ok"}),
    (TRANSFER | {"amount": "10.50"}, {"result": "ok"}),
    (TRANSFER | {"amount": 100}, {"result": "ok"}),
    (TRANSFER | {"amount": 100.01}, SHORT),
    (TRANSFER | {"amount": 0}, BAD),
    (TRANSFER | {"amount": -1}, BAD),
    (TRANSFER | {"amount": "ten"}, BAD),
    (TRANSFER | {"amount": ""}, BAD),
    ({"from": "A", "to": "B", "balance": 100}, BAD),
]
TEXTS = ["1", "", 'a "quoted" \\ text', "line\nbreak\ttab", "Привіт 🙂", "{{param}}", "</script>", "\u2028", "%41+&="]


@pytest.mark.parametrize("text", TEXTS)
async def test_echo_gives_any_text_back_unchanged(client: Caller, text: str) -> None:
    answer = await client.call("echo", {"param": text})
    reply = await client.create("echo", {"param": text})

    assert (answer.status, answer.op) == (200, {"proc": "ok", "data": {"info": {"param": text}}})
    assert json.loads(reply.outcome.data_json) == {"info": {"param": text}}


async def test_echo_turns_a_number_into_its_own_digits(client: Caller) -> None:
    body = b'{"ops":[{"type":"create","obj":"task","obj_alias":"echo","data":{"param":' + b"7" * 400 + b"}}]}"

    assert (await client.ops(body)).op["data"] == {"info": {"param": "7" * 400}}


async def test_later_answers_when_its_second_has_come(client: Caller) -> None:
    until = int(time.time()) + 1

    answer, reply = await asyncio.gather(
        client.call("later", {"until": until, "param": "x"}),
        client.create("later", {"until": str(until), "param": "x"}),
    )

    assert time.time() >= until
    assert answer.op == {"proc": "ok", "data": {"info": {"param": "x"}}}
    assert json.loads(reply.outcome.data_json) == {"info": {"param": "x"}}


async def test_waiting_answers_what_it_is_told(client: Caller) -> None:
    parked = asyncio.create_task(client.call("waiting", {}, ref="by http"))
    reply = await client.create("waiting", {}, seconds=0, ref="by grpc")
    assert reply.task.state == task_pb2.TASK_STATE_WAITING

    async with asyncio.timeout(20):
        op = {"type": "modify", "obj": "task", "obj_alias": "waiting", "ref": "by http", "data": {"answer": "yes"}}
        while (await client.ops({"ops": [op]})).op["proc"] != "ok":
            continue
    await client.modify(reply.task.task_id, {"answer": "no"})
    waited = await client.wait(reply.task.task_id)

    assert (await parked).op == {"proc": "ok", "data": {"answer": "yes"}}
    assert json.loads(waited.outcome.data_json) == {"answer": "no"}


async def test_silent_ends_without_an_answer(client: Caller) -> None:
    answer = await client.call("silent", {"a": 1}, seconds=0.3)
    reply = await client.create("silent", {"a": 1})

    assert (answer.status, answer.op) == (200, {"proc": "error", "description": "Timeout for create task"})
    assert (await client.get(answer.task_id)).state == task_pb2.TASK_STATE_ENDED
    assert reply.outcome.kind == task_pb2.OUTCOME_KIND_ENDED


@pytest.mark.parametrize(("data", "result"), TRANSFERS)
async def test_a_transfer_says_what_became_of_it(
    client: Caller, data: dict[str, object], result: dict[str, str]
) -> None:
    answer = await client.call("p2p-transfer", data)
    reply = await client.create("p2p-transfer", data)

    assert answer.op == {"proc": "ok", "data": result}
    assert json.loads(reply.outcome.data_json) == result
