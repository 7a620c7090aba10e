"""Pace: so many requests are worked on in one turn of the event loop, the rest in the turns after it.

Callers that are answered together come back together. Without a pace the whole crowd would be decoded in one turn, then
sent, then worked on by the server, then answered, and at any moment one of the two programs would stand still. In small
groups each works on one group while the other works on the next.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Pace:
    """Lets callers through, a group a turn, in the order in which they came."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._left = group
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_set = False

    async def turn(self) -> None:
        """Return at once while this turn's group has room, else in one of the next turns."""
        loop = asyncio.get_running_loop()
        if not self._is_set:
            self._is_set = True
            loop.call_soon(self._next, loop)
        if self._left > 0 and not self._waiting:
            self._left -= 1
            return
        mine: asyncio.Future[None] = loop.create_future()
        self._waiting.append(mine)
        await mine

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        self._left = self._group
        while self._waiting and self._left > 0:
            mine = self._waiting.popleft()
            if not mine.done():
                mine.set_result(None)
                self._left -= 1
        self._is_set = bool(self._waiting)
        if self._is_set:
            loop.call_soon(self._next, loop)
