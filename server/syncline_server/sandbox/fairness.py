"""Whose turn it is: each in order among those with the same key, the keys in rotation, the last turn for quick ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable

MAX_QUICK_KEYS = 4096


@dataclass(eq=False, slots=True)
class _Turn:
    """One that waits for a turn, or has it."""

    key: Hashable
    called: asyncio.Future[None]


class FairTurns:
    """Hands out at most *at_a_time* turns. Of several, the last free one is only for keys that are known to be quick.

    A key with many waiting delays another key's first by one turn at most.
    """

    def __init__(self, at_a_time: int) -> None:
        self._at_a_time = at_a_time
        self._others_at_a_time = max(1, at_a_time - 1)
        self._running: set[_Turn] = set()
        self._lines: dict[Hashable, deque[_Turn]] = {}
        self._quick: dict[Hashable, None] = {}

    @contextlib.asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for a turn of the key and hold it."""
        turn = _Turn(key, asyncio.get_running_loop().create_future())
        self._lines.setdefault(key, deque()).append(turn)
        self._call()
        try:
            await turn.called
            yield
        finally:
            self._running.discard(turn)  # It may be there when the wait was cancelled, too: at that very moment.
            self._call()

    def mark_quick(self, key: Hashable) -> None:
        """Count a key as quick from now on; the ones marked longest ago are forgotten when there are too many."""
        self._quick.pop(key, None)
        if len(self._quick) >= MAX_QUICK_KEYS:
            del self._quick[next(iter(self._quick))]
        self._quick[key] = None
        self._call()

    def mark_slow(self, key: Hashable) -> None:
        """Count a key as not quick from now on."""
        self._quick.pop(key, None)

    def _call(self) -> None:
        """Give what turns there are to the first of each key, beginning with the key that was served longest ago."""
        for key in list(self._lines):
            if len(self._running) >= self._at_a_time:
                return
            line = self._lines[key]
            while line and line[0].called.done():
                line.popleft()  # Whoever was cancelled while waiting is still in the line.
            if line and self._may_run(key):
                turn = line.popleft()
                self._running.add(turn)
                turn.called.set_result(None)
                del self._lines[key]
                self._lines[key] = line  # At the end: the other keys come first.
            if not line:
                del self._lines[key]

    def _may_run(self, key: Hashable) -> bool:
        others = sum(turn.key not in self._quick for turn in self._running)
        return key in self._quick or others < self._others_at_a_time
