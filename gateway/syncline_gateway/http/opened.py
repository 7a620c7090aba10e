"""How many of a kind are open: connections, streams."""

from __future__ import annotations

import asyncio


class Opened:
    """Counts them, and lets others wait until there are none."""

    def __init__(self) -> None:
        self.count = 0
        self._none = asyncio.Event()
        self._none.set()

    def add(self) -> None:
        """Count one more."""
        self.count += 1
        self._none.clear()

    def remove(self) -> None:
        """Count one less, of those that were added."""
        self.count -= 1
        if not self.count:
            self._none.set()

    async def until_none(self, seconds: float) -> bool:
        """Return True as soon as none is open, False when the time is over before that."""
        try:
            async with asyncio.timeout(seconds):
                await self._none.wait()
        except TimeoutError:
            return False
        return True
