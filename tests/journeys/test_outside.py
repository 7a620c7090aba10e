"""An outside server answers: the task's process calls it, and it posts to the callback URL whenever it likes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from fakes.callee import Callee, Received, Reply, Working
from syncline.v1 import task_pb2

if TYPE_CHECKING:
    from fakes.clients import Caller

WAITERS = 200


async def answer_later(client: Caller, callee: Callee, count: int) -> None:
    """Answer so many requests, the last one first."""
    requests = [await callee.request(number) for number in range(1, count + 1)]
    for request in reversed(requests):
        asked = json.loads(request.body)
        body = json.dumps({"n": asked["n"]}).encode()
        taken = await client.post(asked["callback_url"], body)
        assert (taken.status, taken.text, taken.headers["syncline-callback"]) == (200, "{}", "accepted")


async def test_each_of_many_waiters_gets_its_own_answer(client: Caller) -> None:
    async with Callee() as callee:
        url = callee.url("/in")
        answering = asyncio.create_task(answer_later(client, callee, WAITERS))
        answers = await asyncio.gather(
            *(client.call("external", {"url": url, "n": str(number)}) for number in range(WAITERS))
        )
        await answering

    assert [answer.op for answer in answers] == [
        {"proc": "ok", "data": {"n": str(number)}} for number in range(WAITERS)
    ]
    assert len({answer.task_id for answer in answers}) == WAITERS


async def test_an_answer_after_the_caller_left_is_kept(client: Caller) -> None:
    async with Callee() as callee:
        answer = await client.call("external", {"url": callee.url("/in"), "n": "1"}, seconds=0.2)
        request = await callee.request(1)
        callback = json.loads(request.body)["callback_url"]
        first = await client.post(callback + "?conv_id=1&conv_time=2", b'{"late":1.50}')
        again = await client.post(callback, b'{ "late": 1.5 }')
        other = await client.post(callback, b'{"late":2}')

    assert answer.op["description"] == "Timeout for create task"
    assert [each.headers["syncline-callback"] for each in (first, again, other)] == ["accepted", "repeated", "ignored"]
    assert {each.status for each in (first, again, other)} == {200}
    waited = await client.wait(answer.task_id)
    assert (waited.outcome.kind, waited.outcome.data_json) == (task_pb2.OUTCOME_KIND_ANSWERED, '{"late":1.50}')


async def test_an_answer_before_the_reply_to_the_call_is_not_lost(client: Caller) -> None:
    """
    The peer posts the answer while the call that asked for it is still open: the caller gets it, the task still ends.
    """
    async with Callee() as callee:

        async def answer_first(received: Received) -> Reply:
            asked = json.loads(received.body)
            taken = await client.post(asked["callback_url"], json.dumps({"n": asked["n"]}).encode())
            assert taken.headers["syncline-callback"] == "accepted"
            return Reply()

        url = callee.on("/in", Working(answer_first))
        answers = await asyncio.gather(*(client.call("external", {"url": url, "n": str(n)}) for n in range(30)))
        ends = [await client.wait(answer.task_id, until=task_pb2.WAIT_UNTIL_END) for answer in answers]

    assert [answer.op["data"] for answer in answers] == [{"n": str(n)} for n in range(30)]
    assert {end.task.state for end in ends} == {task_pb2.TASK_STATE_ENDED}


async def test_an_unknown_callback_is_404(client: Caller) -> None:
    for name in ("0" * 56, "x", "%2e%2e"):
        answer = await client.post(f"/api/1/plugins/callback/{name}", b"{}")

        assert answer.status == 404
        assert answer.json


async def test_a_grpc_caller_may_wait_for_the_answer_or_for_the_end(client: Caller) -> None:
    async with Callee() as callee:
        url = callee.url("/in")
        ended = await client.create("external", {"url": url, "n": "1"})
        waiting = asyncio.create_task(
            client.create("external", {"url": url, "n": "2"}, until=task_pb2.WAIT_UNTIL_ANSWER)
        )
        asked = json.loads((await callee.request(2)).body)
        await client.post(asked["callback_url"], b'{"n":"2"}')
        answered = await waiting

    assert ended.outcome.kind == task_pb2.OUTCOME_KIND_ENDED
    assert (answered.outcome.kind, answered.outcome.data_json) == (task_pb2.OUTCOME_KIND_ANSWERED, '{"n":"2"}')
