"""Timers: one heap of instants and one alarm of the event loop, whatever the number of tasks that wait.

A timer is a hint. The truth is the token's `due_at`, so a timer whose task has moved on is dropped when it rings.
"""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.clock import Clock

LONGEST_NAP = 60.0
"""Seconds after which the clock is read again in any case: the wall clock may have been set."""
_FEW = 64
_AT_ONCE = 250
"""So many rings at most without a pause: when thousands are due at a start, callers must not wait for all of them."""


class Timers:
    """Calls back for every step whose instant has come, soonest first."""

    def __init__(self, clock: Clock, ring: Callable[[str, int], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._heap: list[tuple[int, str, int]] = []
        self._set: set[tuple[str, int]] = set()
        self._stopped = False
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: int | None = None

    def __len__(self) -> int:
        """Return how many timers are held in memory."""
        return len(self._heap)

    def set(self, task_id: str, step: int, due_at: int) -> None:
        """Ring for the step at the instant (ms), or at once when that has passed. A second call changes nothing."""
        if (task_id, step) in self._set or self._stopped:
            return
        self._set.add((task_id, step))
        heapq.heappush(self._heap, (due_at, task_id, step))
        if self._alarm_at is None or due_at < self._alarm_at:
            self._arm()

    def drop(self, task_id: str, step: int) -> None:
        """Ring no more for a step that is over."""
        self._set.discard((task_id, step))
        # Dropped timers stay in the heap until they are most of it: each costs next to nothing that way.
        if len(self._heap) > 2 * len(self._set) + _FEW:
            self._heap = [timer for timer in self._heap if timer[1:] in self._set]
            heapq.heapify(self._heap)

    def ring_due(self) -> None:
        """Ring for the steps that are due by the clock; when they are many, for the rest as soon as others have run."""
        now = self._clock.now()
        for _ in range(_AT_ONCE):
            if not self._heap or self._heap[0][0] > now:
                break
            _, task_id, step = heapq.heappop(self._heap)
            if (task_id, step) in self._set:
                self._set.remove((task_id, step))
                self._ring(task_id, step)
        self._arm()

    def stop(self) -> None:
        """Ring no more, whatever is set."""
        self._stopped = True
        self._heap.clear()
        self._set.clear()
        self._arm()

    def _arm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = self._alarm_at = None
        if self._heap:
            self._alarm_at = self._heap[0][0]
            seconds = min(max(0.0, (self._alarm_at - self._clock.now()) / 1000), LONGEST_NAP)
            self._alarm = asyncio.get_running_loop().call_later(seconds, self.ring_due)
