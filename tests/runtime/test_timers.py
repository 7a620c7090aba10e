"""Timers."""

from __future__ import annotations

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
