from __future__ import annotations

import asyncio
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from syncline_server.runtime.turns import Turns


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


class User:
    """Somebody who takes a turn and keeps it until told."""

    def __init__(self, turns: Turns, key: str = "a", at_a_time: int = 1) -> None:
        self.done = asyncio.Event()
        self.has_turn = False
        self.task = asyncio.create_task(self._use(turns, key, at_a_time))

    async def _use(self, turns: Turns, key: str, at_a_time: int) -> None:
        async with turns.turn(key, at_a_time):
            self.has_turn = True
            try:
                await self.done.wait()
            finally:
                self.has_turn = False


async def test_so_many_have_a_turn_and_the_next_in_order() -> None:
    turns = Turns()
    users = [User(turns, at_a_time=2) for _ in range(5)]
    await settle()
    assert [user.has_turn for user in users] == [True, True, False, False, False]
    users[1].done.set()
    await settle()
    assert [user.has_turn for user in users] == [True, False, True, False, False]
    for user in users:
        user.done.set()
    await asyncio.gather(*(user.task for user in users))
    assert len(turns) == 0


async def test_keys_do_not_wait_for_each_other() -> None:
    turns = Turns()
    users = [User(turns, key) for key in "aab"]
    await settle()
    assert [user.has_turn for user in users] == [True, False, True]
    assert len(turns) == 2
    for user in users:
        user.done.set()
    await asyncio.gather(*(user.task for user in users))


async def test_a_new_limit_counts_for_whoever_brings_it() -> None:
    turns = Turns()
    users = [User(turns, at_a_time=limit) for limit in (3, 3, 1, 3)]
    await settle()
    assert [user.has_turn for user in users] == [True, True, False, False]
    users[0].done.set()
    await settle()
    assert not users[2].has_turn
    users[1].done.set()
    await settle()
    assert [user.has_turn for user in users[2:]] == [True, True]
    for user in users:
        user.done.set()
    await asyncio.gather(*(user.task for user in users))


async def test_a_limit_below_one_means_one() -> None:
    user = User(Turns(), at_a_time=0)
    await settle()
    assert user.has_turn
    user.done.set()
    await user.task


@given(
    at_a_time=st.integers(1, 3), script=st.lists(st.sampled_from(["come", "leave", "cancel", "settle"]), max_size=60)
)
def test_whatever_happens_turns_are_used_up_to_the_limit_in_order_and_none_is_lost(
    at_a_time: int, script: list[str]
) -> None:
    async def play() -> None:
        turns = Turns()
        line: deque[User] = deque()  # Whoever has a turn or waits for one, by arrival.
        for act in script:
            if act == "come":
                line.append(User(turns, at_a_time=at_a_time))
            elif act == "settle":
                await settle()
                expected = [place < at_a_time for place in range(len(line))]
                assert [user.has_turn for user in line] == expected
            elif line:
                user = line[len(line) // 2] if act == "cancel" else line[0]
                line.remove(user)
                user.task.cancel() if act == "cancel" else user.done.set()
        await settle()
        for user in line:
            user.task.cancel()
        await settle()
        assert len(turns) == 0

    asyncio.run(play())
