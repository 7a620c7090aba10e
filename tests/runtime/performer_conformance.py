"""What every performer owes. A subclass gives a `stage` fixture: the performer and the peers that it calls."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

from syncline_server.engine.effects import MAX_REPLY_BYTES, CallFailure, CallFault, CallReply, HttpCall
from syncline_server.engine.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.runtime.performers import Performer

TASK = Task(task_id="0189f7e5c0de000100c0ffee", process_id=7, process_version=1)
SHORT = 0.5
"""Seconds that a call may take where a test wants it to run out."""


def call(url: str, *, step: int = 3, node: str = "a", method: str = "POST", body: str | None = "{}") -> HttpCall:
    return HttpCall(step=step, node_id=node, method=method, url=url, body=body, max_threads=1)


@dataclass(frozen=True, slots=True)
class Arrived:
    """One call as its receiver saw it."""

    method: str
    body: str | None
    key: str


class Stage(Protocol):
    """A performer and its peers."""

    def performer(self, call_seconds: float = 60.0) -> Performer:
        """Return a performer; it is closed after the test."""
        ...

    def replies(self, reply: CallReply) -> str:
        """Return a URL that gives a reply."""
        ...

    def nobody(self) -> str:
        """Return a URL where nobody listens."""
        ...

    def holds(self) -> tuple[str, Callable[[], None]]:
        """Return a URL that gives no answer, and what makes it answer 200."""
        ...

    async def arrived(self, number: int) -> Arrived:
        """Return the n-th call that reached a peer as soon as it has."""
        ...

    def count(self) -> int:
        """Return how many calls have reached a peer."""
        ...


class PerformerConformance:
    """The tests."""

    @pytest.mark.parametrize("status", [200, 204, 404, 500])
    async def test_any_status_is_a_reply(self, stage: Stage, status: int) -> None:
        body = b"" if status == 204 else b'{"a":1}'
        url = stage.replies(CallReply(status=status, headers={"x-of-it": "One"}, body=body))
        reply = await stage.performer().perform(TASK, call(url))
        assert isinstance(reply, CallReply)
        assert (reply.status, reply.body, reply.headers["x-of-it"]) == (status, body, "One")

    async def test_the_receiver_can_recognise_a_repeat(self, stage: Stage) -> None:
        url, performer = stage.replies(CallReply(status=200, headers={}, body=b"")), stage.performer()
        for step in (3, 3, 4):
            await performer.perform(TASK, call(url, step=step, body='{"b":"ї"}'))
        assert [await stage.arrived(number) for number in (1, 2, 3)] == [
            Arrived("POST", '{"b":"ї"}', f"{TASK.task_id}-{step}") for step in (3, 3, 4)
        ]

    async def test_nobody_there_is_a_failure(self, stage: Stage) -> None:
        assert await stage.performer().perform(TASK, call(stage.nobody())) == CallFailure(CallFault.CONNECT)

    @pytest.mark.parametrize(
        ("size", "outcome"), [(MAX_REPLY_BYTES, None), (MAX_REPLY_BYTES + 1, CallFailure(CallFault.TOO_LARGE))]
    )
    async def test_a_reply_has_a_largest_size(self, stage: Stage, size: int, outcome: CallFailure | None) -> None:
        url = stage.replies(CallReply(status=200, headers={}, body=b"x" * size))
        reply = await stage.performer().perform(TASK, call(url))
        if outcome is None:
            assert isinstance(reply, CallReply)
            assert len(reply.body) == size
        else:
            assert reply == outcome

    async def test_a_peer_that_does_not_answer_in_time_is_given_up(self, stage: Stage) -> None:
        url, _ = stage.holds()
        assert await stage.performer(SHORT).perform(TASK, call(url)) == CallFailure(CallFault.TIMEOUT)

    async def test_a_call_that_gets_no_turn_in_time_never_goes_out(self, stage: Stage) -> None:
        url, _ = stage.holds()
        performer = stage.performer(SHORT)
        outcomes = await asyncio.gather(*(performer.perform(TASK, call(url, step=step)) for step in (1, 2)))
        assert outcomes == [CallFailure(CallFault.TIMEOUT), CallFailure(CallFault.QUEUE)]
        assert stage.count() == 1

    async def test_turns_are_given_in_order(self, stage: Stage) -> None:
        url, release = stage.holds()
        performer = stage.performer()
        async with asyncio.TaskGroup() as group:
            works = [group.create_task(performer.perform(TASK, call(url, step=step))) for step in range(1, 5)]
            await stage.arrived(1)
            release()
        assert [(await stage.arrived(number)).key[-1] for number in range(1, 5)] == ["1", "2", "3", "4"]
        assert all(isinstance(work.result(), CallReply) for work in works)

    async def test_turns_are_of_one_node_of_one_process(self, stage: Stage) -> None:
        url, release = stage.holds()
        performer = stage.performer()
        other = Task(task_id="0189f7e5c0de000200c0ffee", process_id=8, process_version=1)
        async with asyncio.TaskGroup() as group:
            for task, node in ((TASK, "a"), (TASK, "b"), (other, "a")):
                group.create_task(performer.perform(task, call(url, node=node)))
            await stage.arrived(3)
            release()

    @pytest.mark.parametrize("victim", [0, 1])
    async def test_a_cancelled_call_leaves_its_turn_to_the_next(self, stage: Stage, victim: int) -> None:
        url, release = stage.holds()
        performer = stage.performer()
        works = [asyncio.create_task(performer.perform(TASK, call(url, step=step))) for step in (1, 2, 3)]
        await stage.arrived(1)
        works[victim].cancel()
        with pytest.raises(asyncio.CancelledError):
            await works[victim]
        release()
        for work in works[:victim] + works[victim + 1 :]:
            assert isinstance(await work, CallReply)

    async def test_closing_is_no_outcome_of_a_call(self, stage: Stage) -> None:
        url, _ = stage.holds()
        performer = stage.performer()
        works = [asyncio.create_task(performer.perform(TASK, call(url, step=step))) for step in (1, 2)]
        await stage.arrived(1)
        await performer.close()
        await performer.close()
        works.append(asyncio.create_task(performer.perform(TASK, call(url))))
        for work in works:
            with pytest.raises(asyncio.CancelledError), contextlib.suppress(TimeoutError):
                await asyncio.wait_for(work, 10)
        assert stage.count() == 1
