from __future__ import annotations

import asyncio
import time

from hypothesis import given
from hypothesis import strategies as st

from syncline_server.sandbox.fairness import MAX_QUICK_KEYS, FairTurns


class User:
    """Somebody who takes a turn and keeps it until told."""

    def __init__(self, turns: FairTurns, key: str) -> None:
        self.done = asyncio.Event()
        self.has_turn = False
        self.task = asyncio.create_task(self._use(turns, key))

    async def _use(self, turns: FairTurns, key: str) -> None:
        async with turns.turn(key):
            self.has_turn = True
            try:
                await self.done.wait()
            finally:
                self.has_turn = False


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def users(turns: FairTurns, keys: str) -> list[User]:
    made = [User(turns, key) for key in keys]
    await settle()
    return made


def having(some: list[User]) -> list[bool]:
    return [user.has_turn for user in some]


async def test_so_many_have_a_turn_at_a_time() -> None:
    turns = FairTurns(2)
    turns.mark_quick("a")
    waiting = await users(turns, "aaaa")
    assert having(waiting) == [True, True, False, False]
    waiting[1].done.set()
    await settle()

    assert having(waiting) == [True, False, True, False]


async def test_keys_take_turns() -> None:
    waiting = await users(FairTurns(1), "aaaab")
    waiting[0].done.set()
    await settle()
    assert having(waiting) == [False, True, False, False, False]
    waiting[1].done.set()
    await settle()

    assert having(waiting) == [False, False, False, False, True]


async def test_the_last_turn_is_for_quick_keys() -> None:
    turns = FairTurns(2)
    turns.mark_quick("q")

    assert having(await users(turns, "sstqq")) == [True, False, False, True, False]


async def test_quick_keys_may_have_all_turns() -> None:
    turns = FairTurns(2)
    turns.mark_quick("q")

    assert having(await users(turns, "qqs")) == [True, True, False]


async def test_who_waits_is_called_when_its_key_is_known_to_be_quick() -> None:
    turns = FairTurns(2)
    waiting = await users(turns, "sq")
    assert having(waiting) == [True, False]
    turns.mark_quick("q")
    await settle()

    assert having(waiting) == [True, True]


async def test_who_has_a_turn_counts_as_slow_from_when_its_key_is_marked() -> None:
    turns = FairTurns(2)
    turns.mark_quick("s")
    running = await users(turns, "s")
    turns.mark_slow("s")

    assert having(await users(turns, "s")) == [False]
    running[0].done.set()


async def test_the_only_turn_is_for_all_keys() -> None:
    assert having(await users(FairTurns(1), "s")) == [True]


async def test_only_so_many_keys_are_remembered() -> None:
    turns = FairTurns(2)
    for key in ["q", *map(str, range(MAX_QUICK_KEYS))]:
        turns.mark_quick(key)

    assert having(await users(turns, "qq")) == [True, False]


@given(
    st.lists(st.tuples(st.sampled_from(["come", "go", "cancel", "quick", "slow"]), st.sampled_from("abc")), max_size=40)
)
def test_turns_are_never_lost_and_never_too_many(moves: list[tuple[str, str]]) -> None:
    async def play() -> None:
        turns, come = FairTurns(2), list[User]()
        for move, key in moves:
            of_key = [user for user in come if not user.task.done()]
            if move == "come":
                come.append(User(turns, key))
            elif move in ("quick", "slow"):
                (turns.mark_quick if move == "quick" else turns.mark_slow)(key)
            elif of_key:
                user = of_key[len(of_key) // 2]
                if move == "go":
                    user.done.set()
                else:
                    user.task.cancel()
            if key != "a":  # so that moves meet in one turn of the loop, too
                await settle()
            assert sum(user.has_turn for user in come) <= 2
        for user in come:
            user.done.set()
        async with asyncio.timeout(10):
            await asyncio.gather(*(user.task for user in come), return_exceptions=True)
        assert having(await users(turns, "z")) == [True]

    asyncio.run(play())


async def test_a_turn_costs_the_same_however_many_wait() -> None:
    """Five thousand scripts, none seen before, held the loop for ten seconds."""
    turns = FairTurns(2)
    before = time.process_time()
    waiting = [asyncio.create_task(_take(turns, number)) for number in range(20_000)]
    await settle()
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert time.process_time() - before < 3
    assert having(await users(turns, "ab")) == [True, False]


async def _take(turns: FairTurns, number: int) -> None:
    async with turns.turn(number):
        await asyncio.Event().wait()
