"""Timers."""

from __future__ import annotations

import asyncio

from fakes.clock import START, FakeClock
from syncline_server.runtime.timers import Timers


async def test_due_steps_ring_soonest_first_and_once() -> None:
    clock, rung = FakeClock(), []
    timers = Timers(clock, lambda task_id, step: rung.append((task_id, step)))
    timers.set("b", 1, START + 2_000)
    timers.set("a", 1, START + 1_000)
    timers.set("a", 1, START + 1_000)
    timers.set("c", 4, START + 9_000)

    clock.move(seconds=2)
    timers.ring_due()
    timers.ring_due()

    assert rung == [("a", 1), ("b", 1)]
    timers.stop()


async def test_a_step_can_be_set_again_after_it_rang() -> None:
    clock, rung = FakeClock(), []
    timers = Timers(clock, lambda task_id, _: rung.append(task_id))
    timers.set("a", 1, START)
    timers.ring_due()
    timers.set("a", 1, START)
    timers.ring_due()

    assert rung == ["a", "a"]
    timers.stop()


async def test_a_stopped_timer_never_rings() -> None:
    clock, rung = FakeClock(), []
    timers = Timers(clock, lambda task_id, _: rung.append(task_id))
    timers.set("a", 1, START)

    timers.stop()
    timers.ring_due()

    assert rung == []


async def test_a_dropped_timer_neither_rings_nor_stays() -> None:
    clock, rung = FakeClock(), []
    timers = Timers(clock, lambda task_id, _: rung.append(task_id))
    for n in range(1000):
        timers.set(f"{n}", 1, START + 60_000 + n)
    for n in range(999):
        timers.drop(f"{n}", 1)

    assert len(timers) < 100
    clock.move(seconds=120)
    timers.ring_due()

    assert rung == ["999"]
    timers.stop()


async def test_thousands_that_are_due_leave_room_for_others() -> None:
    clock = FakeClock()
    rung: list[str] = []
    timers = Timers(clock, lambda task_id, _: rung.append(task_id))
    for n in range(2000):
        timers.set(f"{n:04}", 1, START)

    timers.ring_due()
    assert 0 < len(rung) < 1000
    async with asyncio.timeout(10):
        while len(rung) < 2000:  # noqa: ASYNC110 - the loop's own turns are what is waited for
            await asyncio.sleep(0)

    assert rung == sorted(rung)
    timers.stop()
