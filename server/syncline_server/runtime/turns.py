"""Turns: so many at a time may do something, the others wait in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable


class Turns:
    """Hands out turns for each key by itself; a key that nobody uses takes no memory."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, _Line] = {}

    def __len__(self) -> int:
        """Return how many keys are in use."""
        return len(self._lines)

    @contextlib.asynccontextmanager
    async def turn(self, key: Hashable, at_a_time: int) -> AsyncIterator[None]:
        """Wait for one of the key's turns and hold it. The limit is the caller's: it may differ from the last one's."""
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line()
        try:
            await line.enter(max(at_a_time, 1))
            try:
                yield
            finally:
                line.leave()
        finally:
            if not line.running and self._lines.get(key) is line:
                del self._lines[key]


class _Line:
    """Who has a turn of one key, and who waits. While anyone waits, somebody has a turn."""

    __slots__ = ("_waiting", "running")

    def __init__(self) -> None:
        self.running = 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    async def enter(self, at_a_time: int) -> None:
        if self.running < at_a_time and not self._waiting:
            self.running += 1
            return
        called = asyncio.get_running_loop().create_future()
        self._waiting.append((called, at_a_time))
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled():
                self.leave()  # The turn came at the very moment of the cancellation: pass it on.
            raise

    def leave(self) -> None:
        self.running -= 1
        while self._waiting and self.running < self._waiting[0][1]:
            called, _ = self._waiting.popleft()
            if not called.done():  # Whoever was cancelled while waiting is still in the line.
                self.running += 1
                called.set_result(None)
