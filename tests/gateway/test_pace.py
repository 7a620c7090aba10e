"""How many requests are taken up in a turn of the event loop."""

from __future__ import annotations

import asyncio

from syncline_gateway.http.pace import Pace


async def through(pace: Pace, name: int, seen: list[int]) -> None:
    mine = pace.turn()
    if mine is not None:
        await mine
    seen.append(name)


async def turns(count: int) -> None:
    """Let so many turns of the loop go by."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_group_goes_through_at_once() -> None:
    pace = Pace(4)
    assert [pace.turn() for _ in range(4)] == [None] * 4
    assert pace.turn() is not None


async def test_a_crowd_goes_through_in_groups_and_in_order() -> None:
    pace, seen = Pace(4), list[int]()
    everybody = [asyncio.create_task(through(pace, name, seen)) for name in range(10)]
    sizes = []
    while len(seen) < 10:
        await turns(1)
        sizes.append(len(seen))
    await asyncio.gather(*everybody)
    assert seen == list(range(10))
    assert {4, 8, 10} <= set(sizes)
    assert max(after - before for before, after in zip([0, *sizes], sizes, strict=False)) == 4


async def test_who_comes_later_does_not_overtake() -> None:
    pace, seen = Pace(1), list[int]()
    early = [asyncio.create_task(through(pace, name, seen)) for name in range(3)]
    await turns(1)
    late = asyncio.create_task(through(pace, 3, seen))
    await asyncio.gather(*early, late)
    assert seen == [0, 1, 2, 3]


async def test_who_has_left_takes_no_place() -> None:
    pace = Pace(1)
    assert pace.turn() is None
    gone, waiting = pace.turn(), pace.turn()
    assert gone is not None
    assert waiting is not None
    gone.cancel()
    await turns(2)
    assert waiting.done()


async def test_a_quiet_time_gives_the_next_group_its_room_again() -> None:
    pace = Pace(2)
    for _ in range(3):
        assert [pace.turn(), pace.turn()] == [None, None]
        await turns(1)
