from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from fakes.performer import FakePerformer, Held, Made, Scripted
from runtime.performer_conformance import TASK, Arrived, PerformerConformance, Stage, call
from syncline_server.engine.effects import CallFailure, CallFault, CallReply

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeStage:
    """The fake has no peers but its script."""

    def __init__(self) -> None:
        self._fake = FakePerformer()
        self._scripts: dict[str, Scripted] = {}

    def performer(self, call_seconds: float = 60.0) -> FakePerformer:
        self._fake = FakePerformer(call_seconds=call_seconds)
        for url, reply in self._scripts.items():
            self._fake.on(url, reply)
        return self._fake

    def replies(self, reply: CallReply) -> str:
        return self._script("http://peer/replies", reply)

    def nobody(self) -> str:
        return self._script("http://nobody/", CallFailure(CallFault.CONNECT))

    def holds(self) -> tuple[str, Callable[[], None]]:
        held = Held()
        return self._script("http://peer/holds", held), held.release

    def _script(self, url: str, reply: Scripted) -> str:
        self._scripts[url] = reply
        return self._fake.on(url, reply)

    async def arrived(self, number: int) -> Arrived:
        made = await self._fake.call(number)
        return Arrived(made.call.method, made.call.body, made.key)

    def count(self) -> int:
        return len(self._fake.made)


class TestFakePerformer(PerformerConformance):
    @pytest.fixture
    def stage(self) -> Stage:
        return FakeStage()


async def test_a_call_without_a_script_gets_200() -> None:
    reply = await FakePerformer().perform(TASK, call("http://any/"))
    assert isinstance(reply, CallReply)
    assert (reply.status, reply.body) == (200, b"{}")


async def test_replies_come_in_turn_and_the_last_for_good() -> None:
    fake = FakePerformer()
    failed, replied = CallFailure(CallFault.BROKEN), CallReply(status=201, headers={}, body=b"")
    fake.on("http://a/", failed, replied)
    fake.always(replied, failed)
    assert [await fake.perform(TASK, call("http://a/")) for _ in range(3)] == [failed, replied, replied]
    assert [await fake.perform(TASK, call("http://b/")) for _ in range(3)] == [replied, failed, failed]


async def test_a_reply_can_be_worked_out_from_the_call() -> None:
    async def echo(made: Made) -> CallReply:
        return CallReply(status=200, headers={}, body=(made.call.body or "").encode())

    fake = FakePerformer()
    fake.always(echo)
    reply = await fake.perform(TASK, call("http://a/", body="[1]"))
    assert isinstance(reply, CallReply)
    assert reply.body == b"[1]"


async def test_calls_are_remembered_and_can_be_awaited() -> None:
    fake = FakePerformer()
    second = asyncio.create_task(fake.call(2))
    for step in (1, 2):
        await fake.perform(TASK, call("http://a/", step=step))
    assert (await second).call.step == 2
    assert [made.key for made in fake.made] == [f"{TASK.task_id}-1", f"{TASK.task_id}-2"]
