"""Pace: so many requests are taken up in one turn of the event loop, the rest in the turns after it.

Callers that are answered together come back together. Without a pace the whole crowd would be decoded in one turn, then
sent, then worked on by the server, then answered, and at any moment one of the two programs would stand still. In small
groups each works on one group while the other works on the next.
"""

from __future__ import annotations

import asyncio
from collections import deque

GROUP = 16
"""As many operations as fill a frame and a group commit well; with 8 their own cost begins to show."""


class Pace:
    """Lets requests through, a group a turn, in the order in which they came."""

    def __init__(self, group: int = GROUP) -> None:
        self._group = group
        self._left = group
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_counting = False

    def turn(self) -> asyncio.Future[None] | None:
        """Return None while this turn's group has room, else what is done when the request's turn has come."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        if not self._is_counting:
            self._is_counting = True
            loop.call_soon(self._next)
        if self._left > 0 and not self._waiting:
            self._left -= 1
            return None
        mine = loop.create_future()
        self._waiting.append(mine)
        return mine

    def _next(self) -> None:
        self._left = self._group
        while self._waiting and self._left > 0:
            mine = self._waiting.popleft()
            if not mine.done():  # Its caller has not left meanwhile.
                mine.set_result(None)
                self._left -= 1
        self._is_counting = bool(self._waiting)
        if self._is_counting and self._loop is not None:
            self._loop.call_soon(self._next)
